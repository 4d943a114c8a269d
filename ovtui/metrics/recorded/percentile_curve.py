"""Latency over the percentile, on a scale that gives each further nine the same room: 1 / (1 - q)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ovtui.metrics.queries.distribution import Distribution
from ovtui.metrics.recorded.load import RecordedLoad
from ovtui.records.arrays import Floats

POINTS = 200
MOST_NINES = 7.0
LOG_FROM = 20.0
"""Curves whose ends are so many times apart are drawn on a logarithmic axis."""
_TICKS = (0.0, 50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 99.999, 99.9999)


def curve_of(load: RecordedLoad) -> tuple[list[float], list[float]]:
    """1 / (1 - q) and latencies, ms, [n] each, up to the last percentile for which there are requests enough."""
    whole = load.histogram
    group = Distribution("", whole.counts, whole.count, whole.min_ms, whole.max_ms)
    nines: Floats = np.linspace(0.0, min(-math.log10(max(1 - group.reach, 1e-9)), MOST_NINES), POINTS)
    return (10.0**nines).tolist(), group.curve(nines).tolist()


def ticks() -> list[tuple[float, str]]:
    """Places on that scale, with the percentiles' names."""
    return [(1 / (1 - q / 100), f"p{q:g}") for q in _TICKS]


def spans_decades(curves: Sequence[Sequence[float]]) -> bool:
    """Whether latencies, ms, are better drawn on a logarithmic axis."""
    known = [ms for curve in curves for ms in curve if math.isfinite(ms) and ms > 0]
    return bool(known) and max(known) >= LOG_FROM * min(known)
