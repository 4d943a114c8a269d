"""The memory of a ring and its reading as bytes, without numpy, which the host does without.

The memory is a memfd: it has no name in /dev/shm, so nothing is left behind whoever dies, and only processes that
were handed the descriptor can see it. Its size is sealed, so no reader can be hit by a SIGBUS."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct

CAPACITY = 1 << 18
"""Records a ring holds: 5 s at 50,000/s, 16 MiB, of which only what was written is resident."""
RECORD_BYTES = 64
HEADER_BYTES = 4096
HEAD, SUBMITTED, SHED, WAITING = 0, 1, 2, 3
"""Places in the header, 8 bytes each: records written, requests submitted, requests shed (due and never sent), requests
that are due and wait."""

RECORD_STRUCT = struct.Struct("<QQqqqfIHHHHB3xf")
"""layout.RECORD for those who write or read one at a time: 0.5 us, against 5 us for assigning to a numpy row."""


def create_memory(capacity: int = CAPACITY) -> int:
    """A sealed memfd for a ring of `capacity` records (a power of two); returns the descriptor. Raises OSError."""
    if capacity & (capacity - 1):
        raise ValueError("a ring's capacity is a power of two")
    fd = os.memfd_create("ovtui-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.fchmod(fd, 0o600)
    os.ftruncate(fd, HEADER_BYTES + capacity * RECORD_BYTES)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return fd


def reopen_read_only(fd: int) -> int:
    """A descriptor of the same memory that cannot be written through; the caller closes it. Raises OSError."""
    return os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)


class RingByteReader:
    """One reader's place in a ring. Owner: whoever made it; readers do not know of each other."""

    def __init__(self, fd: int, first: int = 0) -> None:
        """Reads from record `first` of this ring on. Takes `fd` over."""
        self._map = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
        os.close(fd)
        memory = memoryview(self._map)
        self._header = memory[:HEADER_BYTES].cast("Q")
        self._slots = memory[HEADER_BYTES:]
        self._capacity = len(self._slots) // RECORD_BYTES
        self.position = first
        """The next record to read, counted from the ring's first."""
        self.lost = 0
        """Records that were overwritten before this reader came for them."""
        self.submitted_as_read = first
        """Requests submitted by the time of the last record read. Never more ahead of what was read than requests were
        in flight at one moment: the header's own count goes on while records are copied, 60,000 a second."""

    @property
    def submitted(self) -> int:
        return self._header[SUBMITTED]

    @property
    def shed(self) -> int:
        return self._header[SHED]

    @property
    def written(self) -> int:
        return self._header[HEAD]

    def read_bytes(self, limit: int | None = None) -> bytearray:
        """Copies the records written since the last call, oldest first, at most `limit` of them.

        What the writer has lapped, also during the copy, is dropped and counted in `lost`."""
        capacity = self._capacity
        head, in_flight = self._consistent_counts()
        first = max(self.position, head - capacity)
        last = head if limit is None else min(head, first + limit)
        self.submitted_as_read = max(last, self.position) + in_flight
        if last <= first:
            return bytearray()
        low, high = first % capacity * RECORD_BYTES, ((last - 1) % capacity + 1) * RECORD_BYTES
        copy = bytearray(self._slots[low:high] if low < high else self._slots[low:])
        if low >= high:
            copy += self._slots[:high]
        # The writer may be inside the slot after its head, hence the one more.
        torn = min(max(self.written + 1 - capacity - first, 0), last - first)
        self.lost += first - self.position + torn
        self.position = last
        del copy[: torn * RECORD_BYTES]
        return copy

    def _consistent_counts(self) -> tuple[int, int]:
        """Records written and requests in flight at one moment: the writer counts a completion before the submission
        that follows it, so no other one lies between two equal readings of the head."""
        while True:
            head = self._header[HEAD]
            submitted = self._header[SUBMITTED]
            if head == self._header[HEAD]:
                return head, submitted - head


class RingCounters:
    """The header of a ring, for whoever does not read the records."""

    def __init__(self, fd: int) -> None:
        """Keeps `fd` open for its owner."""
        self._header = memoryview(mmap.mmap(fd, HEADER_BYTES, prot=mmap.PROT_READ)).cast("Q")

    @property
    def written(self) -> int:
        return self._header[HEAD]

    @property
    def submitted(self) -> int:
        return self._header[SUBMITTED]

    @property
    def shed(self) -> int:
        return self._header[SHED]

    @property
    def waiting(self) -> int:
        return self._header[WAITING]
