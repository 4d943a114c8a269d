"""Latency over time for the plot: bins of 50 ms over the last quarter of an hour, of 1 s over the last hour.

A bin holds the exact worst and a coarse histogram, so that the median of a column of any width is that of the
sum of its bins. What a column costs does not depend on how many requests it covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.histogram import BUCKETS, bucket_edges_ms
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.samples import KINDS, MeasuredRequests, measured_requests
from ovtui.records.record import Records


@dataclass(frozen=True, slots=True)
class LatencyColumns:
    """A latency plot's columns, oldest first; NaN where nothing completed."""

    edges_s: npt.NDArray[np.float64]
    """[n + 1] session time of the columns' borders, s."""
    p50_ms: npt.NDArray[np.float64]
    """[n]"""
    worst_ms: npt.NDArray[np.float64]
    """[n]"""
    count: npt.NDArray[np.int64]
    """[n] completions."""
    device: npt.NDArray[np.uint8]
    """[n] code of the device that most of them ran on (records.devices), 0 where none."""


FINE_NS = 50_000_000
FINE_BINS = 18_000
COARSE_NS = 1_000_000_000
COARSE_BINS = 3_600
_DEVICES = 8
"""Devices told apart in a bin; any more share the last place."""

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def _coarse_buckets() -> tuple[Indices, Floats]:
    """[BUCKETS] coarse bucket of each bucket of a Histogram, and [256] the ms each coarse one stands for.

    Within 3.4 % from 16 us to 10 s, where latencies are; within 16 % outside."""
    borders_ms = np.concatenate(
        (
            np.geomspace(2**-10, 2**-6, 10, endpoint=False),
            np.geomspace(2**-6, 1e4, 222, endpoint=False),
            np.geomspace(1e4, 2**22, 24, endpoint=False),
        )
    )
    edges_ms = bucket_edges_ms()
    coarse = np.searchsorted(borders_ms, np.sqrt(edges_ms[:-1] * edges_ms[1:]), side="right") - 1
    low = np.searchsorted(coarse, np.arange(len(borders_ms)))
    high = np.append(low[1:], BUCKETS)
    return coarse.astype(np.int64), np.sqrt(edges_ms[low] * edges_ms[high])


_COARSE, _MIDDLES_MS = _coarse_buckets()
_WIDTH = len(_MIDDLES_MS)
_FEW_BINS = 32
"""Bins of an update: a live view's are 6."""


class _BinRing:
    """Bins of one width in a circular array: bin b, which begins at b * bin_ns, lies in row b % bins."""

    def __init__(self, bin_ns: int, bins: int, counter: npt.DTypeLike) -> None:
        self.bin_ns = bin_ns
        self.bins = bins
        self.newest = -1
        self._one = np.ones((), counter)
        self.counts = {kind: np.zeros((bins, _WIDTH), counter) for kind in KINDS}
        self.worst_ms = {kind: np.full(bins, np.nan) for kind in KINDS}
        self.devices = np.zeros((bins, _DEVICES), np.uint32)

    @property
    def oldest(self) -> int:
        return max(self.newest - self.bins + 1, 0)

    def add(
        self,
        done_ns: Indices,
        slots: Indices,
        buckets: dict[LatencyKind, Indices],
        values_ms: dict[LatencyKind, Floats],
    ) -> None:
        """Counts [n] requests; those older than the oldest bin are left out."""
        bins = done_ns // self.bin_ns
        first, last = int(bins[0]), int(bins[-1])
        if last - first < _FEW_BINS and (bins[1:] >= bins[:-1]).all():
            self._advance(last)
            if first >= self.oldest:
                self._add_in_order(bins - first, first, slots, buckets, values_ms)
                return
        self._advance(int(bins.max()))
        kept = bins >= self.oldest
        whole = bool(kept.all())
        rows = bins % self.bins if whole else bins[kept] % self.bins
        np.add.at(self.devices.reshape(-1), rows * _DEVICES + (slots if whole else slots[kept]), np.uint32(1))
        for kind in KINDS:
            bucket, value_ms = buckets[kind], values_ms[kind]
            if not whole:
                bucket, value_ms = bucket[kept], value_ms[kept]
            np.add.at(self.counts[kind].reshape(-1), rows * _WIDTH + bucket, self._one)
            np.fmax.at(self.worst_ms[kind], rows, value_ms)

    def _add_in_order(
        self,
        bins: Indices,
        first: int,
        slots: Indices,
        buckets: dict[LatencyKind, Indices],
        values_ms: dict[LatencyKind, Floats],
    ) -> None:
        """Counts [n] requests in the order of completion, as one engine's come; `bins` counts from `first`. Counting a
        few bins whole takes a third of what adding them up one by one does."""
        count = int(bins[-1]) + 1
        rows = np.arange(first, first + count) % self.bins
        some = np.flatnonzero(np.diff(bins, prepend=-1))
        here = rows[bins[some]]
        self.devices[rows] += _count_per_bin(bins, slots, count, _DEVICES).astype(np.uint32)
        for kind in KINDS:
            counts = _count_per_bin(bins, buckets[kind], count, _WIDTH)
            self.counts[kind][rows] += counts.astype(self._one.dtype)
            worst_ms = self.worst_ms[kind]
            worst_ms[here] = np.fmax(worst_ms[here], np.fmax.reduceat(values_ms[kind], some))

    def _advance(self, newest: int) -> None:
        if newest <= self.newest:
            return
        rows = np.arange(max(self.newest + 1, newest - self.bins + 1), newest + 1) % self.bins
        self.devices[rows] = 0
        for kind in KINDS:
            self.counts[kind][rows] = 0
            self.worst_ms[kind][rows] = np.nan
        self.newest = newest

    def window(self, table: npt.NDArray[np.generic], first: int, last: int) -> npt.NDArray[np.generic]:
        """The rows of bins first to last - 1, oldest first; all of them must be kept."""
        low, high = first % self.bins, (last - 1) % self.bins + 1
        return table[low:high] if low < high else np.concatenate((table[low:], table[:high]))


