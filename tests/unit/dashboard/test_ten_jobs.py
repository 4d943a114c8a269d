"""The ten commonest jobs and how many keys each takes, from view 1 of a session that runs. They may become fewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.leaving import DETACHED
from ovtui.metrics.advice.advice import Advice

FEWER = Advice("too-many-in-flight", "info", "16 in flight stand in line for 4 places", "400/s, 16", {"nireq": 4})
TEXT = "CPU"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of presets must not depend on who runs the tests: the second one is ovtui's auto-throughput."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def applied(name: str, value: object) -> Callable[[Stage], bool]:
    return lambda stage: bool(stage.source.applied) and getattr(stage.source.applied[-1], name) == value


def in_front(number: int) -> Callable[[Stage], bool]:
    return lambda stage: stage.app.view is not None and stage.app.view.number == number


JOBS: list[tuple[str, int, Sequence[str], Callable[[Stage], bool]]] = [
    ("rate", 6, ["s", "r", *"100", "enter"], applied("rate", 100.0)),
    ("in flight", 4, ["s", "n", "8", "enter"], applied("nireq", 8)),
    ("hint", 3, ["s", "h", "x"], applied("hint", "cumulative_throughput")),
    ("device", 4 + len(TEXT), ["s", "d", *TEXT, "enter", "x"], applied("device", TEXT)),
    ("timeout", 5, ["s", "o", "5", "enter", "x"], applied("batch_timeout_ms", 5)),
    ("advice", 3, ["v", "enter", "x"], applied("nireq", 4)),
    ("preset", 4, ["p", "j", "enter", "x"], applied("fallback_device", "AUTO")),
    ("batches", 1, ["3"], in_front(3)),
    ("history", 1, ["6"], in_front(6)),
    ("detach", 1, ["D"], lambda stage: stage.app.return_value == DETACHED),
]


@pytest.mark.parametrize(("job", "most", "keys", "done"), JOBS, ids=[job for job, *_ in JOBS])
def test_a_job_takes_no_more_keys(job: str, most: int, keys: Sequence[str], done: Callable[[Stage], bool]) -> None:
    assert len(keys) <= most, job

    async def act(stage: Stage) -> None:
        stage.app.advisor.update = lambda: None
        stage.app.advisor.advice = [FEWER]
        await stage.advance(5)
        assert not done(stage)
        for key in keys:
            await stage.press(key)
        if stage.app.is_running:
            await stage.advance(0.75)
        assert done(stage)

    on_stage(act, FakeSource())
