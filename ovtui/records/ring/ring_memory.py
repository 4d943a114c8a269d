"""The memory of a ring, and a reader that returns bytes. No numpy: the host does not import it.

The memory is a memfd. It has no name in /dev/shm, so nothing remains when processes die, and only processes that were
passed the descriptor can access it. Its size is sealed, so that a reader cannot get a SIGBUS."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct

import msgspec

from ovtui.records.engine_counts import EngineCounts

CAPACITY = 1 << 18
"""Records in a ring: 5 s at 50,000/s. It takes 16 MiB, of which only the written part is resident."""
RECORD_BYTES = 64
HEADER_BYTES = 4096
HEAD, SUBMITTED, SHED, WAITING, SCHEDULE_NS, TAKEN_BEFORE, SCHEDULE_SEGMENT, DUE_LIMIT, ALIVE_NS = range(9)
"""Indices of the header's 8-byte counters, see EngineCounts: records written, requests submitted, requests shed (due
and never sent), requests that are due and wait; when the schedule began (0: none), what was submitted and shed before
it, its segment; how many may come due in all; when the load thread was last seen alive."""
NO_LIMIT = 1 << 62

RECORD_STRUCT = struct.Struct("<QQqqqfIHHHHBBef")
"""record.RECORD for writing or reading single records: 0.5 us, against 5 us for assigning to a numpy row."""
TIMES_STRUCT, REST_STRUCT = struct.Struct("<QQqqqf20s"), struct.Struct("<IHHHHBBef")
"""RECORD_STRUCT in two steps: REST_STRUCT packs the fields from `batch_id` on into 20 bytes, which TIMES_STRUCT writes
behind the others. The rest is the same for many requests; packed once, a record takes 7 arguments and not 15."""


def create_memory(capacity: int = CAPACITY) -> int:
    """The descriptor of a sealed memfd for a ring of `capacity` records, a power of two. Raises OSError."""
    if capacity & (capacity - 1):
        raise ValueError("the capacity of a ring must be a power of two")
    fd = os.memfd_create("ovtui-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.fchmod(fd, 0o600)
    os.ftruncate(fd, HEADER_BYTES + capacity * RECORD_BYTES)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return fd


def reopen_read_only(fd: int) -> int:
    """A read-only descriptor of the same memory; the caller closes it. Raises OSError."""
    return os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)


class RingCounters:
    """The counters in the header of a ring."""

    def __init__(self, fd: int) -> None:
        """`fd` stays open and remains the caller's."""
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

    def counts(self, t_ns: int) -> EngineCounts:
        """All of them, at `t_ns`."""
        header = self._header
        completed = header[HEAD]  # first: what comes back meanwhile was in flight
        scheduled = header[SCHEDULE_NS]
        return EngineCounts(
            t_ns=t_ns,
            submitted=header[SUBMITTED],
            completed=completed,
            shed=header[SHED],
            waiting=header[WAITING],
            schedule_ns=scheduled or None,
            taken_before=header[TAKEN_BEFORE],
            schedule_segment=header[SCHEDULE_SEGMENT],
            due_limit=header[DUE_LIMIT] if 0 < header[DUE_LIMIT] < NO_LIMIT else None,
            alive_ns=header[ALIVE_NS],
        )


class RingByteReader(RingCounters):
    """A reader with its own position in a ring; readers are independent. Owner: its creator."""

    def __init__(self, fd: int, first: int = 0) -> None:
        """Reads from record `first` on. Takes ownership of `fd` and closes it."""
        super().__init__(fd)
        self._slots = memoryview(mmap.mmap(fd, 0, prot=mmap.PROT_READ))[HEADER_BYTES:]
        os.close(fd)
        self._capacity = len(self._slots) // RECORD_BYTES
        self.position = first
        """Number of the next record to read, counted from the ring's first."""
        self.lost = 0
        """Records that were overwritten before this reader read them."""
        self.submitted_as_read = first
        """Requests submitted at the time of the last record read. It exceeds `position` by no more than the requests in
        flight at one moment, while the header's count goes on during a copy, by up to 60,000 a second."""

    def read_bytes(self, limit: int | None = None) -> bytearray:
        """Copies the records written since the last call, oldest first, at most `limit` of them.

        Records that the writer has overwritten, also during the copy, are dropped and counted in `lost`."""
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
        # One more, because the writer may be inside the slot after its head.
        torn = min(max(self.written + 1 - capacity - first, 0), last - first)
        self.lost += first - self.position + torn
        self.position = last
        del copy[: torn * RECORD_BYTES]
        return copy

    def counts_as_read(self, t_ns: int) -> EngineCounts:
        """As `counts`, with what was submitted when the last record that was read was written."""
        return msgspec.structs.replace(self.counts(t_ns), submitted=self.submitted_as_read, completed=self.position)

    def _consistent_counts(self) -> tuple[int, int]:
        """Records written and requests in flight at the same moment. The writer counts a completion before the
        submission that follows it, so two equal readings of the head have no completion between them."""
        while True:
            head = self._header[HEAD]
            submitted = self._header[SUBMITTED]
            if head == self._header[HEAD]:
                return head, submitted - head
