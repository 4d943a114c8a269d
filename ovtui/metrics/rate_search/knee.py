"""Where a limit is met: a line through what the probes near it have shown, the percentile against log of the rate.

One probe of half a minute tells the rate at which a soft limit is met to some 4 %; all probes near it together tell it
to 1 %. The line is fitted by least squares, weighted with the requests: not with the scatter that each probe shows of
itself, which is large just where the percentile is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.records.study_events import Pressure

NEAR = 0.8
"""The line is one only near the limit: probes whose pressure is further from 0 do not count."""
LEAST_SLOPE, MOST_SLOPE = 0.3, 300.0
"""From 'the percentile grows as the cube root of the rate' to 'the knee is an edge'."""
LEAST_APART = 0.002
"""Rates closer than this, as a share, tell nothing of the slope."""
CURVED = 0.25
"""The line may be off by so much of a probe's pressure, as it is no line."""
RAISED = 0.6
"""The rule raises its design effect by the error of that, and knows no tails: the deviations of a probe are so much of
what it says (tests/benchmarks/find_rate_truth.py)."""
NO_TAIL_TIMES, NO_TAIL = 2.5, 0.02
"""The shape of the tail is not believed where it differs from the percentiles by so many standard errors and
so much."""
RUN_S = 60.0
"""A run of so long at the rate found..."""
MARGIN = 1.8
"""...is to show a figure below the limit, with so many standard deviations to spare: 96 of 100 do."""


@dataclass(frozen=True, slots=True)
class Knee:
    """pressure = slope * (log(rate) - middle) + height."""

    middle: float
    height: float
    slope: float
    height_variance: float
    slope_variance: float
    each: float
    """The variance of the pressure that one request alone would have."""

    @property
    def limit(self) -> float:
        """The rate at which the limit is met, 1/s."""
        return math.exp(self.middle - self.height / self.slope)

    @property
    def limit_sd(self) -> float:
        """As a share of it."""
        return math.sqrt(self._variance(math.log(self.limit))) / self.slope

    @property
    def gap(self) -> float:
        """By what share below the limit a run of RUN_S shows a figure within it, with MARGIN to spare."""
        run = self.each / (self.limit * RUN_S)
        return MARGIN * math.sqrt(self.limit_sd**2 + run / self.slope**2)

    def _variance(self, log_rate: float) -> float:
        return self.height_variance + (log_rate - self.middle) ** 2 * self.slope_variance


def fit_knee(pressures: Mapping[float, Pressure]) -> Knee | None:
    """`pressures`: by rate. None where too few of them are near the limit."""
    near = {rate: each for rate, each in pressures.items() if abs(each.log) < NEAR and each.requests}
    if len(near) < 2 or max(near) < min(near) * (1 + LEAST_APART):
        return None
    by_tail = _tails_fit(list(near.values()))
    requests = sum(each.requests for each in near.values())
    each_variance = sum((RAISED * each.sd * each.requests) ** 2 for each in near.values()) / requests
    x = [math.log(rate) for rate in near]
    y = [each.tail if by_tail and each.tail is not None else each.log for each in near.values()]
    variances = [each_variance / each.requests + (CURVED * each.log) ** 2 for each in near.values()]
    weights = [1 / variance for variance in variances]
    total = sum(weights)
    middle = sum(w * at for w, at in zip(weights, x, strict=True)) / total
    height = sum(w * at for w, at in zip(weights, y, strict=True)) / total
    spread = sum(w * (at - middle) ** 2 for w, at in zip(weights, x, strict=True))
    slope = sum(w * (a - middle) * (b - height) for w, a, b in zip(weights, x, y, strict=True)) / spread
    if not LEAST_SLOPE <= slope <= MOST_SLOPE:
        return None
    misfit = sum(w * (b - height - slope * (a - middle)) ** 2 for w, a, b in zip(weights, x, y, strict=True))
    # Where the probes differ by more than chance, as on a busy machine, less is known.
    inflation = max(misfit / (len(near) - 2), 1.0) if len(near) > 2 else 1.0
    return Knee(middle, height, slope, inflation / total, inflation / spread, each_variance)


def _tails_fit(pressures: Sequence[Pressure]) -> bool:
    """Whether the tails have the shape that their percentiles are taken for."""
    apart = [each.log - each.tail for each in pressures if each.tail is not None]
    if len(apart) < len(pressures):
        return False
    mean = sum(apart) / len(apart)
    error = math.sqrt(sum((each - mean) ** 2 for each in apart) / max(len(apart) - 1, 1) / len(apart))
    return abs(mean) <= max(NO_TAIL_TIMES * error, NO_TAIL)
