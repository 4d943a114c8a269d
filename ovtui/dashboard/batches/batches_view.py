"""View 3: totals and trend of batching, lanes of requests over time, and the members of the run under the cursor; on a
wide screen the last runs as a list."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ovtui.dashboard.batches.batch_list import BatchList
from ovtui.dashboard.batches.batch_members import BatchMembers
from ovtui.dashboard.batches.batch_totals import BatchTotals
from ovtui.dashboard.batches.batch_trend import BatchTrend
from ovtui.dashboard.batches.lanes_panel import LanesPanel
from ovtui.dashboard.export import TableExport, export_of_records
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.view import View
from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.schema.groups.batching import DEFAULT_TIMEOUT_MS


class BatchesView(View):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BATCHES)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.BATCHES,)

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield BatchTotals()
        yield BatchTrend()
        with Horizontal(id="runs"):
            with Vertical(id="lanes-and-members"):
                yield LanesPanel(picking=True)
                yield BatchMembers()
            yield BatchList()
        yield EventLine()
        yield Footer()

    @property
    def lanes(self) -> LanesPanel:
        return self.query_one(LanesPanel)

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        self.draw_status_lines(snapshot)
        if whole or tick % 2 == 0:
            totals = self.query_one(BatchTotals)
            totals.changeable = not (self.read_only or self.replay_text)
            totals.show(snapshot)
            # The trend of no batches would be two empty lines.
            self.set_class(snapshot.batches.cost_ms is None, "-no-batches")
            trend = self.query_one(BatchTrend)
            if trend.display:
                trend.show(self.digest.per_second_batching.series(snapshot.now_ns, trend.seconds))
            digest = self.digest
            lone_runs = digest.run.lone_runs_ms()
            self.lanes.update_history(digest.history, snapshot.now_ns, lone_runs, digest.batch_timeouts_ms)
            self._draw_picked()
        self.query_one(Footer).show(Scope.BATCHES)

    def export_row(self) -> TableExport | None:
        """The members of the run under the cursor."""
        if self.lanes.picked is None:
            return None
        batch, records = self.lanes.picked
        members = records[batch.members].copy()
        self.digest.mark_left_out(members)
        title = f"batch {batch.id:,}" if batch.id else f"request {int(members['seq'][0]):,}"
        return export_of_records(members, title)

    def export_page(self) -> TableExport | None:
        """The requests in flight during the visible time."""
        visible = self.lanes.time_slice
        if visible is None:
            return None
        records = visible.records
        in_flight = records[(records["done_ns"] >= visible.begin_ns) & (records["submit_ns"] < visible.end_ns)]
        return export_of_records(in_flight, f"{len(in_flight):,} requests in sight")

    def export_all(self) -> TableExport | None:
        return self.export_page()

    def action_pick(self, later: int) -> None:
        self.lanes.pick(later)
        self._draw_picked()

    def action_scroll_time(self, eighths: int) -> None:
        self.lanes.scroll_time(eighths)
        self._draw_picked()

    def action_zoom(self, steps: int) -> None:
        self.lanes.zoom(steps)
        self.show_answer(f"time span: {number_format.span(self.lanes.span_ns)}")
        self._draw_picked()

    def action_fit(self) -> None:
        self.lanes.fit()
        self._draw_picked()

    def action_freeze(self) -> None:
        self.lanes.toggle()
        self._draw_picked()

    def action_follow(self) -> None:
        self.lanes.follow()
        self._draw_picked()

    def action_members(self, rows: int) -> None:
        self.query_one(BatchMembers).scroll_members(rows)

    def _draw_picked(self) -> None:
        batches = self.query_one(BatchList)
        if batches.display:
            batches.show(self.lanes.time_slice, self.lanes.picked_index)
        picked = self.lanes.picked
        timeout_ms = (
            timeout_of_segment_ms(self.digest.session_state, picked[0].segment) if picked else DEFAULT_TIMEOUT_MS
        )
        self.query_one(BatchMembers).show(picked, timeout_ms)


def timeout_of_segment_ms(session_state: SessionState, segment: int) -> int:
    """The batch timeout of a segment; the default where the segment is unknown."""
    began = next((began for began in reversed(session_state.segments) if began.segment == segment), None)
    return began.settings.batch_timeout_in_force_ms if began else DEFAULT_TIMEOUT_MS
