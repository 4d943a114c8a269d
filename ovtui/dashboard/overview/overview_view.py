"""View 1: what serves, how fast, and what has just changed; the panels are in the order of importance."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widgets import Rule

from ovtui.dashboard.batches.batch_reason import BatchReason, batch_reason
from ovtui.dashboard.batches.batch_totals import batching_matters
from ovtui.dashboard.batches.lanes_panel import LanesPanel
from ovtui.dashboard.devices.event_list import EventList
from ovtui.dashboard.distribution.distribution_chart import SmallHistogram
from ovtui.dashboard.distribution.slo_line import SloLine
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.latency_axis import AXIS_MODES, AxisMode
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.overview.beside_line import BesideLine
from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.disturbance_marks import disturbance_marks
from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.overview.latency_plot import LatencyPlot
from ovtui.dashboard.overview.latency_table import LatencyTable
from ovtui.dashboard.overview.machine_strip import MachineStrip
from ovtui.dashboard.overview.plot_marks import MarkNumbers
from ovtui.dashboard.overview.plot_window import PlotWindow
from ovtui.dashboard.overview.served_lines import ServedLines
from ovtui.dashboard.overview.sparkline import Sparkline
from ovtui.dashboard.overview.strip_picture import GUTTER
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.settings_pane.pane_search import SearchLine
from ovtui.dashboard.settings_pane.setting_row import EditLine
from ovtui.dashboard.settings_pane.settings_pane import SettingsPane
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.view import View, ViewContext
from ovtui.metrics.handover.device_state import HANDOVER_SHOWN_NS
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.samples import KINDS
from ovtui.metrics.queries.distribution import span_text
from ovtui.metrics.queries.shapes import shape_rows
from ovtui.metrics.session.session_state import EventMark
from ovtui.metrics.snapshot import Snapshot

LOW_BANDWIDTH_PLOT_FRAMES = 5
"""On a slow line, frames from one plot to the next: the plot is most of what a frame sends."""
LANES_MIN_HEIGHT = 36
"""From this height on the lanes are shown, between plot and table."""
STRIP_FRAMES = 4
"""Frames from one strip of the machine to the next: its readings come once a second."""
TALL_STRIP_HEIGHT = 50
"""From this height on a device has two rows in the strip."""


class OverviewView(View):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.OVERVIEW), *bindings(Scope.TABLE)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.OVERVIEW, Scope.TABLE)
    number = 1

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.staging = context.staging
        self._snapshot: Snapshot | None = None
        self._plot_window = PlotWindow()
        self._plot_axis: AxisMode = "auto"
        self._mark_numbers = MarkNumbers()
        self._metric: LatencyKind = "response"
        self._marked: object = None
        """The event up to which the marks of disturbances are made."""
        self._disturbed: list[EventMark] = []

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        yield Header()
        yield DeviceLine()
        yield Rule(id="rule")
        with Container(id="figures"):
            yield FiguresPanel()
            yield LatencyTable()
        yield BatchReason()
        yield ServedLines()
        yield SloLine()
        yield BesideLine()
        with Horizontal(id="body"):
            with Vertical(id="charts-and-table"):
                yield LatencyPlot(title=self._title, hint=self._plot_hint, axis_cells=GUTTER)
                yield Sparkline()
                yield MachineStrip()
                with Container(id="lower"):
                    with Vertical(id="beside"):
                        yield LanesPanel(hint=f"more: view {keys.first('view-batches')}")
                        yield SmallHistogram(f"more: view {keys.first('view-distribution')}")
                        yield EventList(f"more: view {keys.first('view-devices')}")
                    yield RequestTable(hint=keys.hint("freeze", "table-down"))
            yield SettingsPane(self.context)
        yield EventLine()
        yield Footer()

    @property
    def _title(self) -> str:
        return f"LATENCY {self._metric}"

    @property
    def _plot_hint(self) -> str:
        keys = keys_of(self)
        if self._plot_window.handover is not None:
            return f"{self._plot_window.text}   {keys.first('switch')} back"
        return keys.hint("zoom", "metric", "plot-axis")

    @property
    def pane(self) -> SettingsPane:
        return self.query_one(SettingsPane)

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        self._snapshot = snapshot
        self.draw_status_lines(snapshot)
        plot_frames = LOW_BANDWIDTH_PLOT_FRAMES if self.low_bandwidth else self._plot_window.frames_per_drawing
        if whole or tick % plot_frames == 0:
            self._draw_plot()
            if whole or tick % STRIP_FRAMES == 0 or self._plot_window.has_passed(self._strip, snapshot.now_ns):
                self._draw_strip()
        if whole or tick % 2 == 0:
            figures, reason = self.query_one(FiguresPanel), batch_reason(snapshot)
            figures.show(snapshot)
            self.query_one(BatchReason).show("" if figures.tells(reason) else reason)
            self.query_one(LatencyTable).show(snapshot, self.digest.recent)
            shapes = shape_rows(self.digest, segment=True)
            self.query_one(ServedLines).show(snapshot, shapes, room=not self.has_class("-short"))
            self.query_one(SloLine).show(snapshot)
            self.query_one(BesideLine).show(snapshot)
            table = self.query_one(RequestTable)
            table.data_shapes = self.digest.by_shape.known
            if table.display:
                table.update_history(self.digest.history, self.digest.mark_left_out)
        # Once a second, and not in the frame of the table: drawing and painting the lanes costs 3 ms.
        if whole or tick % 4 == 1:
            self._draw_lanes()
        if whole or tick % 4 == 3:
            self._draw_beside()
        self.pane.show(snapshot)
        self._draw_footer()

    def _draw_plot(self) -> None:
        """Draws the plot or, where it does not fit, the sparkline."""
        if self._snapshot is None:
            return
        session_state, now_ns = self._snapshot.session_state, self._snapshot.now_ns
        if session_state.disturbances.newest is not self._marked:
            self._marked = session_state.disturbances.newest
            self._disturbed = list(disturbance_marks(session_state.disturbances.spans))
        marks = self._mark_numbers.of(self._disturbed, session_state.marks)
        self._plot_window.look(self.digest, now_ns)
        for chart in (self.query_one(LatencyPlot), self.query_one(Sparkline)):
            self._plot_window.draw(chart, self.digest, self._metric, marks, now_ns)

    @property
    def _shown_chart(self) -> Chart:
        plot = self.query_one(LatencyPlot)
        return plot if plot.display else self.query_one(Sparkline)

    @property
    def _strip(self) -> MachineStrip:
        return self.query_one(MachineStrip)

    def _draw_strip(self) -> None:
        """Draws the use of the CPU and of the accelerators under the plot or the sparkline, as it is under."""
        if self._snapshot is None:
            return
        strip = self._strip
        strip.labels_left = not self.has_class("-short")
        strip.tall = 2 if self.size.height >= TALL_STRIP_HEIGHT else 1
        self._plot_window.draw_strip(strip, self.digest, self._snapshot.now_ns)

    def _draw_lanes(self) -> None:
        """Draws the lanes, which are shown if they fit and if the session has batches or should have them."""
        if self._snapshot is None:
            return
        shown = batching_matters(self._snapshot) and self.size.height >= LANES_MIN_HEIGHT
        if shown != self.has_class("-lanes"):
            self.set_class(shown, "-lanes")
            self.call_after_refresh(self._draw_lanes)
        panel = self.query_one(LanesPanel)
        if panel.display:
            lone_runs = self.digest.run.lone_runs_ms()
            timeouts_ms = self.digest.batch_timeouts_ms
            panel.update_history(self.digest.history, self._snapshot.now_ns, lone_runs, timeouts_ms)

    def _draw_beside(self) -> None:
        """Draws what stands beside the table of a wide screen: lanes where batching matters, else the histogram; a high
        screen has room for one more, which is the histogram, else the events."""
        histogram, events = self.query_one(SmallHistogram), self.query_one(EventList)
        if histogram.display:
            histogram.show_segment(self.digest, self._metric)
        if events.display:
            events.show(self.digest.session_state)

    def _draw_footer(self) -> None:
        scope, extra, without = Scope.OVERVIEW, [], frozenset[str]()
        if self.pane.has_focus:
            scope, without = self.pane.scope, self.pane.idle_commands
        elif isinstance(self.focused, EditLine):
            scope = Scope.EDITING
        elif isinstance(self.focused, SearchLine):
            scope = Scope.SEARCHING
        writing = scope in (Scope.EDITING, Scope.SEARCHING)
        if (self.staging.staged or scope is Scope.TYPING) and not writing:
            extra.append("apply")
        state = self._snapshot.session_state if self._snapshot is not None and scope is not Scope.TYPING else None
        if state is not None and state.suggestion and not writing:
            extra.append("adopt")
        if state is not None and state.phase in ("died", "failed") and not writing:
            extra.append("restart")
        if scope is Scope.OVERVIEW and self._offers_handover:
            extra.append("switch")
        if self.replay_text and scope is Scope.OVERVIEW:
            extra += ["replay-pause", "replay-slower", "replay-step", "replay-handover"]
        staged = len(self.staging.staged_changes())
        self.query_one(Footer).show(scope, tuple(extra), without, staged=staged)

    @property
    def _offers_handover(self) -> bool:
        """True while the plot is fixed around a change of device, and for some time after each change."""
        if self._plot_window.handover is not None:
            return True
        if self._snapshot is None:
            return False
        newest = next(reversed(self._snapshot.session_state.marks), None)
        return (
            newest is not None
            and newest.kind == "handover"
            and self._snapshot.now_ns - newest.t_ns <= HANDOVER_SHOWN_NS
        )

    def toggle_settings(self) -> None:
        opening = not self.has_class("-settings")
        self.set_class(opening, "-settings")
        if opening:
            self.pane.focus()
            self.pane.begin()
            self.call_after_refresh(self.pane.redraw)
        else:
            self.set_focus(None)
        self._draw_footer()

    def show_setting(self, name: str) -> None:
        if not self.has_class("-settings"):
            self.toggle_settings()
        self.pane.focus()
        self.pane.select(name)
        self._draw_footer()

    def on_settings_pane_changed(self) -> None:
        self._draw_footer()

    def on_descendant_focus(self) -> None:
        self._draw_footer()

    def on_descendant_blur(self) -> None:
        self._draw_footer()

    def on_settings_pane_closed(self) -> None:
        if self.has_class("-settings"):
            self.toggle_settings()

    def action_focus_pane(self) -> None:
        if self.has_class("-settings") and not self.pane.has_focus_within and not self.pane.has_focus:
            self.pane.focus()
        else:
            self.set_focus(None)
        self._draw_footer()

    def action_freeze(self) -> None:
        self.query_one(RequestTable).toggle()

    async def action_sort(self) -> None:
        await self.open_requests("open_sort")

    def action_table(self, where: str) -> None:
        table = self.query_one(RequestTable)
        getattr(table, f"action_scroll_{where}")()

    def action_zoom(self, direction: int) -> None:
        answer = self._plot_window.zoom(direction)
        self._reset_plot()
        # The sparkline has no time axis that would show the span.
        self.show_answer(answer)

    def action_switch(self) -> None:
        """Fixes the plot around the newest change of device, or lets it follow again."""
        answer = self._plot_window.toggle_handover(self.digest.session_state.marks)
        self._reset_plot()
        self.show_answer(answer)
        self._draw_footer()

    def action_machine(self) -> None:
        """Shows or hides the strip of the machine."""
        shown = self.has_class("-no-strip")
        self.set_class(not shown, "-no-strip")
        self.show_answer(f"CPU and accelerators {'are shown' if shown else 'are not shown'} under the plot")
        self.call_after_refresh(self._draw_strip)

    def action_plot_axis(self) -> None:
        """The plot's axis: by itself, logarithmic, linear."""
        self._plot_axis = AXIS_MODES[(AXIS_MODES.index(self._plot_axis) + 1) % len(AXIS_MODES)]
        self._reset_plot()
        now = "logarithmic" if self._shown_chart.is_log else "linear"
        self.show_answer(f"plot axis: {now}" if self._plot_axis != "auto" else f"plot axis: automatic, {now} now")

    def action_metric(self) -> None:
        self._metric = KINDS[(KINDS.index(self._metric) + 1) % len(KINDS)]
        self._reset_plot()
        self.show_answer(f"latency shown: {self._metric}")

    def action_span(self) -> None:
        table = self.query_one(LatencyTable)
        self.show_answer(f"percentiles of {span_text(table.next_span())}")
        if self._snapshot is not None:
            table.show(self._snapshot, self.digest.recent)

    def use_glyphs(self, glyphs: GlyphSet) -> None:
        super().use_glyphs(glyphs)
        self.query_one(Rule).line_style = "ascii" if glyphs == "ascii" else "solid"

    def _reset_plot(self) -> None:
        plot = self.query_one(LatencyPlot)
        plot.title_text, plot.hint = self._title, self._plot_hint
        sparkline = self.query_one(Sparkline)
        sparkline.window_text, sparkline.kind = self._plot_window.text, self._metric
        for chart in (plot, sparkline):
            chart.reset_axis(self._plot_axis)
        self._draw_plot()
        self._draw_strip()
        self._draw_beside()

    def export_row(self) -> TableExport | None:
        return self.query_one(RequestTable).export_row()

    def export_page(self) -> TableExport | None:
        return self.query_one(RequestTable).export_page()

    def export_all(self) -> TableExport | None:
        return self.query_one(RequestTable).export_all()

    def redraw(self) -> None:
        if self._snapshot is not None:
            super().redraw()
