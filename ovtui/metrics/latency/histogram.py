"""Latency histogram with log-linear buckets, and the one place where a percentile is computed from counts.

The size is fixed, whatever the number of requests. The bucket number of a value is the top of its float64 bit pattern
(exponent and seven bits of mantissa): 128 buckets per octave for two integer operations on a whole array. That takes
0.02 ms for 12,500 values, np.log2 takes 0.1 ms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.latency import MS_DECIMALS, Latency, LatencyKind, rounded_ms
from ovtui.records.arrays import Floats, Ints

Buckets = npt.NDArray[np.int64]

SMALLEST_MS = 2.0**-10
"""0.98 us. Shorter values are counted in the first bucket."""
OCTAVES = 32
"""Up to 2**22 ms = 70 min. Longer values are counted in the last bucket."""
_BITS = 7
_SHIFT = 52 - _BITS
_FIRST = (1023 - 10) << _BITS
BUCKETS = OCTAVES << _BITS
P99_SAMPLES = 662
P999_SAMPLES = 6_630
"""With this many samples the chance that none lies above the percentile is under 0.14 % (three standard deviations).
With fewer, the percentile would only be another name for the maximum."""
_ALWAYS_SHOWN_UP_TO = 95.0
"""Percentiles up to this one are shown for any number of samples."""
_NONE_KEPT: Buckets = np.zeros(0, np.int64)
_RANK_TOLERANCE = 1e-14
"""Relative. 0.999 * 1000 is a little more than 999 in floating point, and must not become rank 1000."""


def bucket_indices(values_ms: Floats) -> Buckets:
    """The bucket numbers, [n], of [n] values in ms. NaN and negative values go to the first bucket."""
    bits = np.fmax(values_ms, SMALLEST_MS).view(np.int64)
    buckets: Buckets = np.minimum((bits >> _SHIFT) - _FIRST, BUCKETS - 1)
    return buckets


def bucket_edges_ms() -> Floats:
    """[BUCKETS + 1] edges: bucket b holds edges[b] <= value < edges[b + 1]."""
    return ((np.arange(BUCKETS + 1, dtype=np.int64) + _FIRST) << _SHIFT).view(np.float64)


def samples_needed(q: float) -> int:
    """The least number of samples for which the q-th percentile is shown."""
    if q <= _ALWAYS_SHOWN_UP_TO:
        return 1
    return {99.0: P99_SAMPLES, 99.9: P999_SAMPLES}.get(q) or math.ceil(6.63 / (1 - q / 100))


class Histogram:
    """Percentiles are within 0.4 % (half a bucket); count, minimum, maximum and sum are exact.

    Only the octaves are kept in which something was counted, 1 KiB each: most groups have a few, and a session of many
    segments has hundreds of groups. All of them are 32 KiB."""

    __slots__ = ("_first", "_kept", "count", "max_ms", "min_ms", "sum_ms")

    def __init__(self) -> None:
        self._first = 0
        """The bucket of the first of `_kept`, a multiple of an octave's."""
        self._kept: Buckets = _NONE_KEPT
        self.count = 0
        self.sum_ms = 0.0
        self.min_ms = math.inf
        self.max_ms = -math.inf

    @property
    def counts(self) -> Buckets:
        """[BUCKETS]: a copy."""
        whole = np.zeros(BUCKETS, np.int64)
        whole[self._first : self._first + len(self._kept)] = self._kept
        return whole

    def add(self, values_ms: Floats, buckets: Buckets | None = None) -> None:
        """Counts [n] latencies in ms. `buckets`: their bucket numbers, if the caller has them."""
        if len(values_ms) == 0:
            return
        found = bucket_indices(values_ms) if buckets is None else buckets
        low, high = int(found.min()), int(found.max())
        self._make_room(low, high + 1)
        counts = np.bincount(found - low)
        self._kept[low - self._first : high + 1 - self._first] += counts
        self.count += len(values_ms)
        self.sum_ms += float(values_ms.sum())
        self.min_ms = min(self.min_ms, float(values_ms.min()))
        self.max_ms = max(self.max_ms, float(values_ms.max()))

    def merge(self, other: Histogram) -> None:
        if other.count == 0:
            return
        low, high = other._first, other._first + len(other._kept)
        self._make_room(low, high)
        self._kept[low - self._first : high - self._first] += other._kept
        self.count += other.count
        self.sum_ms += other.sum_ms
        self.min_ms = min(self.min_ms, other.min_ms)
        self.max_ms = max(self.max_ms, other.max_ms)

    def _make_room(self, low: int, high: int) -> None:
        """For the buckets from `low` to before `high`."""
        first, end = self._first, self._first + len(self._kept)
        if first <= low and high <= end:
            return
        if not len(self._kept):
            first, end = low, high
        new_first = min(first, low) >> _BITS << _BITS
        new_end = -(-max(end, high) >> _BITS) << _BITS
        grown = np.zeros(new_end - new_first, np.int64)
        grown[self._first - new_first : self._first - new_first + len(self._kept)] = self._kept
        self._first, self._kept = new_first, grown

    def percentile(self, q: float) -> float | None:
        """The q-th percentile by nearest rank, in ms; None for an empty histogram."""
        if self.count == 0:
            return None
        return round(percentile_ms(np.cumsum(self.counts), q, self.min_ms, self.max_ms), MS_DECIMALS)

    def latency(self) -> Latency:
        """The figures of this distribution. A percentile without enough samples is None."""
        return latency_of(self.counts, self.count, self.sum_ms, self.min_ms, self.max_ms)


