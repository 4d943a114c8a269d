"""Writes a latency distribution as HdrHistogram text (.hgrm): value, percentile, cumulated count, 1/(1-percentile)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ovtui.metrics.latency.histogram import Histogram, bucket_edges_ms, percentile_buckets

TICKS_PER_HALF = 5
"""Lines per halving of the distance to 100 %."""


def hgrm_lines(histogram: Histogram) -> Iterator[str]:
    """Yields the lines of the file. A value is the upper edge of its bucket, in ms, clipped to the maximum: at most
    0.8 % above the true value."""
    yield f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}\n\n"
    count = histogram.count
    if count:
        cumulated = np.cumsum(histogram.counts)
        upper_ms = bucket_edges_ms()[1:]
        for percentile in _percentile_ticks(count):
            bucket = int(percentile_buckets(cumulated, 100 * percentile))
            value_ms = min(float(upper_ms[bucket]), histogram.max_ms)
            inverse = f"{1 / (1 - percentile):>14.2f}" if percentile < 1 else f"{'inf':>14}"
            yield f"{value_ms:>12.3f} {percentile:>14.12f} {int(cumulated[bucket]):>10} {inverse}\n"
        mean_ms = histogram.sum_ms / count
        middles_ms = (bucket_edges_ms()[:-1] + upper_ms) / 2
        deviation_ms = math.sqrt(float((histogram.counts * (middles_ms - mean_ms) ** 2).sum()) / count)
        yield f"#[Mean    = {mean_ms:>12.3f}, StdDeviation   = {deviation_ms:>12.3f}]\n"
        yield f"#[Max     = {histogram.max_ms:>12.3f}, Total count    = {count:>12}]\n"


def _percentile_ticks(count: int) -> Iterator[float]:
    """Percentiles, 0 to 1, that get denser towards 1, until fewer than one request lies above; 1 comes last."""
    half, percentile = 1.0, 0.0
    while (1 - percentile) * count >= 1:
        for step in range(TICKS_PER_HALF):
            yield percentile + half / 2 * step / TICKS_PER_HALF
        percentile, half = percentile + half / 2, half / 2
    yield 1.0
