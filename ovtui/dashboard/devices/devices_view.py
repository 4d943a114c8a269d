"""View 5: an engine's start-up, figures per device and per phase of a handover, the events, and the machine."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.devices.machine_line import MachineLine
from ovtui.dashboard.devices.phase_table import PhaseTable
from ovtui.dashboard.devices.startup_panel import StartupPanel
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.dashboard.views.view import ViewContext
from ovtui.metrics.handover.startup import startup_timeline
from ovtui.metrics.snapshot import Snapshot


class DevicesView(ListingView):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DEVICES)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.DEVICES, Scope.LISTS)

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self._chosen_engine: int | None = None
        """Number of the engine whose start-up is shown; None for the one in force."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield StartupPanel()
        yield PhaseTable()
        yield EventList()
        yield MachineLine()
        yield EventLine()
        yield Footer()

    def draw_panels(self, snapshot: Snapshot) -> None:
        session_state = snapshot.session_state
        engine = session_state.engine if self._chosen_engine is None else session_state.engines.get(self._chosen_engine)
        line = startup_timeline(engine, self.digest.first_served_ns) if engine is not None else None
        self.query_one(StartupPanel).show(line, snapshot.now_ns, more=len(session_state.engines) > 1)
        self.query_one(PhaseTable).show(self.digest)
        self.query_one(EventList).show(session_state)
        self.query_one(MachineLine).show(snapshot)

    def action_log(self) -> None:
        shown = self.query_one(EventList).toggle_log()
        self.show_answer("with the lines of AUTO's log" if shown else "without the lines of AUTO's log")

    def action_engine(self) -> None:
        """Shows the engine spawned before the one on screen; after the first, the one in force again."""
        session_state = self.digest.session_state
        shown = (
            self._chosen_engine
            if self._chosen_engine is not None
            else session_state.engine.number
            if session_state.engine
            else 0
        )
        earlier = [number for number in session_state.engines if number < shown]
        self._chosen_engine = max(earlier, default=None)
        self.redraw()
