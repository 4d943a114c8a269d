"""The shared-memory ring of records: one writer (the engine's load thread), any number of readers, no locks.

The memory is a memfd: it has no name in /dev/shm, so nothing is left behind whoever dies, and only processes that
were handed the descriptor can see it. Its size is sealed, so no reader can be hit by a SIGBUS."""

from __future__ import annotations

import fcntl
import mmap
import os

import numpy as np

from ovtui.records.layout import PACKER, RECORD, Records

CAPACITY = 1 << 18
"""Records a ring holds: 5 s at 50,000/s, 16 MiB, of which only what was written is resident."""
_HEADER_BYTES = 4096
_HEAD, _SUBMITTED, _BEAT_NS, _LATE_NS = range(4)


def create_memory(capacity: int = CAPACITY) -> int:
    """A sealed memfd for a ring of `capacity` records (a power of two); returns the descriptor. Raises OSError."""
    if capacity & (capacity - 1):
        raise ValueError("a ring's capacity is a power of two")
    fd = os.memfd_create("ovtui-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, _HEADER_BYTES + capacity * RECORD.itemsize)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return fd


class RingWriter:
    """Owner: the engine's load thread. `buffer`, `mask` and `header` are used directly on the hot path."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, 0)
        self.buffer = memoryview(self._map)[_HEADER_BYTES:]
        self.mask = len(self.buffer) // RECORD.itemsize - 1
        self._header = memoryview(self._map)[:_HEADER_BYTES].cast("Q")
        self._head = int(self._header[_HEAD])

    def write(self, *fields: float) -> None:
        """Appends one record, fields in RECORD's order; the head moves last, so no reader takes a half-written one."""
        head = self._head
        PACKER.pack_into(self.buffer, (head & self.mask) << 6, *fields)
        self._head = head + 1
        self._header[_HEAD] = head + 1

    def submitted(self, count: int) -> None:
        """Publishes how many requests this engine has submitted."""
        self._header[_SUBMITTED] = count


class RingReader:
    """One reader's place in a ring. Owner: whoever made it; readers do not know of each other."""

    def __init__(self, fd: int) -> None:
        self._map = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
        os.close(fd)
        self._header = np.frombuffer(self._map, "<u8", count=8)
        self._slots = np.frombuffer(self._map, RECORD, offset=_HEADER_BYTES)
        self._next = 0
        self.lost = 0
        """Records that were overwritten before this reader came for them."""

    @property
    def submitted(self) -> int:
        return int(self._header[_SUBMITTED])

    @property
    def written(self) -> int:
        return int(self._header[_HEAD])

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
        if low < high:
            copy = self._slots[low:high].copy()
        else:
            copy = np.concatenate((self._slots[low:], self._slots[:high]))
        # The writer may be inside the slot after its head, hence the one more.
        torn = min(max(self.written + 1 - capacity - first, 0), len(copy))
        self.lost += first - self._next + torn
        self._next = last
        return copy[torn:]
