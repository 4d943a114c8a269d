"""Recordings read to their end, and replayed on a dashboard, for the tests of figures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from figure_recordings import MADE, SHIPPED
from stage import Stage, on_stage

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.records.session_file.replay import Replay
from ovtui.settings.schema.settings import WarmUpRule

KINDS = ("inference", "service", "response")
BUCKET_SHARE = 0.004
"""How far a percentile may be from the true one: docs/statistics.md."""
SIZE = (220, 60)
"""A terminal in which every panel shows all of its figures."""


@dataclass(frozen=True)
class Session:
    """A recording, read to its end."""

    path: Path
    digest: Digest
    result: dict[str, Any]
    """The JSON."""


def read(path: Path, rule: WarmUpRule | None = None) -> Session:
    digest = Digest()
    for update in updates(path):
        digest.feed(update)
    if rule is not None:
        digest.choose_rule(rule)
    return Session(path, digest, result_of(digest))


def updates(path: Path) -> Iterator[Any]:
    replay = Replay(str(path))
    replay.stop()
    while True:
        update = replay.poll()
        yield update
        if update.finished:
            replay.close()
            return


def result_of(digest: Digest) -> dict[str, Any]:
    return json.loads(to_json(build_result(digest)))


def play(act: Any, path: Path) -> None:
    on_stage(act, Replay(str(path)), SIZE)  # type: ignore[arg-type]


async def settle(stage: Stage) -> None:
    """To the end of the recording."""
    stage.source.stop()
    for _ in range(2000):
        stage.app.poll()
        if stage.app.digest.snapshot().finished:
            break
    stage.app.poll()
    await stage.pilot.pause()


ALL = pytest.mark.parametrize("name", [*MADE, *SHIPPED])
RULES = pytest.mark.parametrize("rule", [None, "rule", "first", "none"])