def merge_histograms(parts: Iterable[Histogram]) -> Histogram:
    """A new histogram with the counts of all `parts`."""
    whole = Histogram()
    for part in parts:
        whole.merge(part)
    return whole


def latency_of(counts: Buckets, count: int, sum_ms: float, min_ms: float, max_ms: float) -> Latency:
    """The figures of `counts`: [BUCKETS], or [BUCKETS / 2**k] where 2**k neighbouring buckets are counted as one."""
    if count == 0:
        return Latency()
    cumulated = np.cumsum(counts)
    percentiles = (
        percentile_ms(cumulated, q, min_ms, max_ms) if count >= samples_needed(q) else None
        for q in (50.0, 90.0, 95.0, 99.0, 99.9)
    )
    return Latency(count, *map(rounded_ms, (min_ms, *percentiles, max_ms, sum_ms / count)))


def percentile_ms(cumulated: Buckets, q: float, min_ms: float, max_ms: float) -> float:
    """The q-th percentile of [n] cumulated counts: the middle of its bucket, clipped to the exact extremes."""
    middle_ms = float(bucket_middles_ms(len(cumulated))[percentile_buckets(cumulated, q)])
    return min(max(middle_ms, min_ms), max_ms)


def percentile_buckets(cumulated: Ints | Floats, q: float) -> Buckets:
    """The bucket that holds the q-th percentile by nearest rank: the first one at which ceil(q % of all) are counted.

    `cumulated`: [..., n] counts summed up along the last axis; the answer has the shape [...]. Where all counts are 0
    the answer is no bucket of use."""
    share = q / 100 * (1 - _RANK_TOLERANCE)
    if cumulated.ndim == 1:
        # Python's arithmetic: numpy's on scalars would double the cost of a Latency.
        return np.asarray(np.searchsorted(cumulated, max(math.ceil(float(cumulated[-1]) * share), 1)), np.int64)
    rank = np.maximum(np.ceil(cumulated[..., -1] * share), 1).astype(np.int64)
    return np.asarray((cumulated >= rank[..., None]).argmax(axis=-1), np.int64)


@cache
def bucket_middles_ms(buckets: int) -> Floats:
    """[buckets] middles of buckets that join BUCKETS // buckets of a Histogram's each."""
    edges_ms = bucket_edges_ms()[:: BUCKETS // buckets]
    return (edges_ms[:-1] + edges_ms[1:]) / 2


LatencyHistograms = dict[LatencyKind, Histogram]
"""The three latency distributions of one group of requests."""
