"""The base of the views that are a list: the frame around it, and the keys that move through it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from ovtui.dashboard.drawing.row_list import RowKeys, RowList
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.view import View
from ovtui.metrics.snapshot import Snapshot


class ListingView(RowKeys, View):
    """A subclass composes its panels, exactly one RowList among them, and draws them in `draw_panels`."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LISTS)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.LISTS,)

    @property
    def rows(self) -> RowList:
        return self.query_one(RowList)

    def draw_panels(self, snapshot: Snapshot) -> None:
        raise NotImplementedError

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        self.draw_status_lines(snapshot)
        if whole or tick % 2 == 0:
            self.draw_panels(snapshot)
        self.query_one(Footer).show(self.SCOPES[0])

    def export_row(self) -> TableExport | None:
        cursor = self.rows.cursor
        return None if cursor is None else self.rows.extract(range(cursor, cursor + 1))

    def export_page(self) -> TableExport | None:
        return self.rows.extract(self.rows.visible_rows)

    def export_all(self) -> TableExport | None:
        return self.rows.extract(range(self.rows.count()))
