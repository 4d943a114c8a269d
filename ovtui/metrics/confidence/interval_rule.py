"""Whether a mean latency or a throughput is held: its 99 % interval, made of blocks in time, lies on one side of the
limit."""

from __future__ import annotations

import math

import numpy as np

from ovtui.metrics.confidence.dependence import STANDARD_ERRORS, long_run_variance
from ovtui.metrics.confidence.percentile_rule import LEAST_LOOKS
from ovtui.records.arrays import Floats

Z = 2.326
"""One-sided, at a confidence of 0.99."""
LEAST_CELLS = 16
LEAST_COMPLETIONS = 32
"""With fewer cells or completions the scatter of blocks is not known, and completions are taken for independent."""
EDGES = 2.0
"""Completions that a rate over a span is uncertain by, however regular they are: one at each end."""


def mean_half_width(counts: Floats, sums: Floats, squares: float) -> float | None:
    """Half the interval of the mean of a value, in its unit; None with fewer than LEAST_LOOKS independent requests.
    `counts`, `sums`: [m] requests, and sums of the value, in cells of consecutive requests. `squares`: the sum of the
    squared values."""
    n = float(counts.sum())
    if n < LEAST_LOOKS:
        return None
    independent = max(squares - float(sums.sum()) ** 2 / n, 0.0)
    found, error = long_run_variance(sums, counts)
    variance = max(float(found), independent) * (1 + STANDARD_ERRORS * float(error))
    if variance > 0 and n * independent / variance < LEAST_LOOKS:
        return None
    return Z * math.sqrt(variance) / n


def completions_half_width(completions: Floats) -> float:
    """Half the interval of the number of completions in a span, from [m] counts of equal cells of it."""
    n = float(completions.sum())
    if len(completions) < LEAST_CELLS or n < LEAST_COMPLETIONS:
        # Poisson; the second term makes up for the skewness of a small count.
        return Z * math.sqrt(n + Z * Z / 4) + Z * Z / 2
    variance, error = long_run_variance(completions, np.ones_like(completions))
    return max(Z * math.sqrt(float(variance) * (1 + STANDARD_ERRORS * float(error))), EDGES)
