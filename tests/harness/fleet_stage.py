"""The fleet's screen over a fleet without boxes, driven by a test."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from harness.fake_fleet import FakeFleet
from stage import keys_handled
from textual.pilot import Pilot

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.fleet.answer_line import AnswerLine
from ovtui.dashboard.fleet.box_list import BoxList
from ovtui.dashboard.fleet.fleet_app import FleetApp
from ovtui.dashboard.preferences import Preferences

Attach = Callable[[str], Sequence[str]]


def attach_of(text: str) -> Attach:
    """Words that run this Python text in the place of a box's dashboard; sys.argv has what follows."""
    return lambda name: [sys.executable, "-c", text, "attach", name]


class FleetStage:
    def __init__(
        self, fleet: FakeFleet, preferences: Preferences | None, attach: Callable[[str], Sequence[str]]
    ) -> None:
        self.fleet = fleet
        self.app = FleetApp(fleet, preferences, attach_command=attach, refresh_hz=0.001, now_s=lambda: fleet.now_s)
        self.pilot: Pilot[int] | None = None

    async def advance(self, seconds: float) -> None:
        """With a frame at the end, and whichever box is odd by then."""
        for _ in range(round(seconds * 2)):
            self.fleet.advance(0.5)
        self.app.compare_now()
        self.app.poll()
        await self.settle()

    async def press(self, *keys: str) -> None:
        assert self.pilot is not None
        for key in keys:
            await self.pilot.press(key)
            await keys_handled(self.app)
        await self.settle()

    async def settle(self) -> None:
        assert self.pilot is not None
        await self.pilot.pause()

    def text(self, panel: type[Panel]) -> str:
        return self.app.view.query_one(panel).render().plain

    def names(self) -> list[str]:
        """Of the boxes in the table, from the top."""
        rows = self.app.view.query_one(BoxList)
        return [box.name for box in rows._rows]

    @property
    def answer(self) -> str:
        return self.text(AnswerLine).strip()


def on_fleet_stage(
    act: Callable[[FleetStage], Awaitable[None]],
    fleet: FakeFleet | None = None,
    size: tuple[int, int] = (120, 40),
    preferences: Preferences | None = None,
    attach: Attach | None = None,
) -> FleetStage:
    """Plays `act` with the screen running; returns the stage after it has ended."""
    stage = FleetStage(fleet or FakeFleet(), preferences, attach or attach_of(""))

    async def play() -> None:
        async with stage.app.run_test(size=size) as stage.pilot:
            await act(stage)
        if stage.app.following is not None:
            stage.app.following.cancel()
            await asyncio.wait({stage.app.following})

    asyncio.run(play())
    return stage
