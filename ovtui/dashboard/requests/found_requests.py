"""The rows of a table that is sorted or filtered, and what its title says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovtui.metrics.queries.top_requests import RequestQuery, TopRequests
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
        return found_text(self.query, self.matched, self.coverage.text, len(self._records))


def found_text(query: RequestQuery, matched: int, of: str, kept: int) -> str:
    parts = [query.sorted_text, f"filter: {query.filter.text}" if query.filter is not None else ""]
    if query.filter is not None or not of.replace(",", "").isdigit():
        parts.append(f"{matched:,} of {of}" if query.filter is not None else of)
    if kept < matched:
        parts.append(f"the first {kept:,} are listed")
    return " · ".join(filter(None, parts))


def place_of(places: Ints, index: int) -> int | None:
    """The place in the session of row `index`; None where there is none."""
    return int(places[index]) if 0 <= index < len(places) else None
