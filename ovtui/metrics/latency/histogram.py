"""A latency distribution of fixed size: log-linear buckets, whatever the number of requests.

The bucket of a value is the top of its float64 bit pattern (exponent and seven bits of mantissa): 128 buckets
an octave, two integer operations on a whole array, 0.02 ms for 12,500 values where np.log2 takes 0.1 ms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.latency import Latency, LatencyKind

Values = npt.NDArray[np.float64]
Buckets = npt.NDArray[np.int64]

SMALLEST_MS = 2.0**-10
"""0.98 us; anything shorter is counted there."""
OCTAVES = 32
"""Up to 2**22 ms = 70 min; anything longer is counted in the last bucket."""
_BITS = 7
_SHIFT = 52 - _BITS
_FIRST = (1023 - 10) << _BITS
BUCKETS = OCTAVES << _BITS
P99_SAMPLES = 662
P999_SAMPLES = 6_630
"""So many that the chance of none of them lying above the percentile is under 0.14 %, three standard
deviations: with fewer, the percentile would be a name for the maximum."""
_ALWAYS_SHOWN_UP_TO = 95.0
"""Percentiles up to this are told of any number of samples."""


def bucket_indices(values_ms: Values) -> Buckets:
    """[n] ms to [n] bucket numbers; NaN and negative values count as the smallest."""
    bits = np.fmax(values_ms, SMALLEST_MS).view(np.int64)
    buckets: Buckets = np.minimum((bits >> _SHIFT) - _FIRST, BUCKETS - 1)
    return buckets


def bucket_edges_ms() -> Values:
    """[BUCKETS + 1] borders: bucket b holds edges[b] <= value < edges[b + 1]."""
    return ((np.arange(BUCKETS + 1, dtype=np.int64) + _FIRST) << _SHIFT).view(np.float64)


def samples_needed(q: float) -> int:
    """How many samples the q-th percentile needs to be told."""
    if q <= _ALWAYS_SHOWN_UP_TO:
        return 1
    return {99.0: P99_SAMPLES, 99.9: P999_SAMPLES}.get(q) or math.ceil(6.63 / (1 - q / 100))


class Histogram:
    """Percentiles are within 0.4 % (half a bucket); count, min, max and sum are exact. 32 KiB."""

    __slots__ = ("count", "counts", "max_ms", "min_ms", "sum_ms")

    def __init__(self) -> None:
        self.counts = np.zeros(BUCKETS, np.int64)
        self.count = 0
        self.sum_ms = 0.0
        self.min_ms = math.inf
        self.max_ms = -math.inf

    def add(self, values_ms: Values, buckets: Buckets | None = None) -> None:
        """Counts [n] latencies, ms; `buckets`: theirs, where they are known."""
        if len(values_ms) == 0:
            return
        self.counts += np.bincount(bucket_indices(values_ms) if buckets is None else buckets, minlength=BUCKETS)
        self.count += len(values_ms)
        self.sum_ms += float(values_ms.sum())
        self.min_ms = min(self.min_ms, float(values_ms.min()))
        self.max_ms = max(self.max_ms, float(values_ms.max()))

    def merge(self, other: Histogram) -> None:
        if other.count == 0:
            return
        self.counts += other.counts
        self.count += other.count
        self.sum_ms += other.sum_ms
        self.min_ms = min(self.min_ms, other.min_ms)
        self.max_ms = max(self.max_ms, other.max_ms)

    def percentile(self, q: float) -> float | None:
        """The smallest value that q percent of all are not above (nearest rank), ms; None of nothing."""
        if self.count == 0:
            return None
        return percentile_from_cumulated(np.cumsum(self.counts), q, self.count, self.min_ms, self.max_ms)

    def latency(self) -> Latency:
        """The distribution as a view shows it; a percentile without enough samples is None."""
        return latency_of(self.counts, self.count, self.sum_ms, self.min_ms, self.max_ms)


def merge_histograms(parts: Iterable[Histogram]) -> Histogram:
    """A new one with what all of them hold."""
    whole = Histogram()
    for part in parts:
        whole.merge(part)
    return whole


def latency_of(counts: Buckets, count: int, sum_ms: float, min_ms: float, max_ms: float) -> Latency:
    """What [BUCKETS] counts, or [BUCKETS / 2**k] of them in wider buckets, amount to."""
    if count == 0:
        return Latency()
    below = np.cumsum(counts)
    p50, p90, p95, p99, p999 = (
        percentile_from_cumulated(below, q, count, min_ms, max_ms) if count >= samples_needed(q) else None
        for q in (50.0, 90.0, 95.0, 99.0, 99.9)
    )
    return Latency(count, min_ms, p50, p90, p95, p99, p999, max_ms, sum_ms / count)


def percentile_from_cumulated(below: Buckets, q: float, count: int, min_ms: float, max_ms: float) -> float:
    """The value at percentile q of cumulated counts, ms: the middle of its bucket."""
    # In integers: 0.999 * 1000 in floating point is not always 999.
    rank = max(-(-round(q * 1000) * count // 100_000), 1)
    middle_ms = float(bucket_middles_ms(len(below))[np.searchsorted(below, rank)])
    return min(max(middle_ms, min_ms), max_ms)


@cache
def bucket_middles_ms(buckets: int) -> Values:
    """[buckets] middles, where BUCKETS // buckets of a Histogram's stand together."""
    edges_ms = bucket_edges_ms()[:: BUCKETS // buckets]
    return (edges_ms[:-1] + edges_ms[1:]) / 2


LatencyHistograms = dict[LatencyKind, Histogram]
"""The latencies of one group of requests."""
