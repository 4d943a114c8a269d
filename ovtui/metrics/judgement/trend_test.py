"""Whether a series goes up or down, by tests that outliers and the form of the noise do not decide."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.latency.latency import Floats

_MAX_POINTS = 240
"""Points at most: the tests look at every pair."""


@dataclass(frozen=True, slots=True)
class Trend:
    slope: float
    """Median of the slopes between all pairs of points (Theil and Sen), units of y by units of x."""
    z: float
    """Mann and Kendall's test: standard deviations by which more pairs rise than fall, corrected for neighbours that
    are alike. 0 where nothing can be said."""
    tau: float
    """Share of pairs that rise less those that fall: 1 where each point lies above the one before."""

    @property
    def rises(self) -> bool:
        return self.slope > 0


FLAT = Trend(0.0, 0.0, 0.0)


def trend(x: Floats, y: Floats) -> Trend:
    """Of [n] points in the order of x; those where either is not finite are left out."""
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    if len(y) > _MAX_POINTS:
        chosen = np.linspace(0, len(y) - 1, _MAX_POINTS).astype(np.int64)
        x, y = x[chosen], y[chosen]
    n = len(y)
    if n < 4:
        return FLAT
    first, second = np.triu_indices(n, 1)
    dx, dy = x[second] - x[first], y[second] - y[first]
    apart = dx > 0
    if not apart.any():
        return FLAT
    slope = float(np.median(dy[apart] / dx[apart]))
    rising = float(np.sign(dy).sum())
    pairs = n * (n - 1) / 2
    variance = n * (n - 1) * (2 * n + 5) / 18 * _variance_factor(y - slope * x, y)
    z = (rising - math.copysign(1, rising)) / math.sqrt(variance) if rising else 0.0
    return Trend(slope, z, rising / pairs)


def _variance_factor(residuals: Floats, y: Floats) -> float:
    """By how much neighbours that are alike widen the test's variance (Yue and Wang), from the correlation of each
    residual's rank with the next one's; no less than 1."""
    n = len(residuals)
    # What differs by rounding alone is the same: the residuals of a straight line would be correlated noise.
    scale = float(np.abs(y).max()) * 1e-9
    ranks = np.unique(np.round(residuals / scale) if scale else residuals, return_inverse=True)[1].astype(np.float64)
    ranks -= ranks.mean()
    power = float((ranks * ranks).sum())
    if not power:
        return 1.0
    r = min(max(float((ranks[1:] * ranks[:-1]).sum()) / power, 0.0), 0.95)
    # The sum of 2 (1 - k/n) r^k over all lags k of a series whose correlation decays by r.
    lags = np.arange(1, n)
    return 1.0 + 2.0 * float(((1 - lags / n) * r**lags).sum())
