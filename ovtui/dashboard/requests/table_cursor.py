"""Where the request table stands in the records: following the newest, or holding on to one of them.

Records are named by their index over the whole session (`History`), so that a held row stays the same record while
newer ones arrive. Row r of a page shows record `top - r`: newest first."""

from __future__ import annotations


class TableCursor:
    """`first` and `total` bound the records that exist; `rows` fit on a page."""

    def __init__(self) -> None:
        self.cursor: int | None = None
        """The chosen record; None: the newest, whichever that is."""
        self.top = -1
        """The record in the page's first row; -1 where there are none."""
        self._first = 0
        self._total = 0
        self._rows = 1

    @property
    def following(self) -> bool:
        return self.cursor is None

    @property
    def chosen(self) -> int:
        """The record under the cursor; -1 where there are none."""
        return self._total - 1 if self.cursor is None else self.cursor

    @property
    def page(self) -> range:
        """The records shown, as they lie in memory: oldest first."""
        return range(max(self.top - self._rows + 1, self._first), self.top + 1)

    def settle(self, first: int, total: int, rows: int) -> None:
        """Takes the new bounds; what is no longer kept gives way to the oldest that is."""
        self._first, self._total, self._rows = first, total, max(rows, 1)
        if self.cursor is not None and total > first:
            self.cursor = min(max(self.cursor, first), total - 1)
        self._clamp()

    def move(self, older: int) -> None:
        """Moves the cursor by so many records, towards older ones; the page follows where it must. At the newest one it
        lets go."""
        self._hold(self.chosen - older)

    def move_pages(self, older: int) -> None:
        self.move(older * max(self._rows - 1, 1))

    def scroll(self, older: int) -> None:
        """Moves the page and keeps the cursor in it, as a wheel does."""
        top = self.top - older
        if top >= self._total - 1 or self._total - self._first <= self._rows:
            self.to_newest()
            return
        self.top = max(top, self._first + self._rows - 1)
        self.cursor = min(max(self.chosen, self.top - self._rows + 1), self.top)
        self._clamp()

    def choose_row(self, row: int) -> None:
        """The record in this row of the page, if there is one."""
        if 0 <= row < len(self.page):
            index = self.top - row
            self.cursor = index

    def to_newest(self) -> None:
        self.cursor = None
        self._clamp()

    def to_oldest(self) -> None:
        self._hold(self._first)

    def _hold(self, index: int) -> None:
        if self._total <= self._first:  # there is nothing to hold on to, and to follow is no choice
            return
        self.cursor = None if index >= self._total - 1 else max(index, self._first)
        self._clamp()

    def _clamp(self) -> None:
        """The cursor within the page, the page within the records."""
        if self.cursor is None or self._total <= self._first:
            self.top = self._total - 1 if self._total > self._first else -1
            return
        top = min(max(self.top, self.cursor), self.cursor + self._rows - 1)
        self.top = min(max(top, self._first + self._rows - 1), self._total - 1)
