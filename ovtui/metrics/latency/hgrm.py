"""A latency distribution in the text form that HdrHistogram's plotters read: value, percentile, count, 1/(1-p)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ovtui.metrics.latency.histogram import Histogram, bucket_edges_ms

TICKS_PER_HALF = 5
"""Lines for each halving of the distance to 100 %."""


def hgrm_lines(histogram: Histogram) -> Iterator[str]:
    """Values in ms: the upper border of each bucket, no more than the largest value (0.8 % above the true one)."""
    yield f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}\n\n"
    count = histogram.count
    if count:
        below = np.cumsum(histogram.counts)
        upper_ms = bucket_edges_ms()[1:]
        for percentile in _percentile_ticks(count):
            rank = max(math.ceil(percentile * count - 1e-9), 1)
            bucket = int(np.searchsorted(below, rank))
            value_ms = min(float(upper_ms[bucket]), histogram.max_ms)
            rest = f"{1 / (1 - percentile):>14.2f}" if percentile < 1 else f"{'inf':>14}"
            yield f"{value_ms:>12.3f} {percentile:>14.12f} {int(below[bucket]):>10} {rest}\n"
        mean_ms = histogram.sum_ms / count
        middles_ms = (bucket_edges_ms()[:-1] + upper_ms) / 2
        deviation_ms = math.sqrt(float((histogram.counts * (middles_ms - mean_ms) ** 2).sum()) / count)
        yield f"#[Mean    = {mean_ms:>12.3f}, StdDeviation   = {deviation_ms:>12.3f}]\n"
        yield f"#[Max     = {histogram.max_ms:>12.3f}, Total count    = {count:>12}]\n"


def _percentile_ticks(count: int) -> Iterator[float]:
    half, percentile = 1.0, 0.0
    while (1 - percentile) * count >= 1:
        for step in range(TICKS_PER_HALF):
            yield percentile + half / 2 * step / TICKS_PER_HALF
        percentile, half = percentile + half / 2, half / 2
    yield 1.0
