"""The ratio of two settings from paired blocks of load, with an interval that holds without assumptions on the shape.

A figure (throughput, p50) is taken once in each block. Blocks that follow one another, one with each settings, make a
pair; what both have in common (a drift, other load on the machine) cancels in their ratio. Of the logarithms of those
ratios the Hodges-Lehmann estimate is taken (the median of the means of all two of them), with the interval that belongs
to Wilcoxon's signed-rank test (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3.1 to 3.3). Its
distribution is computed exactly, not by a normal approximation.

The requests of one block are not independent of each other: a test over requests finds differences where there are none
in 83 to 97 % of cases, one over the figures of paired blocks in 5 to 6 %."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from ovtui.records.arrays import Floats
from ovtui.records.trial_events import CONFIDENCE, least_pairs

LEAST_PAIRS = least_pairs(CONFIDENCE)
"""6: with five pairs the widest exact interval, from the lowest ratio to the highest, holds in 93.75 % only."""
DISTRIBUTIONS = 64
"""Of the signed-rank statistic that are kept: 1 MB each with 200 pairs."""


@dataclass(frozen=True, slots=True)
class PairedRatio:
    """A figure under settings B, divided by the same figure under A."""

    pairs: int
    """Pairs in which both blocks have the figure."""
    estimate: float | None = None
    """None without a pair."""
    low: float | None = None
    high: float | None = None
    """The interval that holds the ratio in at least `confidence` of comparisons; None with fewer than `least_pairs` of
    them."""
    p_value: float | None = None
    """Of Wilcoxon's signed-rank test that the ratio is 1, both sides; None without a pair."""
    confidence: float = CONFIDENCE
    """Of the interval, at least."""

    @property
    def width(self) -> float | None:
        """high / low - 1: 0.06 of an interval from 0.97 to 1.03."""
        return None if self.low is None or self.high is None else self.high / self.low - 1


def paired_ratio(a: Sequence[float | None], b: Sequence[float | None], confidence: float = CONFIDENCE) -> PairedRatio:
    """The ratio B / A of a figure that was taken `a[i]` and `b[i]` in the blocks of pair i, [n] each.

    A pair in which a value is None, not finite or not above 0 is left out. Raises ValueError when the lengths
    differ."""
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if _usable(x) and _usable(y)]
    if not pairs:
        return PairedRatio(0, confidence=confidence)
    differences = np.array([math.log(y / x) for x, y in pairs if x is not None and y is not None])
    means = _walsh_averages(differences)
    low = high = None
    outside = _outside_count(len(differences), confidence)
    if outside is not None:
        low, high = math.exp(means[outside]), math.exp(means[-1 - outside])
    return PairedRatio(
        len(differences), math.exp(float(np.median(means))), low, high, signed_rank_p_value(differences), confidence
    )  # fmt: skip


def signed_rank_p_value(differences: Floats) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test on [n] paired differences, exact also with ties.

    Differences of 0 are left out (Wilcoxon's way); equal sizes share the mean of their ranks."""
    kept = differences[differences != 0]
    if not len(kept):
        return 1.0
    sizes = np.abs(kept)
    below = (sizes[:, None] > sizes[None, :]).sum(axis=1)
    tied = (sizes[:, None] == sizes[None, :]).sum(axis=1)
    doubled_ranks = 2 * below + tied + 1  # twice the mean rank is a whole number
    chances = _distribution(tuple(int(rank) for rank in np.sort(doubled_ranks)))
    positive = int(doubled_ranks[kept > 0].sum())
    return float(min(1.0, 2 * min(chances[: positive + 1].sum(), chances[positive:].sum())))


def _usable(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value > 0


def _walsh_averages(differences: Floats) -> Floats:
    """The means of all two of [n] differences, and of each with itself, ascending: [n (n + 1) / 2]."""
    first, second = _pairs_of(len(differences))
    means: Floats = np.sort((differences[first] + differences[second]) / 2)
    return means


@cache
def _pairs_of(count: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return np.triu_indices(count)


@cache
def _outside_count(pairs: int, confidence: float) -> int | None:
    """How many means lie outside the interval at each end, at most; None where even the lowest and the highest mean
    hold in less than the confidence."""
    below = np.cumsum(_distribution(tuple(range(1, pairs + 1))))
    count = int(np.searchsorted(below, (1 - confidence) / 2, side="right"))
    return count - 1 if count else None


@lru_cache(maxsize=DISTRIBUTIONS)
def _distribution(ranks: tuple[int, ...]) -> Floats:
    """Chance of each sum of the ranks of the positive differences where either sign is as likely: [sum of ranks + 1]
    chances. With ranks 1 to n it is the distribution of Wilcoxon's signed-rank statistic."""
    chances: Floats = np.zeros(sum(ranks) + 1)
    chances[0] = 1.0
    for rank in ranks:
        with_rank = np.zeros_like(chances)
        with_rank[rank:] = chances[: len(chances) - rank]
        chances = (chances + with_rank) / 2
    return chances
