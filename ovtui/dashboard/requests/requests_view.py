"""The requests: the table over the whole screen, and all that is known of the one under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.requests.request_detail import RequestDetail
from ovtui.dashboard.requests.request_table import RequestTable
from ovtui.dashboard.views.context import ViewContext
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

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.digest = context.digest

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

    def draw(self, snapshot: Snapshot, tick: int, *, last: bool = False) -> None:
        self.draw_header(snapshot)
        self.query_one(DeviceLine).show(snapshot)
        self.draw_event_line(snapshot)
        if last or tick % 2 == 0:
            self.table.update_history(self.digest.history)
            self._draw_detail()
        self.query_one(Footer).show(Scope.TABLE)

    def _draw_detail(self) -> None:
        record, devices = self.table.cursor_record, list[str]()
        if record is not None and record["device"] == AMBIGUOUS:
            devices = possible_devices(self.digest.story, int(record["segment"]), int(record["done_ns"]))
        self.query_one(RequestDetail).show(record, devices)

    def on_request_table_moved(self) -> None:
        self._draw_detail()

    def use_glyphs(self, glyphs: GlyphSet) -> None:
        super().use_glyphs(glyphs)
        self.table.set_glyphs(glyphs)

    def action_freeze(self) -> None:
        self.table.toggle()
        self._draw_detail()

    def action_table(self, where: str) -> None:
        # Keys that were typed with the one that opened this page come before its first frame.
        self.table.update_history(self.digest.history)
        getattr(self.table, f"action_scroll_{where}")()

    def copied_row(self) -> TableExport | None:
        return self.table.copied_row()

    def copied_table(self) -> TableExport | None:
        return self.table.export_page()

    def whole_table(self) -> TableExport | None:
        return self.table.export_all()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_again)

    def on_screen_resume(self) -> None:
        """Another page was before this one."""
        self.call_after_refresh(self._draw_again)

    def _draw_again(self) -> None:
        """A session that stands still gives no frame by itself."""
        self.draw(self.digest.snapshot(), 0, last=True)
