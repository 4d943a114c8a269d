"""The lines of `ovtui follow` of one box: what is made of those that do not come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from ovtui.fleet.box import Box
from ovtui.fleet.running.following import FollowedRun
from ovtui.fleet.running.longest import Longest
from ovtui.fleet.running.patience import Patience
from ovtui.records.fleet import BoxState
from ovtui.settings.schema.settings import Settings


class SlowLine:
    """Its Python has not started yet."""

    first_s = 0.0

    async def lines(self, _: str, *, first_s: float) -> AsyncIterator[bytes]:
        self.first_s = first_s
        await asyncio.get_running_loop().create_future()
        yield b""


def test_a_box_that_starts_slowly_is_told_as_silent_and_waited_for() -> None:
    state = BoxState(name="b", phase="starting")
    followed = FollowedRun(Box(name="b"), state, lambda _: None, 1.0, Longest(Settings(), 1.0))
    line: Any = SlowLine()

    async def go() -> None:
        reading = asyncio.ensure_future(followed.read(line, Patience(Settings(), 1.0), "recording"))
        while not line.first_s:
            await asyncio.sleep(0)
        now_s = time.monotonic()
        followed.tick(now_s + 6)
        assert state.silent_s is None
        followed.tick(now_s + 9)
        assert state.silent_s is not None
        assert 8 < state.silent_s < 10
        assert not reading.done()
        reading.cancel()

    asyncio.run(go())
    assert line.first_s >= 60
