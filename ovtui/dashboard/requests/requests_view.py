"""View 2: the request table over the whole screen, and the details of the request under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.requests.request_detail import RequestDetail
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.view import View
from ovtui.metrics.handover.device_state import possible_devices
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.device_codes import AMBIGUOUS


class RequestsView(View):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TABLE)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.TABLE,)
    AUTO_FOCUS = "RequestTable"

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield RequestTable(hint=keys_of(self).hint("copy-row", "copy-table", "write-table"))
        yield RequestDetail()
        yield EventLine()
        yield Footer()

    @property
    def table(self) -> RequestTable:
        return self.query_one(RequestTable)

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        self.draw_status_lines(snapshot)
        if whole or tick % 2 == 0:
            self.table.data_shapes = self.digest.by_shape.known
            self.set_class(bool(self.table.data_shapes.newest), "-shapes")
            count = snapshot.out_of_order
            self.table.update_history(
                self.digest.history, self.digest.mark_left_out, f"{count:,} out of order" if count else ""
            )
            self._draw_detail()
        self.query_one(Footer).show(Scope.TABLE)

    def _draw_detail(self) -> None:
        record, devices = self.table.cursor_record, list[str]()
        if record is not None and record["device"] == AMBIGUOUS:
            devices = possible_devices(self.digest.session_state, int(record["segment"]), int(record["done_ns"]))
        shape = ""
        if record is not None:
            shape = self.digest.by_shape.known.text(int(record["segment"]), int(record["data_shape"]))
        self.query_one(RequestDetail).show(record, devices, shape)

    def on_request_table_moved(self) -> None:
        self._draw_detail()

    def action_freeze(self) -> None:
        self.table.toggle()
        self._draw_detail()

    def action_table(self, where: str) -> None:
        # Keys typed right after the one that opened this view arrive before its first frame.
        self.table.update_history(self.digest.history, self.digest.mark_left_out)
        getattr(self.table, f"action_scroll_{where}")()

    def export_row(self) -> TableExport | None:
        return self.table.export_row()

    def export_page(self) -> TableExport | None:
        return self.table.export_page()

    def export_all(self) -> TableExport | None:
        return self.table.export_all()
