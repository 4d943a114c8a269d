"""The machine's readings over the last hour, on the time axis of the latency plot.

A reading is the mean since the reading before it, so it stands for that time: a column's value is the mean over the
time in it that readings stand for. Edges on the same times give the same columns, whenever they are asked for."""

from __future__ import annotations

import numpy as np

from ovtui.records.arrays import Floats, Ints
from ovtui.records.machine_readings import MachineReading, reading_began_ns

READINGS_KEPT = 4_000
"""The newest: more than the hour that the latency plot goes back (metrics.latency.time_bins)."""


class MachineHistory:
    """Owner: the Digest. Takes a bounded amount of memory: 64 KB for each reading that the machine offers."""

    def __init__(self) -> None:
        self._count = 0
        self._began_ns = np.zeros(2 * READINGS_KEPT, np.int64)
        self._ended_ns = np.zeros(2 * READINGS_KEPT, np.int64)
        """Of the time that a reading stands for."""
        self._values: dict[str, Floats] = {}
        """By name; NaN where a reading lacks it."""

    def add(self, reading: MachineReading) -> None:
        """Readings come in order of time; one that does not is left out."""
        before_ns = int(self._ended_ns[self._count - 1]) if self._count else None
        if before_ns is not None and reading.t_ns <= before_ns:
            return
        if self._count == 2 * READINGS_KEPT:
            self._forget_old()
        self._began_ns[self._count] = reading_began_ns(before_ns, reading.t_ns)
        self._ended_ns[self._count] = reading.t_ns
        for name, value in reading.values().items():
            if name not in self._values:
                self._values[name] = np.full(2 * READINGS_KEPT, np.nan)
            self._values[name][self._count] = value
        self._count += 1

    def columns(self, name: str, begin_ns: int, end_ns: int, count: int) -> Floats:
        """[count] columns of equal width from `begin_ns` to `end_ns`; NaN where no reading stands for any of the
        column. All NaN for a name that the machine does not offer."""
        edges = begin_ns + (end_ns - begin_ns) * np.arange(count + 1, dtype=np.int64) // max(count, 1)
        return self.between(name, edges)

    def between(self, name: str, edges_ns: Ints) -> Floats:
        """[n] columns between [n + 1] ascending edges in session time, as LatencyColumns has them."""
        values = self._values.get(name)
        if values is None or self._count == 0 or len(edges_ns) < 2:
            return np.full(max(len(edges_ns) - 1, 0), np.nan)
        ended = self._ended_ns[: self._count]
        first = int(np.searchsorted(ended, edges_ns[0], side="right"))
        last = int(np.searchsorted(self._began_ns[: self._count], edges_ns[-1], side="left"))
        known = first + np.flatnonzero(~np.isnan(values[first:last]))
        if len(known) == 0:
            return np.full(len(edges_ns) - 1, np.nan)
        # Within a reading's time both sums grow in a straight line, between two readings they stand still.
        spans = np.empty(2 * len(known), np.float64)
        spans[0::2], spans[1::2] = self._began_ns[known] - edges_ns[0], ended[known] - edges_ns[0]
        covered, summed = np.zeros_like(spans), np.zeros_like(spans)
        widths = spans[1::2] - spans[0::2]
        covered[1::2], summed[1::2] = np.cumsum(widths), np.cumsum(widths * values[known])
        covered[2::2], summed[2::2] = covered[1:-1:2], summed[1:-1:2]
        edges = (edges_ns - edges_ns[0]).astype(np.float64)
        time, total = np.diff(np.interp(edges, spans, covered)), np.diff(np.interp(edges, spans, summed))
        means = np.full(len(time), np.nan)
        np.divide(total, time, out=means, where=time > 0)
        return means

    def _forget_old(self) -> None:
        for kept in (self._began_ns, self._ended_ns, *self._values.values()):
            kept[:READINGS_KEPT] = kept[READINGS_KEPT:]
        for values in self._values.values():
            values[READINGS_KEPT:] = np.nan
        self._count = READINGS_KEPT
