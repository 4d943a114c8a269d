"""By how much boxes of one kind differ by nature, and how far a box must lie from the others to be odd.

The spread is Shamos' estimate (the median of the distances between all two of the other boxes), which a few odd ones
among them do not move. Of two or three others it would be luck, so it is put together with what boxes of one kind are
known to differ by (engines of one model in small pages of one machine: 3.8 %, docs/ab.md), that counting as much as
four boxes do. The distance is so many of these spreads as a quantile says that lies between the normal one and that of
a t distribution, at a level of 5 % over all boxes and figures that are compared (Bonferroni)."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ovtui.records.arrays import Floats

FAMILY_LEVEL = 0.05
"""Chance that any box of a fleet of alike ones is marked, at most, by luck of the boxes alone."""
LEAST_MARGIN = 0.05
"""A difference that is surely there, but smaller than that, is no reason to look at a box."""
USUAL_SPREAD = {"throughput": 0.03, "p50": 0.03, "p99": 0.045}
"""Standard deviation of the logarithms between boxes of one kind; of p99 more, as its tail is of few requests."""
_PRIOR_WEIGHT = 3
_SHAMOS_OF_NORMAL = 0.9539
_MAD_OF_NORMAL = 0.6745
_MOST_PAIRED = 40
_EFFICIENCY = 0.8
_OF_T = 0.5
"""Of what the first term of t's expansion adds to the normal quantile: the whole interval has to lie beyond the margin
besides, so that less is needed. As simulated: docs/fleet.md."""


def spread_of(levels: Floats, usual: float) -> float:
    """Standard deviation between boxes, from their [n] levels (logarithms)."""
    freedom = len(levels) - 1
    if freedom < 1:
        return usual
    found = robust_spread(levels)
    return math.sqrt((_PRIOR_WEIGHT * usual**2 + freedom * found**2) / (_PRIOR_WEIGHT + freedom))


def robust_spread(levels: Floats) -> float:
    """The standard deviation of [n] values, two or more, of which a few may lie far out. Of more than 40 by their
    distances from the median, which takes less time and is sure enough of so many."""
    if len(levels) > _MOST_PAIRED:
        return float(np.median(np.abs(levels - np.median(levels)))) / _MAD_OF_NORMAL
    first, second = _pairs_of(len(levels))
    return float(np.median(np.abs(levels[first] - levels[second]))) / _SHAMOS_OF_NORMAL


@cache
def _pairs_of(count: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return np.triu_indices(count, 1)


def margin_of(levels: Floats, usual: float, comparisons: int) -> float:
    """How far (in logarithms, to either side) a box may lie from the median of others with these [n] levels and still
    be one of them. `comparisons`: how many boxes times figures are looked at."""
    quantile = NormalDist().inv_cdf(1 - FAMILY_LEVEL / (2 * max(comparisons, 1)))
    freedom = _PRIOR_WEIGHT + _EFFICIENCY * (len(levels) - 1)
    of_t = quantile * (1 + _OF_T * (quantile**2 + 1) / (4 * freedom))
    of_median = math.sqrt(1 + math.pi / 2 / len(levels))
    return max(math.log1p(LEAST_MARGIN), of_t * of_median * spread_of(levels, usual))
