"""Puts the requests of batches that completed together into their batches: under AUTO, MULTI and HETERO."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise

MAX_HOLD_NS = 40_000_000
"""No record waits longer than that for the rest of its burst."""
_QUIET_RUNS, _MAX_QUIET_NS = 0.25, 2_000_000
"""A burst is over when nothing completed for this part of the shortest run, at most so long."""

Record = Callable[[int, bool], None]
"""Writes a request's record. The first argument tells its batch from others that are open (`thread` of
RequestRecorder), the second whether the batch was held."""
Judge = Callable[[int, int], bool]
"""HeldBatches.judge."""


class _Member:
    __slots__ = ("batch", "decided", "done_ns", "held", "record", "seq", "submit_ns")

    def __init__(self, record: Record, seq: int, thread: int, submit_ns: int, done_ns: int, decided: bool) -> None:
        self.record = record
        self.seq = seq
        self.batch = thread
        self.held = False
        self.submit_ns = submit_ns
        self.done_ns = done_ns
        self.decided = decided


class BatchBursts:
    """Holds the records of requests whose batch size is known until it is clear which of them shared a batch. Owner:
    the load thread.

    AUTO calls back on one thread, into which batches that end at the same time put their completions: the first members
    of one, all of the next, the rest of the first. Cut into runs of B, as they come, such batches would be mixed (up to
    352 of 7,000 requests on the simulated GPU). The members of one batch complete in the order of their submission,
    though, which tells where one is interrupted."""

    def __init__(self, judge: Judge | None = None) -> None:
        """`judge`: tells whether a batch was held; asked of the batches that are put together here, not of those that
        are cut as they come."""
        self._judge = judge
        self._run_ns = 1 << 62
        self._held: deque[_Member] = deque()
        self._bursts: dict[int, list[_Member]] = {}
        """By thread: the members of batches since it was last quiet."""
        self._size = 0
        self._begun: dict[int, int] = {}
        """By thread: members of the batch that is cut as they come and not whole yet."""
        self._last_batch = 0

    def hold(self, record: Record, seq: int, size: int, thread: int, submit_ns: int, done_ns: int) -> None:
        """Takes over a completed request, in the order of callbacks. Times are session times."""
        self._run_ns = min(self._run_ns, max(done_ns - submit_ns, 1))
        member = _Member(record, seq, thread, submit_ns, done_ns, decided=size <= 1)
        self._held.append(member)
        if size > 1:
            burst = self._bursts.setdefault(thread, [])
            if burst and (done_ns - burst[-1].done_ns > self._quiet_ns or size != self._size):
                self._close(thread)
            self._size = size
            self._bursts[thread].append(member)

    def released(self, now_ns: int) -> Iterator[tuple[Record, int, bool]]:
        """The records that are decided by now (session time), in the order of completion, each with its arguments."""
        for thread, burst in self._bursts.items():
            if burst and (now_ns - burst[-1].done_ns > self._quiet_ns or now_ns - burst[0].done_ns > MAX_HOLD_NS):
                self._close(thread)
        held = self._held
        while held and held[0].decided:
            first = held.popleft()
            yield first.record, first.batch, first.held

    @property
    def next_ns(self) -> int | None:
        """When to ask for released records again, session time; None where none is held."""
        return self._held[-1].done_ns + self._quiet_ns + 1 if self._held else None

    @property
    def _quiet_ns(self) -> int:
        return int(min(_QUIET_RUNS * self._run_ns, _MAX_QUIET_NS))

    def _close(self, thread: int) -> None:
        burst, self._bursts[thread] = self._bursts[thread], []
        size, begun = self._size, self._begun.get(thread, 0)
        for member in burst:
            member.decided = True
        if begun or len(burst) % size:
            self._begun[thread] = (begun + len(burst)) % size
            return
        start = 0
        while start < len(burst):
            groups = _first_batches(burst[start:], size)
            for group in groups:
                self._name(group)
            start += size * len(groups)

    def _name(self, members: list[_Member]) -> None:
        self._last_batch -= 1  # below the ids of threads
        held = False
        if self._judge is not None:
            held = self._judge(max(member.submit_ns for member in members), members[0].done_ns)
        for member in members:
            member.batch = self._last_batch
            member.held = held


def _first_batches(burst: list[_Member], size: int) -> list[list[_Member]]:
    """The first batch of a burst, or the first two where they are mixed."""
    first, second = burst[:size], burst[size : 2 * size]
    # Two requests that were submitted at nearly the same time may swap.
    if _ascending(first, swap=1) and _ascending(second, swap=1):
        return [first]
    for before in range(1, size):
        outer, inner = burst[:before] + burst[before + size : 2 * size], burst[before : before + size]
        if len(outer) == size and _ascending(outer) and _ascending(inner):
            return [outer, inner]
    return [first]


def _ascending(members: list[_Member], *, swap: int = 0) -> bool:
    return all(one.seq < next_one.seq + swap + 1 for one, next_one in pairwise(members))
