"""What a rate needs to know of the requests of one group: how many came back, and the completion times at either end of
it, which decide what lies within a span whose ends become known later."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ovtui.records.arrays import Ints
from ovtui.records.record import Flag, Records


class Completions:
    """Failed requests are part of it: they take their time, and count for nothing. Memory does not grow with the number
    of requests, and nothing depends on the order in which they are added. Owner: Throughputs."""

    __slots__ = ("_first", "_kept", "_last", "first_due_ns", "good", "largest_batch", "last_done_ns", "last_due_ns",
                 "last_submit_ns", "requests")  # fmt: skip

    def __init__(self, kept: int) -> None:
        """`kept`: how many completion times are kept at either end."""
        self._kept = max(kept, 1)
        # Completion time * 2, + 1 for a request that succeeded: one sorted array for both.
        self._first = np.empty(0, np.int64)
        self._last = np.empty(0, np.int64)
        self.requests = 0
        """Requests that came back, failed ones included."""
        self.good = 0
        """Those of them that succeeded."""
        self.largest_batch = 1
        self.first_due_ns = self.last_due_ns = self.last_submit_ns = self.last_done_ns = 0
        """Of all requests; 0 while there are none."""

    @classmethod
    def of_all(cls, parts: Iterable[Completions]) -> Completions:
        parts = [part for part in parts if part.requests]
        whole = cls(max((part._kept for part in parts), default=1))
        for part in parts:
            whole._count(
                part.requests, part.good, part.largest_batch,
                (part.first_due_ns, part.last_due_ns, part.last_submit_ns, part.last_done_ns),
            )  # fmt: skip
            whole._keep(part._first, part._last)
        return whole

    def add(self, rows: Records) -> None:
        """Counts [n] records, n > 0. 12,500 of them take 0.1 ms."""
        flags, done_ns = rows["flags"], rows["done_ns"]
        good = (flags & Flag.ERROR == 0).astype(np.int64)
        times = (
            int(rows["due_ns"].min()), int(rows["due_ns"].max()), int(rows["submit_ns"].max()), int(done_ns.max())
        )  # fmt: skip
        self._count(len(rows), int(good.sum()), int(rows["batch_size"].max()), times)
        coded = done_ns * 2 + good
        # What lies beyond as many of a part as are kept cannot be among the first or last of all.
        tail = np.sort(coded[-self._kept :])
        head = np.sort(coded[: self._kept])
        first = coded[coded <= head[-1]] if self._takes_first(int(coded.min())) else coded[:0]
        self._keep(first, coded[coded >= tail[0]])

    def good_after(self, t_ns: int) -> int:
        """Requests that succeeded and completed after `t_ns`. Exact up to as many as are kept."""
        return int(np.count_nonzero(self._last[self._last > 2 * t_ns + 1] & 1))

    def after_first(self, count: int) -> tuple[int, int]:
        """When the request of rank `count` by completion time came back, and how many of those that succeeded came back
        later. `count`: at most as many as are kept."""
        t_ns = int(self._first[count - 1]) // 2
        return t_ns, self.good - int(np.count_nonzero(self._first[self._first <= 2 * t_ns + 1] & 1))

    def _takes_first(self, least: int) -> bool:
        return len(self._first) < self._kept or least < int(self._first[-1])

    def _count(self, requests: int, good: int, largest_batch: int, times: tuple[int, int, int, int]) -> None:
        first_due, last_due, last_submit, last_done = times
        self.first_due_ns = min(self.first_due_ns, first_due) if self.requests else first_due
        if self.requests:
            last_due, last_submit = max(last_due, self.last_due_ns), max(last_submit, self.last_submit_ns)
            last_done = max(last_done, self.last_done_ns)
        self.last_due_ns, self.last_submit_ns, self.last_done_ns = last_due, last_submit, last_done
        self.requests += requests
        self.good += good
        self.largest_batch = max(self.largest_batch, largest_batch)

    def _keep(self, first: Ints, last: Ints) -> None:
        if len(first):
            self._first = np.sort(np.concatenate((self._first, first)))[: self._kept]
        self._last = np.sort(np.concatenate((self._last, last)))[-self._kept :]
