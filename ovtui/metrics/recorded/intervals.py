"""Intervals of a figure within one run, and of the ratio of two runs that were not interleaved.

**Within a run.** Requests depend on each other, so a run of n of them tells as much as n / effect independent ones
(metrics/confidence/dependence.py). A percentile's interval is the one of order statistics (Hahn, Meeker, Escobar:
Statistical Intervals, 5.2), as Woodruff (J. Am. Stat. Assoc. 47, 1952) takes it over to samples that depend: the number
of requests over the true percentile is binomial, of n / effect requests; its quantiles are the ranks of the interval's
ends. A mean's interval is of its long-run variance.

**Of the ratio.** From each side's estimate and interval at the same confidence, by MOVER, on logarithms (Zou, Donner:
Statistics in Medicine 27, 2008): each end lies as far from the estimate as the root of the squares of the two distances
that could have moved it there. It keeps what is lopsided in a percentile's interval, and is not as wide as the ratio of
the ends, which holds only if both sides are at their worst at once.

It tells of what varied while each run lasted. What had changed between the two runs (heat, other load, a clock) is in
the ratio and not in its interval; only blocks of both in alternation cancel that:
metrics/comparison/paired_blocks.py."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.confidence.binomial_rule import chance_of_at_least, chance_of_at_most
from ovtui.metrics.confidence.dependence import long_run_variance
from ovtui.records.arrays import Floats

CONFIDENCE = 0.95
"""That of `paired_blocks`: the same figure of `ovtui ab` and `ovtui compare` is as sure."""
_TAIL = (1 - CONFIDENCE) / 2
Z = 1.96
"""Two-sided, at CONFIDENCE."""
STANDARD_ERRORS = 1.0
"""By so many the variance of requests that depend on each other is raised, because it is estimated, too. With none the
interval of a ratio held in 87 to 99 % of runs whose latency wanders, with one in 92 to 100 %, and with two, which the
verdicts on limits take at their 99 %, a p99 is known half as often (tests/benchmarks/recorded_coverage.py)."""
LEAST_LOOKS = 5.0
"""Independent requests below which nothing is said: how few they are is itself not known then."""
LEAST_CELLS = 16
EDGES = 2.0
"""Completions that a rate is uncertain by, however regular they are: one at each end of its span."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Of a figure, in its unit, or of a ratio."""

    low: float
    high: float


def percentile_shares(q: float, independent: float) -> tuple[float, float | None]:
    """The shares of requests, 0 to 1, that lie below the ends of the interval of the percentile q (above 0, below 100),
    of so many `independent` requests. The upper one is None where they are too few for an upper end."""
    share = 1 - q / 100
    most = _solve(lambda over: chance_of_at_least(over, independent, share), independent, falls=True)
    if chance_of_at_most(0.0, independent, share) > _TAIL:
        return max(1 - most / independent, 0.0), None
    fewest = _solve(lambda over: chance_of_at_most(over, independent, share), independent, falls=False)
    return max(1 - most / independent, 0.0), 1 - fewest / independent


def _solve(chance: Callable[[float], float], requests: float, *, falls: bool) -> float:
    """The number of requests over the percentile at which the chance is _TAIL, on the safe side."""
    low, high = 0.0, requests
    while high - low > 1e-3 + 1e-6 * requests:
        middle = (low + high) / 2
        if (chance(middle) > _TAIL) == falls:
            low = middle
        else:
            high = middle
    return high if falls else low


def design_effect(sums: Floats, counts: Floats, variance: Floats) -> Floats:
    """As in metrics/confidence/dependence.py, raised by STANDARD_ERRORS: [...] of [..., m] sums of a score over cells
    of [..., m] requests, and [...] the variance of one request's score."""
    total = counts.sum(axis=-1) * variance
    found, error = long_run_variance(sums, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(total > 0, found / total, 1.0)
    raised: Floats = np.maximum(effect, 1.0) * (1 + STANDARD_ERRORS * error)
    return raised


def mean_interval(counts: Floats, sums: Floats, squares: float) -> Interval | None:
    """Of the mean of a value, in its unit: `counts` and `sums`, [m], of cells of consecutive requests, `squares` the
    sum of the squared values. None with fewer than LEAST_LOOKS independent requests."""
    n = float(counts.sum())
    if n < LEAST_LOOKS:
        return None
    mean = float(sums.sum()) / n
    independent = max(squares - n * mean**2, 0.0)
    found, error = long_run_variance(sums, counts)
    variance = max(float(found), independent) * (1 + STANDARD_ERRORS * float(error))
    if variance > 0 and n * independent / variance < LEAST_LOOKS:
        return None
    return around(mean, Z * math.sqrt(variance) / n)


def count_interval(completions: Floats) -> Interval:
    """Of the number of completions in a span, from [m] counts of equal cells of it."""
    n = float(completions.sum())
    if len(completions) < LEAST_CELLS or n < 2 * LEAST_CELLS:
        # Poisson; the second term makes up for the skewness of a small count.
        half = Z * math.sqrt(n + Z * Z / 4) + Z * Z / 2
        return Interval(max(n - half, 0.0), n + half)
    variance, error = long_run_variance(completions, np.ones_like(completions))
    return around(n, max(Z * math.sqrt(float(variance) * (1 + STANDARD_ERRORS * float(error))), EDGES))


def around(value: float, half: float) -> Interval:
    """An interval of a value above 0 that reaches `half` to each side, taken over to logarithms: so it never
    reaches 0."""
    if value <= 0:
        return Interval(0.0, max(half, 0.0))
    times = math.exp(min(half / value, 700.0))
    return Interval(value / times, value * times)


def share_interval(part: float, whole: float, effect: float = 1.0) -> Interval:
    """Of a share, 0 to 1, of which `part` of `whole` was seen (Clopper, Pearson), each divided by the design effect."""
    part, whole = part / effect, whole / effect
    low, high = 0.0, 1.0
    if part > 0:
        low = _root(lambda share: chance_of_at_least(part, whole, share))
    if part < whole:
        high = _root(lambda share: 1 - chance_of_at_most(part, whole, share), 1 - _TAIL)
    return Interval(low, high)


def _root(rises: Callable[[float], float], at: float = _TAIL) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if rises(middle) > at else (middle, high)
    return (low + high) / 2


def ratio_interval(a: float, of_a: Interval, b: float, of_b: Interval) -> Interval:
    """Of b / a, from both estimates and their intervals, none below 0. Where an estimate is 0 there is no logarithm:
    then it is the ratio of the ends, which is wider; its end is infinite where A may be 0."""
    if a <= 0 or b <= 0:
        low = of_b.low / of_a.high if of_a.high else 0.0
        return Interval(low, of_b.high / of_a.low if of_a.low else math.inf)
    ratio = math.log(b / a)
    down = math.hypot(_log_distance(of_b.low, b), _log_distance(a, of_a.high))
    up = math.hypot(_log_distance(b, of_b.high), _log_distance(of_a.low, a))
    return Interval(math.exp(ratio - down), math.exp(ratio + up) if up < 700 else math.inf)


def _log_distance(low: float, high: float) -> float:
    return math.log(high / low) if low > 0 else math.inf
