"""Writer and reader of the ring: one writer (the engine's load thread), any number of readers, no locks."""

from __future__ import annotations

import mmap

import numpy as np

from ovtui.records.record import RECORD, Records
from ovtui.records.ring.ring_memory import (
    ALIVE_NS,
    DUE_LIMIT,
    HEAD,
    HEADER_BYTES,
    NO_LIMIT,
    RECORD_STRUCT,
    SCHEDULE_NS,
    SCHEDULE_SEGMENT,
    SHED,
    SUBMITTED,
    TAKEN_BEFORE,
    WAITING,
    RingByteReader,
)


class RingWriter:
    """Owner: the engine's load thread; `newest` is for any. RequestRecorder uses `buffer`, `mask`, `header` and `head`
    directly: a further call for each request costs 0.1 us."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, 0)
        self.buffer = memoryview(self._map)[HEADER_BYTES:]
        self.mask = len(self.buffer) // RECORD.itemsize - 1
        self.header = memoryview(self._map)[:HEADER_BYTES].cast("Q")
        self.head = int(self.header[HEAD])
        """Records written."""

    def write(self, *fields: float) -> None:
        """Appends a record, its fields in RECORD's order. The head moves last, so no reader sees a partial record."""
        head = self.head
        RECORD_STRUCT.pack_into(self.buffer, (head & self.mask) << 6, *fields)
        self.head = head + 1
        self.header[HEAD] = head + 1

    def newest(self, limit: int) -> Records:
        """A copy of the newest records, oldest first, at most `limit` of them, which is to be well below the ring's
        capacity. Callable from any thread: costs the writer nothing, 60 us for 4,096 records."""
        head = self.head
        slots = np.arange(max(head - limit, 0), head) & self.mask
        found: Records = np.frombuffer(self.buffer, RECORD)[slots]
        return found

    def publish_submitted(self, count: int) -> None:
        """Publishes the number of requests that this engine has submitted."""
        self.header[SUBMITTED] = count

    def publish_shed(self, count: int) -> None:
        """Publishes the number of requests that were due and will not be sent."""
        self.header[SHED] = count

    def publish_waiting(self, count: int) -> None:
        """Publishes the number of requests that are due and wait to be sent. The host counts them if it dies."""
        self.header[WAITING] = count

    def publish_schedule(self, began_ns: int | None, segment: int) -> None:
        """A schedule begins with a segment, or none is in force (None): what comes due from now on is counted by it if
        the engine dies. `began_ns` is session time."""
        self.header[SCHEDULE_NS] = 0  # with it, nobody counts by half of the new one
        self.header[SCHEDULE_SEGMENT] = segment
        self.header[TAKEN_BEFORE] = self.header[SUBMITTED] + self.header[SHED]
        self.header[SCHEDULE_NS] = 0 if began_ns is None else max(began_ns, 1)

    def publish_due_limit(self, left: int | None) -> None:
        """How many more requests may come due; None without a limit."""
        header = self.header
        header[DUE_LIMIT] = NO_LIMIT if left is None else header[SUBMITTED] + header[SHED] + left

    def publish_alive(self, now_ns: int) -> None:
        """The load thread lives: called once in a while, not for each request."""
        self.header[ALIVE_NS] = now_ns


class RingReader(RingByteReader):
    """A RingByteReader that returns arrays."""

    def read(self, limit: int | None = None) -> Records:
        """The records written since the last call, oldest first, at most `limit` of them."""
        return np.frombuffer(self.read_bytes(limit), RECORD)
