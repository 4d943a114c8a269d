"""The base of the lists with a cursor: rows under a title. A row that is cut is shown in full while it has the
cursor."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, width_of
from ovtui.dashboard.export import TableExport

_DETAIL_ROWS = 3


class RowList(Panel):
    """Without a cursor the list shows its first rows or, if `anchored_at_end`, its last ones."""

    from_end = False
    cursor: int | None = None
    on_moved: Callable[[], None] | None = None
    """Called when the cursor was moved or released."""
    _visible_rows = range(0)

    def count(self) -> int:
        raise NotImplementedError

    def head(self, width: int) -> list[list[Piece]]:
        """The lines above the rows."""
        raise NotImplementedError

    def row(self, index: int, width: int) -> list[Piece]:
        raise NotImplementedError

    def lines(self, index: int, width: int) -> list[list[Piece]]:
        """The row on one or more lines."""
        return [self.row(index, width)]

    def above(self, index: int) -> list[list[Piece]]:  # noqa: ARG002
        """Lines before the row that are no part of it: the heading of its group."""
        return []

    def height_of(self, index: int, width: int) -> int:  # noqa: ARG002
        """The number of lines `above` and of `lines`, found without making them."""
        return 1

    def full(self, index: int) -> str:
        """The whole text of the row."""
        raise NotImplementedError

    def extract(self, indices: range) -> TableExport | None:
        """These rows with all fields, for the clipboard and files; None for an empty range."""
        raise NotImplementedError

    @property
    def visible_rows(self) -> range:
        return self._visible_rows

    def move(self, rows: int) -> None:
        start = self.count() if self.from_end else -1
        self._set_cursor((start if self.cursor is None else self.cursor) + rows)

    def page(self, pages: int) -> None:
        self.move(pages * max(self._row_space - 1, 1))

    def to_first(self) -> None:
        self._set_cursor(0)

    def to_last(self) -> None:
        self._set_cursor(self.count() - 1)

    def release(self) -> None:
        """Removes the cursor, so that the list follows again."""
        self.cursor = None
        self.redraw()
        self._tell_moved()

    def _set_cursor(self, index: int) -> None:
        count = self.count()
        self.cursor = min(max(index, 0), count - 1) if count else None
        self.redraw()
        self._tell_moved()

    def _tell_moved(self) -> None:
        if self.on_moved is not None:
            self.on_moved()

    @property
    def _row_space(self) -> int:
        return max(self.size.height - len(self.head(max(self.size.width, 1))), 0)

    def draw(self, width: int) -> Content:
        head = [line_of(pieces).truncate(width, ellipsis=True) for pieces in self.head(width)]
        room, count, cursor = self._row_space, self.count(), self.cursor
        detail: list[Content] = []
        if cursor is not None and cursor < count and width_of(self.row(cursor, width)) >= width - 1:
            detail = Content.styled(self.full(cursor), "$foreground").wrap(max(width - 4, 10))[:_DETAIL_ROWS]
            detail = [Content("  ") + line for line in detail] if room > 2 * _DETAIL_ROWS else []
        shown = max(room - len(detail), 0)
        anchor = cursor if cursor is not None else count - 1 if self.from_end else 0
        self._visible_rows = self._fitting_rows(anchor, shown, width)
        lines: list[Content] = []
        for index in self._visible_rows:
            above = self.above(index)
            for at, pieces in enumerate([*above, *self.lines(index, width)][: shown - len(lines)]):
                line = line_of(pieces).truncate(width, ellipsis=True)
                if index == cursor and at >= len(above):
                    line = line.pad_right(max(width - line.cell_length, 0)).stylize("on $panel")
                lines.append(line)
        lines += [Content()] * (shown - len(lines))
        return Content("\n").join([*head, *lines, *detail][: max(self.size.height, 1)])

    def _fitting_rows(self, anchor: int, room: int, width: int) -> range:
        """The rows whose lines fit into `room`, around the anchor, which is one of them."""
        count = self.count()
        if not count or not room:
            return range(0)
        first = last = min(max(anchor, 0), count - 1)
        used = self.height_of(first, width)
        above = 0
        # Up to half of the room before the anchor, then what follows it, then what is left before it.
        for most_above in (room // 2, room):
            while first > 0 and above < most_above:
                height = self.height_of(first - 1, width)
                if used + height > room:
                    break
                first, used, above = first - 1, used + height, above + height
            while last < count - 1:
                height = self.height_of(last + 1, width)
                if used + height > room:
                    break
                last, used = last + 1, used + height
        return range(first, last + 1)


class RowKeys:
    """What the keys of a list do on a screen that has one."""

    @property
    def rows(self) -> RowList:
        raise NotImplementedError

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


def title_forms(name: str, text: str, keys: str) -> list[list[Piece]]:
    """The first line of a list, with and without its keys, for first_that_fits."""
    return [[(name, "bold"), (f"{text}   {keys}", "$dim")], [(name, "bold"), (text, "$dim")]]
