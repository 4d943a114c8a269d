"""The shared-memory ring of records: one writer (the engine's load thread), any number of readers, no locks."""

from __future__ import annotations

import mmap
import os

import numpy as np

from ovtui.records.layout import PACKER, RECORD, Records, join
from ovtui.records.memory import HEAD, HEADER_BYTES, SUBMITTED


class RingWriter:
    """Owner: the engine's load thread. `buffer`, `mask` and `header` are used directly on the hot path."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, 0)
        self.buffer = memoryview(self._map)[HEADER_BYTES:]
        self.mask = len(self.buffer) // RECORD.itemsize - 1
        self._header = memoryview(self._map)[:HEADER_BYTES].cast("Q")
        self._head = int(self._header[HEAD])

    def write(self, *fields: float) -> None:
        """Appends one record, fields in RECORD's order; the head moves last, so no reader takes a half-written one."""
        head = self._head
        PACKER.pack_into(self.buffer, (head & self.mask) << 6, *fields)
        self._head = head + 1
        self._header[HEAD] = head + 1

    def submitted(self, count: int) -> None:
        """Publishes how many requests this engine has submitted."""
        self._header[SUBMITTED] = count


class RingReader:
    """One reader's place in a ring. Owner: whoever made it; readers do not know of each other."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
        os.close(fd)
        self._header = np.frombuffer(self._map, "<u8", count=8)
        self._slots = np.frombuffer(self._map, RECORD, offset=HEADER_BYTES)
        self._next = 0
        self.lost = 0
        """Records that were overwritten before this reader came for them."""

    @property
    def submitted(self) -> int:
        return int(self._header[SUBMITTED])

    @property
    def written(self) -> int:
        return int(self._header[HEAD])

    def read(self, limit: int | None = None) -> Records:
        """Copies the records written since the last call, oldest first, at most `limit` of them.

        What the writer has lapped, also during the copy, is dropped and counted in `lost`."""
        capacity = len(self._slots)
        head = self.written
        first = max(self._next, head - capacity)
        last = head if limit is None else min(head, first + limit)
        if last <= first:
            return self._slots[:0].copy()
        low, high = first % capacity, (last - 1) % capacity + 1
        parts = [self._slots[low:high]] if low < high else [self._slots[low:], self._slots[:high]]
        copy = join(parts)
        # The writer may be inside the slot after its head, hence the one more.
        torn = min(max(self.written + 1 - capacity - first, 0), len(copy))
        self.lost += first - self._next + torn
        self._next = last
        return copy[torn:]
