"""How many requests of a group succeeded until when, in bins of time that grow with the time they cover, so that memory
does not grow with the number of requests."""

from __future__ import annotations

import numpy as np

from ovtui.records.arrays import Ints

BINS = 2_048
FIRST_WIDTH_NS = 50_000_000
"""Of a bin, until 100 s are covered; then twice that, and so on: a thousandth of the time that is covered."""


class DoneTimes:
    """Nothing depends on the order in which requests are added. Owner: metrics.groups.throughputs."""

    __slots__ = ("_bins", "_first", "_first_ns", "_last_ns", "_width_ns")

    def __init__(self) -> None:
        self._width_ns = FIRST_WIDTH_NS
        self._first = 0
        """Number of the first bin, from time 0."""
        self._bins: Ints = np.zeros(0, np.int64)
        self._first_ns = self._last_ns = 0
        """The first and the last completion, so that a group is whole in a span that holds it."""

    def add(self, done_ns: Ints) -> None:
        """[n] times of completion on the session clock."""
        if not len(done_ns):
            return
        low_ns, high_ns = int(done_ns.min()), int(done_ns.max())
        self._first_ns = min(low_ns, self._first_ns) if len(self._bins) else low_ns
        self._last_ns = max(high_ns, self._last_ns) if len(self._bins) else high_ns
        if len(self._bins):
            low_ns = min(low_ns, self._first * self._width_ns)
            high_ns = max(high_ns, (self._first + len(self._bins)) * self._width_ns - 1)
        while high_ns // self._width_ns - low_ns // self._width_ns >= BINS:
            self._widen()
        first, last = low_ns // self._width_ns, high_ns // self._width_ns
        grown = np.bincount(done_ns // self._width_ns - first, minlength=last - first + 1)
        if len(self._bins):
            at = self._first - first
            grown[at : at + len(self._bins)] += self._bins
        self._first, self._bins = first, grown

    def between(self, since_ns: int, until_ns: int) -> float:
        """Completions after the first moment, up to the second; within a bin they are taken as evenly spread."""
        return max(self._until(until_ns) - self._until(since_ns), 0.0)

    def _until(self, t_ns: int) -> float:
        if t_ns >= self._last_ns:
            return float(self._bins.sum())
        if t_ns < self._first_ns:
            return 0.0
        place, within_ns = divmod(t_ns, self._width_ns)
        whole = min(max(place - self._first, 0), len(self._bins))
        part = self._bins[whole] * within_ns / self._width_ns if 0 <= place - self._first < len(self._bins) else 0.0
        return float(self._bins[:whole].sum() + part)

    def _widen(self) -> None:
        if self._first % 2:
            self._bins = np.concatenate((np.zeros(1, np.int64), self._bins))
        if len(self._bins) % 2:
            self._bins = np.concatenate((self._bins, np.zeros(1, np.int64)))
        self._bins, self._first = self._bins.reshape(-1, 2).sum(axis=1), self._first // 2
        self._width_ns *= 2