def _count_per_bin(bins: Indices, places: Indices, count: int, width: int) -> Indices:
    """[count, width] how often each place occurs in each bin."""
    return np.bincount(bins * width + places, minlength=count * width).reshape(count, width)


class TimeBins:
    """Owner: the Digest. 40 MB at most, of which only the time that has passed is resident."""

    def __init__(self) -> None:
        self._fine = _BinRing(FINE_NS, FINE_BINS, np.uint16)
        self._coarse = _BinRing(COARSE_NS, COARSE_BINS, np.uint32)
        self._codes = np.zeros(_DEVICES, np.uint8)
        self._slot_of = np.full(256, -1, np.int64)

    def add(self, records: Records) -> None:
        """Counts requests by when they completed; errors and warm-ups are left out."""
        self.add_measured(measured_requests(records))

    def add_measured(self, measured: MeasuredRequests) -> None:
        if len(measured) == 0:
            return
        device = measured.rows["device"]
        for code in np.flatnonzero(np.bincount(device, minlength=256)):
            if self._slot_of[code] < 0:
                slot = min(int((self._slot_of >= 0).sum()), _DEVICES - 1)
                self._slot_of[code], self._codes[slot] = slot, code
        slots = self._slot_of[device]
        done_ns = np.maximum(measured.rows["done_ns"], 0)
        buckets = {kind: _COARSE[measured.buckets[kind]] for kind in KINDS}
        self._fine.add(done_ns, slots, buckets, measured.ms)
        self._coarse.add(done_ns, slots, buckets, measured.ms)

    def count(self, end_ns: int, span_ns: int) -> int:
        """Requests that completed in the whole bins of the span before end_ns."""
        level = self._fine
        last = end_ns // level.bin_ns
        first = max(last - span_ns // level.bin_ns, level.oldest)
        last = min(last, level.newest + 1)
        return int(level.window(level.devices, first, last).sum()) if first < last else 0

    def columns(self, kind: LatencyKind, end_ns: int, span_ns: int, n: int) -> LatencyColumns:
        """[n] columns over the span before end_ns, each border moved back to a bin's.

        The same border always falls on the same bin, so columns whose end_ns moves by whole column widths
        keep their values. Columns narrower than a bin (50 ms) show the bin they lie in."""
        level = self._coarse if self._use_coarse(end_ns, span_ns, n) else self._fine
        edges = (end_ns - span_ns + span_ns * np.arange(n + 1, dtype=np.int64) // n) // level.bin_ns
        low = edges[:-1]
        high = np.maximum(edges[1:], low + 1)
        some = np.flatnonzero((high > level.oldest) & (low <= level.newest))
        p50_ms, worst_ms = np.full(n, np.nan), np.full(n, np.nan)
        count, device = np.zeros(n, np.int64), np.zeros(n, np.uint8)
        if len(some):
            first, last = max(int(low[some[0]]), level.oldest), min(int(high[some[-1]]), level.newest + 1)
            starts = np.maximum(low[some], first) - first
            counts = level.window(level.counts[kind], first, last)
            below = np.cumsum(np.add.reduceat(counts, starts, axis=0, dtype=np.uint32), axis=1, dtype=np.int64)
            total = below[:, -1]
            worst = np.fmax.reduceat(level.window(level.worst_ms[kind], first, last), starts)
            middle = _MIDDLES_MS[(below >= (total[:, None] + 1) // 2).argmax(axis=1)]
            p50_ms[some] = np.where(total > 0, np.fmin(middle, worst), np.nan)
            worst_ms[some], count[some] = worst, total
            served = np.add.reduceat(level.window(level.devices, first, last), starts, axis=0)
            device[some] = np.where(total > 0, self._codes[served.argmax(axis=1)], 0)
        edges_s = (edges * level.bin_ns).astype(np.float64) / 1e9
        return LatencyColumns(edges_s, p50_ms, worst_ms, count, device)

    def _use_coarse(self, end_ns: int, span_ns: int, n: int) -> bool:
        """Wide columns, which would sum many fine bins, and spans that reach back further than those do."""
        beyond = (end_ns - span_ns) // FINE_NS < self._fine.oldest > 0
        return span_ns >= 2 * n * COARSE_NS or (beyond and span_ns >= n * COARSE_NS)
