"""What view 7 looks like, cell by cell. After a wanted change: pytest --snapshot-update, and look at the diff."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import study_scenes as scenes
from fake_source import SECOND
from stage import keys_handled
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard
from ovtui.records.events import Event


def found_rate(now_ns: int) -> list[Event]:
    return [scenes.began(scenes.FIND_RATE, now_ns), *scenes.probes(8, now_ns), scenes.rate_found(now_ns + 96 * SECOND)]


def half_swept(now_ns: int) -> list[Event]:
    return [scenes.began(scenes.SWEEP, now_ns), *(scenes.sweep_point(number, now_ns) for number in range(1, 12))]


@pytest.mark.parametrize(
    ("events", "size"),
    [
        pytest.param(found_rate, (120, 40), id="find-rate"),
        pytest.param(half_swept, (80, 24), id="sweep-narrow"),
        pytest.param(half_swept, (200, 60), id="sweep-large"),
    ],
)
def test_studies(
    snap_compare: Callable[..., bool], events: Callable[[int], list[Event]], size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    source = scenes.source()
    app = Dashboard(source, refresh_hz=0.001)

    def advance(seconds: float) -> None:
        for _ in range(round(seconds * 4)):
            source.advance(0.25)
            app.poll()

    async def play(pilot: Pilot[int]) -> None:
        advance(5)
        source.tell(*events(source.now_ns))
        advance(0.5)
        await pilot.press("7")
        await keys_handled(app)
        await pilot.pause()
        advance(0.5)
        await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=size)
