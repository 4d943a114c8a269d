"""Finds two modes in a latency distribution, as they occur when two devices or two kinds of run share the load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ovtui.metrics.latency.histogram import OCTAVES, SMALLEST_MS, bucket_middles_ms, percentile_buckets
from ovtui.records.arrays import Floats, Ints

MIN_REQUESTS = 300
MIN_MODE_SHARE = 0.05
"""A smaller mode is called a tail."""
MIN_MODE_RATIO = 1.2
"""The least ratio of the upper mode's median to the lower mode's."""
MAX_VALLEY = 0.5
"""The greatest height of the valley between the modes, relative to the lower peak."""
_SIGMAS = 5.5
"""The lower peak must exceed the valley by this many standard deviations of the two counts."""
_PER_OCTAVE = 16
_MIN_WINDOW = 3
_WINDOW_DIVISOR = 6
"""Ints are smoothed over a window of the interquartile range divided by this. In a wider distribution fewer requests
lie in a bucket, and more of its peaks are chance."""


@dataclass(frozen=True, slots=True)
class TwoModes:
    low_ms: float
    """Median of the lower mode."""
    high_ms: float
    low_share: float
    """Share of the lower mode among all requests, 0 to 1."""
    border_ms: float
    """The latency at the valley."""


def find_two_modes(counts: Ints) -> TwoModes | None:
    """The two modes in the counts of a Histogram, [BUCKETS] or half as many. None if there is one mode, or too few
    requests to decide. With more than two modes, the deepest valley separates them."""
    total = int(counts.sum())
    if total < MIN_REQUESTS:
        return None
    coarse_of = _coarse_of(len(counts))
    coarse = np.bincount(coarse_of, counts, OCTAVES * _PER_OCTAVE)
    cumulated = np.cumsum(coarse)
    low, high = int(percentile_buckets(cumulated, 25)), int(percentile_buckets(cumulated, 75))
    window = max(round((high - low) / _WINDOW_DIVISOR), _MIN_WINDOW) | 1
    dense = np.convolve(coarse, np.ones(window), "same")
    best, border = MAX_VALLEY, None
    for valley in _valleys(dense, total):
        share = float(cumulated[valley]) / total
        if not MIN_MODE_SHARE <= share <= 1 - MIN_MODE_SHARE:
            continue
        peak = min(dense[:valley].max(), dense[valley + 1 :].max())
        depth = float(dense[valley] / peak)
        significant = peak - dense[valley] >= _SIGMAS * np.sqrt(peak + dense[valley])
        if significant and depth < best:
            best, border = depth, valley
    if border is None:
        return None
    split = int(np.searchsorted(coarse_of, border, side="right"))
    low_ms, high_ms = _median_ms(counts, 0, split), _median_ms(counts, split, len(counts))
    if high_ms < MIN_MODE_RATIO * low_ms:
        return None
    border_ms = float(bucket_middles_ms(len(counts))[split - 1])
    return TwoModes(low_ms, high_ms, float(cumulated[border]) / total, border_ms)


@cache
def _coarse_of(buckets: int) -> Ints:
    """[buckets] the logarithmic bucket of each log-linear bucket. Log-linear buckets have equal widths within an octave
    and double at its end, and so do the counts in them: every end of an octave would look like a valley."""
    octaves = np.log2(bucket_middles_ms(buckets) / SMALLEST_MS)
    found: Ints = np.minimum(octaves * _PER_OCTAVE, OCTAVES * _PER_OCTAVE - 1).astype(np.int64)
    return found


def _valleys(dense: Floats, total: int) -> list[int]:
    """The lowest bucket between each two neighbouring peaks; for a level stretch its middle."""
    found = []
    used = np.flatnonzero(dense > total * 1e-4)
    if len(used) < 3:
        return []
    first, last = int(used[0]), int(used[-1])
    inside = dense[first : last + 1]
    edges = np.flatnonzero(np.diff(inside) != 0) + 1
    starts = np.concatenate(([0], edges))
    ends = np.concatenate((edges, [len(inside)]))
    levels = inside[starts]
    for i in range(1, len(starts) - 1):
        if levels[i] < levels[i - 1] and levels[i] < levels[i + 1]:
            found.append(first + int(starts[i] + ends[i] - 1) // 2)
    return found


def _median_ms(counts: Ints, low: int, high: int) -> float:
    """The median of the requests in buckets `low` to `high` - 1."""
    return float(bucket_middles_ms(len(counts))[low + percentile_buckets(np.cumsum(counts[low:high]), 50)])
