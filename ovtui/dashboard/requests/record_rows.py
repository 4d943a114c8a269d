"""The records behind a table's rows: where they are read from, and which of them the table shows.

A record is identified by its index over the whole session (`RequestHistory`), so that a row that is held shows the same
record while newer ones arrive. Row r of a page shows record `top - r`: the newest first. A page shows them in the order
of completion: one whose completion was seen late moves those of the same milliseconds by a row."""

from __future__ import annotations

from typing import Protocol

from ovtui.metrics.session.request_history import HISTORY_RECORDS, RequestHistory
from ovtui.records.completion_order import SEEN_WITHIN, ranked_by_completion
from ovtui.records.record import Records, empty_records


class RowSource(Protocol):
    """A RequestHistory, which the run overwrites, or a copy of one."""

    @property
    def first_kept(self) -> int: ...

    @property
    def total(self) -> int: ...

    def view(self, first: int, count: int) -> Records:
        """A copy of the records `first` to `first + count - 1`, without those that are no longer kept."""


class RecordsCopy:
    """A copy of all records of a history at one moment: 8 MiB and 3 ms of CPU for a full one."""

    def __init__(self, history: RequestHistory | None = None) -> None:
        self._records = history.tail(len(history)) if history is not None else empty_records()
        self.total = history.total if history is not None else 0

    @property
    def first_kept(self) -> int:
        return self.total - len(self._records)

    def view(self, first: int, count: int) -> Records:
        start = max(first - self.first_kept, 0)
        return self._records[start : max(first + count - self.first_kept, start)].copy()


def completed_rows(rows: RowSource, first: int, count: int) -> Records:
    """As RowSource.view, in the order of completion: `order` tells it, and Flag.OVERTAKEN what came back out of it.
    A page costs 0.4 ms."""
    first, end = max(first, rows.first_kept), min(first + count, rows.total)
    if end <= first:
        return empty_records()
    begin = max(first - SEEN_WITHIN, rows.first_kept)
    ranked = ranked_by_completion(rows.view(begin, end + SEEN_WITHIN - begin))
    page: Records = ranked[first - begin : end - begin]
    return page


def first_kept_after(history: RequestHistory, more: int) -> int:
    """The index of the oldest record that the history still keeps after `more` further records."""
    capacity = len(history) if history.first_kept else HISTORY_RECORDS
    return max(history.total + more - capacity, 0)


class TableCursor:
    """The cursor and the page of a table, which either follow the newest record or hold one record.

    `first` and `total` bound the records that are kept; `rows` fit on a page."""

    def __init__(self) -> None:
        self.held: int | None = None
        """The record that the cursor holds; None while it follows the newest."""
        self.top = -1
        """The record in the page's first row; -1 where there are no records."""
        self._first = 0
        self._total = 0
        self._rows = 1

    @property
    def following(self) -> bool:
        return self.held is None

    @property
    def index(self) -> int:
        """The record under the cursor; -1 where there are no records."""
        return self._total - 1 if self.held is None else self.held

    @property
    def page(self) -> range:
        """The records on the page in their order in memory: the oldest first."""
        return range(max(self.top - self._rows + 1, self._first), self.top + 1)

    def set_bounds(self, first: int, total: int, rows: int) -> None:
        """Takes over new bounds. A cursor on a record that is no longer kept moves to the oldest that is."""
        self._first, self._total, self._rows = first, total, max(rows, 1)
        if self.held is not None and total > first:
            self.held = min(max(self.held, first), total - 1)
        self._clamp()

    def move(self, older: int) -> None:
        """Moves the cursor by `older` records, to newer ones if negative; the page follows where necessary. At the
        newest record the cursor follows again."""
        self._hold(self.index - older)

    def move_pages(self, older: int) -> None:
        self.move(older * max(self._rows - 1, 1))

    def scroll(self, older: int) -> None:
        """Moves the page and keeps the cursor in it, as a mouse wheel does."""
        top = self.top - older
        if top >= self._total - 1 or self._total - self._first <= self._rows:
            self.to_newest()
            return
        self.top = max(top, self._first + self._rows - 1)
        self.held = min(max(self.index, self.top - self._rows + 1), self.top)
        self._clamp()

    def choose_row(self, row: int) -> None:
        """Holds the record in this row of the page, if there is one."""
        if 0 <= row < len(self.page):
            self.held = self.top - row

    def to_newest(self) -> None:
        self.held = None
        self._clamp()

    def to_oldest(self) -> None:
        self._hold(self._first)

    def _hold(self, index: int) -> None:
        if self._total <= self._first:  # no record to hold: the cursor stays as it is
            return
        self.held = None if index >= self._total - 1 else max(index, self._first)
        self._clamp()

    def _clamp(self) -> None:
        """Puts the cursor within the page, and the page within the records."""
        if self.held is None or self._total <= self._first:
            self.top = self._total - 1 if self._total > self._first else -1
            return
        top = min(max(self.top, self.held), self.held + self._rows - 1)
        self.top = min(max(top, self._first + self._rows - 1), self._total - 1)
