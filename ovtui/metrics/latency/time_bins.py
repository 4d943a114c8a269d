"""Latency over time for the plot: bins of 50 ms over the last quarter of an hour, bins of 1 s over the last hour.

A bin holds the exact maximum and a coarse histogram, so a column of any width gets its median from the sum of its bins.
The cost of a column does not depend on the number of requests in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.histogram import BUCKETS, bucket_edges_ms, percentile_buckets
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.samples import KINDS, MeasuredRequests
from ovtui.records.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class LatencyColumns:
    """The columns of a latency plot, oldest first; NaN where nothing completed."""

    edges_s: Floats
    """[n + 1] edges of the columns, session time in s."""
    p50_ms: Floats
    """[n]"""
    worst_ms: Floats
    """[n]"""
    count: Ints
    """[n] completions."""
    device: npt.NDArray[np.uint8]
    """[n] code (records.device_codes) of the device that served most requests; 0 for an empty column."""
    errors: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """[n] requests that failed; [0] where none is known to have."""
    left_out: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    """[n] of 2: the warm-up rule leaves all of it out of the figures, 1: a part, 0: nothing; or [0] for nothing."""


FINE_NS = 50_000_000
FINE_BINS = 18_000
COARSE_NS = 1_000_000_000
COARSE_BINS = 3_600
_DEVICES = 8
"""Devices counted separately in a bin; further ones share the last place."""


def _coarse_buckets() -> tuple[Ints, Floats]:
    """[BUCKETS] coarse bucket of each Histogram bucket, and [256] the value in ms that each coarse bucket stands for.

    Accurate to 3.4 % from 16 us to 10 s, where latencies lie, and to 16 % outside."""
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
_TOGETHER = 16
"""Coarse buckets that are made room for at once."""
_FEW_BINS = 32
"""Up to this many bins an update is counted bin by bin; an update of a live client covers 6."""


class _BinRing:
    """A ring of bins of one width: bin b begins at b * bin_ns and is kept in row b % bins."""

    def __init__(self, bin_ns: int, bins: int, counter: npt.DTypeLike) -> None:
        self.bin_ns = bin_ns
        self.bins = bins
        self.newest = -1
        self._one = np.ones((), counter)
        self.counts = {kind: np.zeros((bins, 0), counter) for kind in KINDS}
        """[bins, n] of the coarse buckets from `first_bucket` on: those in which something was counted, and up to
        _TOGETHER - 1 on either side. All 256 would be 39 MB, filled in the course of an hour."""
        self.first_bucket = dict.fromkeys(KINDS, 0)
        self.worst_ms = {kind: np.full(bins, np.nan) for kind in KINDS}
        self.devices = np.full((bins, _DEVICES), 0, np.uint32)  # full: in memory at once
        self.errors = np.full(bins, 0, np.uint32)

    @property
    def oldest(self) -> int:
        return max(self.newest - self.bins + 1, 0)

    def add(
        self,
        done_ns: Ints,
        slots: Ints,
        buckets: dict[LatencyKind, Ints],
        values_ms: dict[LatencyKind, Floats],
    ) -> None:
        """Counts [n] requests; those older than the oldest bin are left out."""
        for kind, bucket in buckets.items():
            self._make_room(kind, int(bucket.min()), int(bucket.max()) + 1)
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
            table = self.counts[kind]
            np.add.at(table.reshape(-1), rows * table.shape[1] + bucket - self.first_bucket[kind], self._one)
            np.fmax.at(self.worst_ms[kind], rows, value_ms)

    def add_failed(self, done_ns: Ints) -> None:
        """Counts [n] requests that failed, n > 0; those older than the oldest bin are left out."""
        bins = done_ns // self.bin_ns
        self._advance(int(bins.max()))
        np.add.at(self.errors, bins[bins >= self.oldest] % self.bins, np.uint32(1))

    def _add_in_order(
        self,
        bins: Ints,
        first: int,
        slots: Ints,
        buckets: dict[LatencyKind, Ints],
        values_ms: dict[LatencyKind, Floats],
    ) -> None:
        """Counts [n] requests in order of completion, as one engine delivers them; `bins` counts from bin `first`.
        Counting a few bins as a block takes a third of the time of np.add.at."""
        count = int(bins[-1]) + 1
        rows = np.arange(first, first + count) % self.bins
        starts = np.flatnonzero(np.diff(bins, prepend=-1))
        used = rows[bins[starts]]
        self.devices[rows] += _count_per_bin(bins, slots, count, _DEVICES).astype(np.uint32)
        for kind in KINDS:
            places, width = buckets[kind] - self.first_bucket[kind], self.counts[kind].shape[1]
            counts = _count_per_bin(bins, places, count, width)
            self.counts[kind][rows] += counts.astype(self._one.dtype)
            worst_ms = self.worst_ms[kind]
            worst_ms[used] = np.fmax(worst_ms[used], np.fmax.reduceat(values_ms[kind], starts))

    def _make_room(self, kind: LatencyKind, low: int, high: int) -> None:
        """For the coarse buckets from `low` to before `high`."""
        table, first = self.counts[kind], self.first_bucket[kind]
        end = first + table.shape[1]
        if table.shape[1]:
            low, high = min(low, first), max(high, end)
        if (low, high) == (first, end):
            return
        low, high = low // _TOGETHER * _TOGETHER, -(-high // _TOGETHER) * _TOGETHER
        grown = np.full((self.bins, high - low), 0, table.dtype)  # in memory at once: not more and more of it
        if table.shape[1]:
            grown[:, first - low : end - low] = table
        self.counts[kind], self.first_bucket[kind] = grown, low

    def _advance(self, newest: int) -> None:
        if newest <= self.newest:
            return
        rows = np.arange(max(self.newest + 1, newest - self.bins + 1), newest + 1) % self.bins
        self.devices[rows] = 0
        self.errors[rows] = 0
        for kind in KINDS:
            self.counts[kind][rows] = 0
            self.worst_ms[kind][rows] = np.nan
        self.newest = newest

    def window(self, table: npt.NDArray[np.generic], first: int, last: int) -> npt.NDArray[np.generic]:
        """The rows of bins `first` to `last` - 1, oldest first; the ring must hold all of them."""
        low, high = first % self.bins, (last - 1) % self.bins + 1
        return table[low:high] if low < high else np.concatenate((table[low:], table[:high]))


def _count_per_bin(bins: Ints, places: Ints, count: int, width: int) -> Ints:
    """[count, width]: how often each place occurs in each bin."""
    return np.bincount(bins * width + places, minlength=count * width).reshape(count, width)


class TimeBins:
    """Owner: the Digest. Some 10 MB, and 40 MB where latencies lie in all buckets."""

    def __init__(self) -> None:
        self._fine = _BinRing(FINE_NS, FINE_BINS, np.uint16)
        self._coarse = _BinRing(COARSE_NS, COARSE_BINS, np.uint32)
        self._codes = np.zeros(_DEVICES, np.uint8)
        self._slot_of = np.full(256, -1, np.int64)

    def add_measured(self, measured: MeasuredRequests) -> None:
        """Counts [n] requests by completion time."""
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

    def add_failed(self, done_ns: Ints) -> None:
        """Counts [n] requests that failed, by the time at which they did."""
        if len(done_ns):
            self._fine.add_failed(np.maximum(done_ns, 0))
            self._coarse.add_failed(np.maximum(done_ns, 0))

    def count(self, end_ns: int, span_ns: int) -> int:
        """Completions in the complete bins of the `span_ns` before `end_ns`."""
        ring = self._fine
        last = end_ns // ring.bin_ns
        first = max(last - span_ns // ring.bin_ns, ring.oldest)
        last = min(last, ring.newest + 1)
        return int(ring.window(ring.devices, first, last).sum()) if first < last else 0

    def rate(self, first_ns: int, end_ns: int, span_ns: int) -> float | None:
        """Completions a second over the `span_ns` before `end_ns`, or since `first_ns` where that is later; None over
        less than a bin. In whole bins: the bin that is still filling would pull the figure down."""
        end_ns = end_ns // FINE_NS * FINE_NS
        span_ns = min(span_ns, (end_ns - first_ns) // FINE_NS * FINE_NS)
        return self.count(end_ns, span_ns) * 1e9 / span_ns if span_ns > 0 else None

    def columns(self, kind: LatencyKind, end_ns: int, span_ns: int, n: int) -> LatencyColumns:
        """[n] columns over the `span_ns` before `end_ns`; each edge is moved back to the edge of a bin.

        An edge always falls on the same bin, so the columns keep their values when `end_ns` moves by whole column
        widths. A column narrower than a bin (50 ms) shows the bin that it lies in."""
        ring = self._coarse if self._use_coarse(end_ns, span_ns, n) else self._fine
        edges = (end_ns - span_ns + span_ns * np.arange(n + 1, dtype=np.int64) // n) // ring.bin_ns
        low = edges[:-1]
        high = np.maximum(edges[1:], low + 1)
        kept = np.flatnonzero((high > ring.oldest) & (low <= ring.newest))
        p50_ms, worst_ms = np.full(n, np.nan), np.full(n, np.nan)
        count, device, errors = np.zeros(n, np.int64), np.zeros(n, np.uint8), np.zeros(n, np.int64)
        if len(kept):
            first, last = max(int(low[kept[0]]), ring.oldest), min(int(high[kept[-1]]), ring.newest + 1)
            starts = np.maximum(low[kept], first) - first
            # Of 256 buckets some 30 are in use: 113 columns of 60 s take 0.3 ms instead of 1.0.
            lowest, table = ring.first_bucket[kind], ring.counts[kind]
            counts = ring.window(table if table.shape[1] else np.zeros((ring.bins, 1), np.uint16), first, last)
            cumulated = np.cumsum(np.add.reduceat(counts, starts, axis=0, dtype=np.uint32), axis=1, dtype=np.int64)
            total = cumulated[:, -1]
            worst = np.fmax.reduceat(ring.window(ring.worst_ms[kind], first, last), starts)
            median = _MIDDLES_MS[np.minimum(lowest + percentile_buckets(cumulated, 50), _WIDTH - 1)]
            p50_ms[kept] = np.where(total > 0, np.fmin(median, worst), np.nan)
            worst_ms[kept], count[kept] = worst, total
            served = np.add.reduceat(ring.window(ring.devices, first, last), starts, axis=0)
            errors[kept] = np.add.reduceat(ring.window(ring.errors, first, last), starts)
            device[kept] = np.where(total > 0, self._codes[served.argmax(axis=1)], 0)
        edges_s = (edges * ring.bin_ns).astype(np.float64) / 1e9
        return LatencyColumns(edges_s, p50_ms, worst_ms, count, device, errors)

    def _use_coarse(self, end_ns: int, span_ns: int, n: int) -> bool:
        """True for wide columns, which would sum up many fine bins, and for a span that begins before the oldest fine
        bin."""
        before_fine = (end_ns - span_ns) // FINE_NS < self._fine.oldest > 0
        return span_ns >= 2 * n * COARSE_NS or (before_fine and span_ns >= n * COARSE_NS)
