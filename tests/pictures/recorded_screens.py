"""The dashboard over a recording that comes with ovtui, on a clock moved by hand: the same picture each time."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator

from stage import keys_handled
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.drawing.screen_svg import screen_svg
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.shipped import shipped_recordings

FRAME_NS = 250_000_000


class RecordedScreen:
    """A dashboard that replays one of the recordings. Owner of its clock."""

    def __init__(self, recording: str) -> None:
        self._clock_ns = 0
        self.replay = Replay(str(shipped_recordings()[recording]), now_ns=lambda: self._clock_ns)
        self.app = Dashboard(self.replay, refresh_hz=0.001)
        self.pilot: Pilot[int] | None = None

    async def play_to(self, seconds: float) -> None:
        """To this time of the session, frame by frame, as a person would see it; it stands still there."""
        while self.replay.shown_ns < seconds * 1e9 and self.replay.shown_ns < self.replay.end_ns:
            self._clock_ns += min(FRAME_NS, int(seconds * 1e9) - self.replay.shown_ns)
            self.app.poll()
        await self.settle()

    async def press(self, *keys: str) -> None:
        assert self.pilot is not None
        for key in keys:
            await self.pilot.press(key)
            await keys_handled(self.app)
        await self.settle()

    async def resize(self, columns: int, rows: int) -> None:
        assert self.pilot is not None
        await self.pilot.resize_terminal(columns, rows)
        await self.settle()

    async def settle(self) -> None:
        assert self.pilot is not None
        await self.pilot.pause()

    @property
    def picture(self) -> str:
        """What the key S writes."""
        return screen_svg(self.app)


@contextlib.contextmanager
def colours_of_nobody() -> Iterator[None]:
    """The colours of whoever makes the pictures are not to matter."""
    kept = {name: os.environ.pop(name) for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM") if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def on_screen(recording: str, act: Callable[[RecordedScreen], Awaitable[None]], size: tuple[int, int]) -> None:
    """Plays `act` with the dashboard running."""

    async def play() -> None:
        screen = RecordedScreen(recording)
        async with screen.app.run_test(size=size) as screen.pilot:
            await act(screen)
        screen.replay.close()

    with colours_of_nobody():
        asyncio.run(play())
