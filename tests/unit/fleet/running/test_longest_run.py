"""A box that goes on telling that its load goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import pytest
from harness.fake_ovtui import now_line

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.running.following import FollowedRun
from ovtui.fleet.running.longest import LOAD_S, MORE_S, START_S, Longest
from ovtui.fleet.running.patience import Patience
from ovtui.records.fleet import BoxState
from ovtui.records.following import Waiting, to_line
from ovtui.settings.schema.settings import Settings


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class EndlessLine:
    """A box whose follow says one thing for ever, a minute apart."""

    def __init__(self, clock: Clock, line: bytes) -> None:
        self.clock, self.line = clock, line

    async def lines(self, _: str, **__: Any) -> AsyncIterator[bytes]:
        while True:
            self.clock.now_s += 60.0
            yield self.line


def _told(settings: Settings, line: bytes) -> tuple[str, float]:
    """The sentence that it ends with, and after how many seconds."""
    clock = Clock()
    followed = FollowedRun(Box(name="b"), BoxState(name="b"), lambda _: None, 1.0, Longest(settings, 5.0, clock))
    reading = followed.read(cast("Any", EndlessLine(clock, line)), Patience(settings, 5.0), "r")
    with pytest.raises(BoxError) as caught:
        asyncio.run(asyncio.wait_for(reading, 60.0))
    return caught.value.text, clock.now_s - 1000.0


def test_each_that_says_one_thing_for_ever_is_ended_with_a_sentence() -> None:
    timed, counted = Settings(model="m", duration_s=30.0), Settings(model="m", requests=10)
    serving = now_line()
    finished = msgspec.structs.replace(serving, phase="finished")
    for settings, line, text, expected_s in (
        (timed, serving, "its load goes on", 30.0 + MORE_S + 5.0),
        (counted, serving, "no request was completed", MORE_S + 5.0),
        (timed, finished, "its load is over, and told no end", MORE_S + 5.0),
        (timed, msgspec.structs.replace(serving, phase="starting"), "its session starts", START_S),
        (timed, Waiting(waited_s=0.0), "its session starts", START_S),
    ):
        told, after_s = _told(settings, to_line(line))
        assert text in told
        assert expected_s < after_s <= expected_s + 180.0, told


def test_what_makes_progress_goes_on_for_a_week() -> None:
    clock = Clock()
    longest = Longest(Settings(model="m", requests=1 << 40), 5.0, clock)
    for completed in range(7 * 24):
        longest.learn(msgspec.structs.replace(now_line(), completed=completed))
        assert longest.why_over() == ""
        clock.now_s += LOAD_S / (7 * 24)
    clock.now_s += 1.0
    assert "after its latest end" in longest.why_over()
