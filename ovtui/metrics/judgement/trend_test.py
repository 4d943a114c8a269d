"""Tests whether a series rises or falls (Theil-Sen slope, Mann-Kendall test). Outliers and the distribution of the
noise have little influence on either."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovtui.records.arrays import Floats

_MAX_POINTS = 240
"""Longer series are thinned out to this many points, because the tests compare every pair."""


@dataclass(frozen=True, slots=True)
class Trend:
    slope: float
    """Median slope over all pairs of points (Theil-Sen), in units of y per unit of x."""
    z: float
    """Mann-Kendall: the surplus of rising over falling pairs in standard deviations, corrected for correlated
    neighbours; 0 if there are too few points."""
    tau: float
    """Share of rising pairs minus share of falling pairs: 1 if each point lies above the one before."""

    @property
    def rises(self) -> bool:
        return self.slope > 0


FLAT = Trend(0.0, 0.0, 0.0)


def trend(x: Floats, y: Floats) -> Trend:
    """The trend of [n] points in order of x. Points with a value that is not finite are left out."""
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
    """The factor, at least 1, by which correlated neighbours increase the variance of the test (Yue and Wang). It is
    estimated from the correlation between the ranks of neighbouring residuals."""
    n = len(residuals)
    # Differences by rounding must count as equal, or the residuals of a straight line would be correlated noise.
    scale = float(np.abs(y).max()) * 1e-9
    ranks = np.unique(np.round(residuals / scale) if scale else residuals, return_inverse=True)[1].astype(np.float64)
    ranks -= ranks.mean()
    power = float((ranks * ranks).sum())
    if not power:
        return 1.0
    r = min(max(float((ranks[1:] * ranks[:-1]).sum()) / power, 0.0), 0.95)
    # The sum of 2 (1 - k/n) r^k over all lags k, for a series whose correlation decays as r^k.
    lags = np.arange(1, n)
    return 1.0 + 2.0 * float(((1 - lags / n) * r**lags).sum())
