"""What the views with a list have in common: the frame around it, and the keys that move through it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.views.context import ViewContext
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.view import View
from ovtui.metrics.snapshot import Snapshot


class ListingView(View):
    """A subclass composes the panels, one RowList among them, and draws what is its own."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LISTS)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.LISTS,)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.digest = context.digest

    @property
    def rows(self) -> RowList:
        return self.query_one(RowList)

    def draw_panels(self, snapshot: Snapshot) -> None:
        raise NotImplementedError

    def draw(self, snapshot: Snapshot, tick: int, *, last: bool = False) -> None:
        self.draw_header(snapshot)
        self.query_one(DeviceLine).show(snapshot)
        self.draw_event_line(snapshot)
        if last or tick % 2 == 0:
            self.draw_panels(snapshot)
        self.query_one(Footer).show(self.SCOPES[0])

    def action_move(self, rows: int) -> None:
        self.rows.move(rows)

    def action_page(self, pages: int) -> None:
        self.rows.page(pages)

    def action_to_first(self) -> None:
        self.rows.to_first()

    def action_to_last(self) -> None:
        self.rows.to_last()

    def action_release(self) -> None:
        self.rows.release()

    def copied_row(self) -> TableExport | None:
        cursor = self.rows.cursor
        return None if cursor is None else self.rows.extract(range(cursor, cursor + 1))

    def copied_table(self) -> TableExport | None:
        return self.rows.extract(self.rows.visible_rows)

    def whole_table(self) -> TableExport | None:
        return self.rows.extract(range(self.rows.count()))

    def on_mount(self) -> None:
        self.draw_again()

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw_again)

    def on_screen_resume(self) -> None:
        """Another page was before this one."""
        self.call_after_refresh(self.draw_again)

    def draw_again(self) -> None:
        """A session that stands still gives no frame by itself."""
        self.draw(self.digest.snapshot(), 0, last=True)
