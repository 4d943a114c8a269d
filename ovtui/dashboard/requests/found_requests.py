"""The rows of a table that is sorted or filtered, and what its title says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovtui.metrics.queries.top_requests import TopRequests
from ovtui.records.arrays import Ints
from ovtui.records.record import Records


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which requests an answer is about."""

    seen: int
    """Requests looked at."""
    total: int
    """Requests that have come back so far."""
    newest_only: bool = False
    """The older ones are no longer kept; else those that were not looked at are the newest."""

    @property
    def text(self) -> str:
        if self.seen >= self.total:
            return f"{self.total:,}"
        which = "newest" if self.newest_only else "first"
        return f"the {which} {self.seen:,} of {self.total:,}"


class FoundRequests:
    """A RowSource that does not change: the first of the list has the highest index, as the newest request has."""

    first_kept = 0

    def __init__(self, top: TopRequests, coverage: Coverage, settle: Callable[[Records], None]) -> None:
        """`settle`: changes in place what is known better by now of records that are handed out."""
        self._records, self.places = top.best()
        """The places of the rows in the session."""
        self.query, self.matched, self.coverage = top.query, top.matched, coverage
        self._settle = settle

    @property
    def total(self) -> int:
        return len(self._records)

    def view(self, first: int, count: int) -> Records:
        start = max(first, 0)
        rows: Records = self._records[start : max(first + count, start)].copy()
        self._settle(rows)
        return rows

    @property
    def text(self) -> str:
        """'sorted by response, the longest first · filter: late timer · 1,204 of 55,310'."""
        parts = [self.query.sorted_text]
        if self.query.filter is not None:
            parts.append(f"filter: {self.query.filter.text}")
        parts.append(self._count)
        if self.total < self.matched:
            parts.append(f"the first {self.total:,} are listed")
        return " · ".join(filter(None, parts))

    @property
    def short_text(self) -> str:
        """'1,204 of 55,310 · late timer · by response': where `text` has no room."""
        column = f"by {self.query.column}" if self.query.column else ""
        return " · ".join(filter(None, [self._count, self.query.filter.text if self.query.filter else "", column]))

    @property
    def _count(self) -> str:
        """Empty where all requests are shown."""
        if self.query.filter is not None:
            return f"{self.matched:,} of {self.coverage.text}"
        return self.coverage.text if self.coverage.seen < self.coverage.total else ""


def place_of(places: Ints, index: int) -> int | None:
    """The place in the session of row `index`; None where there is none."""
    return int(places[index]) if 0 <= index < len(places) else None
