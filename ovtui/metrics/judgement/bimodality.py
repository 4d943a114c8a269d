"""Whether a distribution of latencies has two modes, as where two devices or two ways of running share the load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.histogram import OCTAVES, SMALLEST_MS, bucket_middles_ms

MIN_REQUESTS = 300
MIN_MODE_SHARE = 0.05
"""Of the smaller mode: less is a tail."""
MIN_MODE_RATIO = 1.2
"""The upper mode's median is at least so many times the lower one's."""
MAX_VALLEY = 0.5
"""The valley between the modes is at most this high, the lower peak being 1."""
_SIGMAS = 5.5
"""By which the lower peak stands above the valley, both being counts that scatter."""
_PER_OCTAVE = 16
_MIN_WINDOW = 3
_WINDOW_DIVISOR = 6
"""The window that peaks and valleys are counted in is a part of the quartiles' distance: the wider the distribution,
the fewer requests lie in a bucket, and the more of its hills are chance."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TwoModes:
    low_ms: float
    """Median of the lower mode."""
    high_ms: float
    low_share: float
    """Of all requests, 0 to 1."""
    border_ms: float
    """Where the valley lies."""


def find_two_modes(counts: Counts) -> TwoModes | None:
    """Two modes in the counts of a Histogram, [BUCKETS] or half as many; None where there is but one, or too little to
    tell. With more than two, the border is the one that separates the most clearly."""
    total = int(counts.sum())
    if total < MIN_REQUESTS:
        return None
    coarse_of = _coarse_of(len(counts))
    coarse = np.bincount(coarse_of, counts, OCTAVES * _PER_OCTAVE)
    below = np.cumsum(coarse)
    low, high = np.searchsorted(below, (total / 4, 3 * total / 4))
    window = max(round(int(high - low) / _WINDOW_DIVISOR), _MIN_WINDOW) | 1
    dense = np.convolve(coarse, np.ones(window), "same")
    best, border = MAX_VALLEY, None
    for valley in _valleys(dense, total):
        share = float(below[valley]) / total
        if not MIN_MODE_SHARE <= share <= 1 - MIN_MODE_SHARE:
            continue
        peak = min(dense[:valley].max(), dense[valley + 1 :].max())
        depth = float(dense[valley] / peak)
        certain = peak - dense[valley] >= _SIGMAS * np.sqrt(peak + dense[valley])
        if certain and depth < best:
            best, border = depth, valley
    if border is None:
        return None
    split = int(np.searchsorted(coarse_of, border, side="right"))
    low_ms, high_ms = _median_ms(counts, 0, split), _median_ms(counts, split, len(counts))
    if high_ms < MIN_MODE_RATIO * low_ms:
        return None
    return TwoModes(low_ms, high_ms, float(below[border]) / total, float(bucket_middles_ms(len(counts))[split - 1]))


@cache
def _coarse_of(buckets: int) -> npt.NDArray[np.int64]:
    """[buckets] the logarithmic bucket of each log-linear one: within an octave those are of equal width, so that twice
    as many fall into the first of the next one, which would make a valley of every octave's border."""
    octaves = np.log2(bucket_middles_ms(buckets) / SMALLEST_MS)
    found: npt.NDArray[np.int64] = np.minimum(octaves * _PER_OCTAVE, OCTAVES * _PER_OCTAVE - 1).astype(np.int64)
    return found


def _valleys(dense: npt.NDArray[np.float64], total: int) -> list[int]:
    """The lowest bucket between each two neighbouring peaks; of an empty stretch the middle."""
    found = []
    some = np.flatnonzero(dense > total * 1e-4)
    if len(some) < 3:
        return []
    first, last = int(some[0]), int(some[-1])
    inside = dense[first : last + 1]
    edges = np.flatnonzero(np.diff(inside) != 0) + 1
    starts = np.concatenate(([0], edges))
    ends = np.concatenate((edges, [len(inside)]))
    levels = inside[starts]
    for i in range(1, len(starts) - 1):
        if levels[i] < levels[i - 1] and levels[i] < levels[i + 1]:
            found.append(first + int(starts[i] + ends[i] - 1) // 2)
    return found


def _median_ms(counts: Counts, low: int, high: int) -> float:
    below = np.cumsum(counts[low:high])
    at = int(np.searchsorted(below, (int(below[-1]) + 1) // 2))
    return float(bucket_middles_ms(len(counts))[low + at])
