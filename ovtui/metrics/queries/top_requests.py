"""A question to the requests of a session, sorted and filtered, answered from a stream of them.

Only the first of the sorted list are kept, so that memory does not grow with the stream; all that match are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovtui.metrics.queries.request_filter import RequestFilter
from ovtui.metrics.queries.request_order import SORT_COLUMNS
from ovtui.records.arrays import Floats, Ints
from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.record import RECORD, Records, empty_records

LISTED = 1 << 15
"""Requests that are listed: 2 MiB; to sort them takes 4 ms, twice a second while new ones come."""
_RAW = np.dtype((np.void, RECORD.itemsize))


@dataclass(frozen=True, slots=True)
class RequestQuery:
    filter: RequestFilter | None = None
    column: str = ""
    """The column sorted by, of SORT_COLUMNS; empty for the order of completion."""
    least_first: bool = False
    shapes: DataShapes = NO_DATA_SHAPES
    """The session's."""

    @property
    def sorted_text(self) -> str:
        """'sorted by response, the longest first'; empty in the order of completion."""
        if not self.column:
            return ""
        column = SORT_COLUMNS[self.column]
        return f"sorted by {self.column}, {column.least if self.least_first else column.greatest}"

    def keys(self, records: Records, places: Ints) -> Floats:
        """[n] of [n] records: the greatest comes first, and what is unknown last."""
        if not self.column:
            return places.astype(np.float64)
        values = SORT_COLUMNS[self.column].values(records, self.shapes)
        return np.where(np.isnan(values), -np.inf, -values if self.least_first else values)


class TopRequests:
    """The `most` first of the answer. Of equal ones the newer comes first. Owner: one thread at a time."""

    def __init__(self, query: RequestQuery, most: int = LISTED) -> None:
        self.query, self._most = query, most
        self.seen = 0
        """Records looked at."""
        self.matched = 0
        self._records = np.zeros(0, _RAW)
        self._keys = np.zeros(0)
        self._places = np.zeros(0, np.int64)
        self._new: list[tuple[Records, Floats, Ints]] = []
        self._new_count = 0
        self._least_kept: float | None = None
        """What comes after it is in no place any more; None while there is room."""

    def add(self, records: Records, first_place: int) -> bool:
        """Adds [n] records, which stand at `first_place` and after it in the session. True where the answer may have
        changed."""
        self.seen += len(records)
        places = np.arange(first_place, first_place + len(records))
        if self.query.filter is not None:
            rows = np.flatnonzero(self.query.filter.mask(records, self.query.shapes))
            self.matched += len(rows)
            if not len(rows):
                return False
            records, places = _taken(records, rows), places[rows]
        else:
            self.matched += len(records)
        keys = self.query.keys(records, places)
        if self._least_kept is not None:
            rows = np.flatnonzero(keys >= self._least_kept)
            records, keys, places = (
                _taken(records, rows),
                keys[rows],
                places[rows],
            )
        if not len(records):
            return False
        self._new.append((records, keys, places))
        self._new_count += len(records)
        if self._new_count >= self._most:
            self._keep()
        return True

    def best(self) -> tuple[Records, Ints]:
        """([k], [k]): the kept records and their places in the session, the first of the list *last*, as a table counts
        its rows."""
        self._keep()
        order = np.lexsort((self._places, self._keys))
        records = self._records[order].view(RECORD) if len(order) else empty_records()
        return records, self._places[order]

    def _keep(self) -> None:
        """Joins what is new, in the order of the session, and drops what has no place."""
        if self._new:
            raws = [np.ascontiguousarray(records).view(_RAW) for records, _, _ in self._new]
            self._records = np.concatenate([self._records, *raws])
            self._keys = np.concatenate([self._keys, *(keys for _, keys, _ in self._new)])
            self._places = np.concatenate([self._places, *(places for _, _, places in self._new)])
            self._new, self._new_count = [], 0
        over = len(self._keys) - self._most
        if over < 0:
            return
        least = float(np.partition(self._keys, over)[over])
        self._least_kept = least
        kept = self._keys > least
        equal = np.flatnonzero(self._keys == least)
        kept[equal[len(equal) - (self._most - int(kept.sum())) :]] = True
        self._records, self._keys, self._places = self._records[kept], self._keys[kept], self._places[kept]


def _taken(records: Records, rows: Ints) -> Records:
    """Some of the records. As plain bytes, because numpy copies RECORD field by field."""
    taken: Records = np.ascontiguousarray(records).view(_RAW)[rows].view(RECORD)
    return taken
