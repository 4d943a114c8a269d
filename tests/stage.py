"""A dashboard in a terminal that is not there, over a session that never ran, with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fake_source import FakeSource
from harness import quick_idle
from textual.pilot import Pilot

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.common_app import CommonApp
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.settings_pane.pane_rows import RowState
from ovtui.dashboard.settings_pane.setting_row import SettingRow
from ovtui.dashboard.settings_pane.settings_pane import SettingsPane
from ovtui.dashboard.tour.tour_desk import Section

quick_idle.install()


class Stage:
    def __init__(
        self, source: FakeSource, preferences: Preferences | None = None, section: Section | None = None
    ) -> None:
        self.source = source
        self.app = Dashboard(source, preferences, refresh_hz=0.001, section=section)
        self.pilot: Pilot[int] | None = None

    async def advance(self, seconds: float) -> None:
        """In ticks of a quarter of a second."""
        for _ in range(max(round(seconds * 4), 1)):
            self.source.advance(0.25)
            self.app.poll()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await keys_handled(self.app)
        await self.pilot.pause()

    def text(self, panel: type[Panel]) -> str:
        """Of the view in front."""
        view = self.app.view or self.app.overview
        return view.query_one(panel).render().plain

    def text_behind(self, panel: type[Panel]) -> str:
        """Of the overview, as it was last drawn, whatever page covers it."""
        return self.app.overview.query_one(panel).render().plain

    def row(self, name: str) -> str:
        """A row of the settings pane as it is in sight; empty where it is not."""
        rows = self.app.overview.query(SettingRow)
        return next((row.render().plain for row in rows if row.line_id == name), "")


def on_stage(
    act: Callable[[Stage], Awaitable[None]],
    source: FakeSource | None = None,
    size: tuple[int, int] = (120, 40),
    preferences: Preferences | None = None,
    section: Section | None = None,
) -> Stage:
    """Plays `act` with the dashboard running; returns the stage after it has ended."""
    stage = Stage(source or FakeSource(), preferences, section)

    async def play() -> None:
        async with stage.app.run_test(size=size) as stage.pilot:
            await act(stage)

    asyncio.run(play())
    return stage


async def opened(stage: Stage) -> SettingsPane:
    """The settings pane, some seconds after the start."""
    await stage.advance(5)
    await stage.press("s")
    return stage.app.overview.pane


async def keys_handled(app: CommonApp) -> None:
    """Returns when every key that was typed has been delivered and handled."""
    task = app.input_queue._task
    if task is not None:
        await task


def row_state(pane: SettingsPane, id_: str) -> RowState:
    """What a row of the settings pane shows, visible or not."""
    item = next(item for item in pane.list.items if item.id == id_)
    state = pane._state(item, pane.pane_context)
    assert isinstance(state, RowState)
    return state
