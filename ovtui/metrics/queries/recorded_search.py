"""The search of a recording for the requests that a question asks for: read once in chunks, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.metrics.queries.top_requests import RequestQuery, TopRequests
from ovtui.records.completion_order import CompletionOrder
from ovtui.records.record import Records, empty_records
from ovtui.records.session_file.reader import CHUNK_ROWS, SessionFileError, SessionReader

Mark = Callable[[Records], None]


class RecordedNeighbours:
    """What completed around a request, read from the file. Owner: one thread; the file is opened when it is asked."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._reader: SessionReader | None = None

    def around(self, place: int, reach: int) -> Records:
        """The records within `reach` of the one at this place, counted over all that the file has; none where they
        cannot be read."""
        first = max(place - reach, 0)
        try:
            if self._reader is None:
                self._reader = SessionReader(self._path)
            return self._reader.records(self._reader.first_row + first, place + reach + 1 - first)[0]
        except SessionFileError:
            return empty_records()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


class RecordedSearch:
    """`run` is called in a thread; the others may be read and called meanwhile.

    It looks at the first `count` records of the file, which are those that a replay has shown so far."""

    def __init__(self, path: str, count: int, query: RequestQuery, marks: tuple[Mark, ...] = ()) -> None:
        """`marks`: set and clear flags of a copy of records, as their readers see them."""
        self.top = TopRequests(query)
        """The answer. Owner: the thread, until `done`."""
        self.count = count
        self.problem = ""
        """Why the file could not be read to that record; empty where it could."""
        self.done = False
        self._path, self._marks = path, marks
        self._cancelled = False
        self._place = 0

    @property
    def share(self) -> float:
        """How much of it has been looked at, 0 to 1."""
        return min(self._place / max(self.count, 1), 1.0)

    def cancel(self) -> None:
        """The thread ends after the chunk that it reads, and `done` stays False."""
        self._cancelled = True

    def run(self) -> None:
        try:
            reader = SessionReader(self._path)
        except SessionFileError as error:
            self.problem, self.done = str(error), True
            return
        try:
            for _ in reader.events():  # which tell the segments: rows of others are left out, as a replay does
                pass
            self._read(reader)
        except SessionFileError as error:
            self.problem = str(error)
        finally:
            reader.close()
        self.done = not self._cancelled

    def _read(self, reader: SessionReader) -> None:
        order, row, left = CompletionOrder(), reader.first_row, self.count
        try:
            while left and not self._cancelled:
                records, row = reader.records(row, CHUNK_ROWS)
                if not len(records):
                    break
                records = records[:left]
                left -= len(records)
                self._look_at(order.add(records))
        finally:
            self._look_at(order.rest())

    def _look_at(self, records: Records) -> None:
        for mark in self._marks:
            mark(records)
        self.top.add(records, self._place)
        self._place += len(records)
