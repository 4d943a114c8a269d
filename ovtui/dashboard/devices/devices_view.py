"""View 5: an engine's start-up, figures per device and per phase of a handover, the machine, and the events."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.devices.machine_panel import MachinePanel
from ovtui.dashboard.devices.phase_table import PhaseTable
from ovtui.dashboard.devices.startup_panel import StartupPanel
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.tour.caption import Caption
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.dashboard.views.view import ViewContext
from ovtui.metrics.handover.startup import startup_timeline
from ovtui.metrics.snapshot import Snapshot

_STATUS_LINES = 4
"""Header, device line, event line, footer."""
_EVENT_LINES, _LEAST_EVENT_LINES = 8, 4
"""What the list of events keeps where the table of the machine needs more than there is."""
_LEAST_MACHINE_LINES = 3
"""With the rows of the CPU and of an accelerator."""
_LEAST_LISTED = 3
"""Lines of the list of events where a caption takes what the machine would have (listing_view.tcss)."""


class DevicesView(ListingView):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DEVICES)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.DEVICES, Scope.LISTS)

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self._chosen_engine: int | None = None
        """Number of the engine whose start-up is shown; None for the one in force."""
        self._machine_whole = False

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield StartupPanel()
        yield PhaseTable()
        yield MachinePanel()
        yield EventList()
        yield EventLine()
        yield Footer()

    def draw_panels(self, snapshot: Snapshot) -> None:
        session_state = snapshot.session_state
        engine = session_state.engine if self._chosen_engine is None else session_state.engines.get(self._chosen_engine)
        line = startup_timeline(engine, self.digest.first_served_ns) if engine is not None else None
        self.query_one(StartupPanel).show(line, snapshot.now_ns, more=len(session_state.engines) > 1)
        self.query_one(PhaseTable).show(self.digest, low=self.has_class("-short"))
        self.query_one(EventList).show(session_state)
        self._draw_machine(snapshot)

    def _draw_machine(self, snapshot: Snapshot) -> None:
        """With the lines that it needs, as long as the list of events keeps half of what the panels above leave."""
        panel = self.query_one(MachinePanel)
        panel.show(self.digest, snapshot.now_ns, read_only=self.read_only or bool(self.replay_text))
        panels: list[Panel] = [*self.query(Caption)]
        if not self._machine_whole:
            panels += [self.query_one(StartupPanel), self.query_one(PhaseTable)]
        taken = sum(panel.outer_size.height + panel.styles.margin.height for panel in panels)
        room = self.size.height - _STATUS_LINES - taken
        events = _LEAST_EVENT_LINES if self._machine_whole else min(max(room // 2, _LEAST_EVENT_LINES), _EVENT_LINES)
        least = min(_LEAST_MACHINE_LINES, max(room - _LEAST_LISTED, 0))
        height = max(min(panel.lines_needed, room - events), least)
        if height == 1 < panel.lines_needed:
            height = 0  # heads without a row say nothing
        if height != panel.size.height:
            panel.styles.height = height

    def action_machine(self) -> None:
        """The whole table of the machine in the place of start-up and figures by device, or these again."""
        self._machine_whole = not self._machine_whole
        self.set_class(self._machine_whole, "-machine")
        self.call_after_refresh(self.redraw)

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
