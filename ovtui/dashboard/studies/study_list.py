"""The rows of a study or a trial: its probes, its points, or its figures."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.drawing.text_fit import Piece, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.studies.table_text import TableText, fitting_columns, head_lines, row_pieces

EMPTY = TableText((), (), "", (), "nothing", "")


class StudyList(RowList):
    """Oldest first, following the newest."""

    from_end = True
    table = EMPTY
    _fitted: tuple[TableText, int, list[tuple[int, int]]] | None = None

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        """`moved`: called when the cursor was moved or released."""
        super().__init__()
        self.on_moved = moved

    def _columns(self, width: int) -> list[tuple[int, int]]:
        """Found once for a table and a width: each row asks for them."""
        if self._fitted is None or self._fitted[0] is not self.table or self._fitted[1] != width:
            self._fitted = self.table, width, fitting_columns(self.table, width - 1)
        return self._fitted[2]

    def show(self, table: TableText) -> None:
        self.table = table
        if self.cursor is not None and self.cursor >= len(table.rows):
            self.cursor = len(table.rows) - 1 if table.rows else None
        self.redraw()

    def count(self) -> int:
        return len(self.table.rows)

    def head(self, width: int) -> list[list[Piece]]:
        lines = head_lines(self.table, self._columns(width))
        return lines if self.table.rows else [*lines, [(f" {self.table.empty}", "$dim")]]

    def row(self, index: int, width: int) -> list[Piece]:
        return row_pieces(self.table, index, self._columns(width))

    def full(self, index: int) -> str:
        return one_line(self.table.rows[index].full)

    def extract(self, indices: range) -> TableExport | None:
        table, rows = self.table, [self.table.rows[index] for index in indices if index < len(self.table.rows)]
        if not rows:
            return None
        return TableExport(
            f"{len(rows):,} {table.title}", list(table.headings), lambda: [list(row.fields) for row in rows]
        )
