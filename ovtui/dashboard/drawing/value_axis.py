"""The axis of the distributions: logarithmic or linear, between round limits that rarely change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovtui.metrics import number_format
from ovtui.records.arrays import Floats

_NICE_MANTISSAS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
_LABELLED_MANTISSAS = (1.0, 2.0, 5.0)
LOWEST_MS = 1e-3


@dataclass(frozen=True, slots=True)
class ValueAxis:
    low_ms: float
    high_ms: float
    log: bool

    def share(self, value_ms: Floats) -> Floats:
        """[n] positions along the axis, 0 to 1; beyond that for values beyond the axis, NaN for NaN."""
        if not self.log:
            return (value_ms - self.low_ms) / (self.high_ms - self.low_ms)
        with np.errstate(invalid="ignore"):
            return np.log(np.maximum(value_ms, 1e-9) / self.low_ms) / math.log(self.high_ms / self.low_ms)

    def edges(self, n: int) -> Floats:
        """[n + 1] borders of n parts that are equally wide on the axis, ms."""
        make = np.geomspace if self.log else np.linspace
        found: Floats = make(self.low_ms, self.high_ms, n + 1)
        return found

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Share of the axis, and label without unit, of at most `most` round values, ascending."""
        values = self._log_ticks(most) if self.log else self._linear_ticks(most)
        shares = self.share(np.array(values, np.float64)).tolist()
        return [(share, tick_label(value)) for share, value in zip(shares, values, strict=True)]

    def _log_ticks(self, most: int) -> list[float]:
        powers = range(math.floor(math.log10(self.low_ms)), math.ceil(math.log10(self.high_ms)) + 1)
        for mantissas in (_LABELLED_MANTISSAS, (1.0, 3.0), (1.0,)):
            values = [m * 10.0**p for p in powers for m in mantissas]
            values = [v for v in values if self.low_ms * 0.999 <= v <= self.high_ms * 1.001]
            if len(values) <= most:
                break
        else:  # decades, evenly: every second one, every third one, with the highest among them
            apart = -(-len(values) // max(most, 1))
            values = values[(len(values) - 1) % apart :: apart]
        if len(values) < 2:
            # For less than a decade, the ticks of a linear axis.
            return self._linear_ticks(most)
        return values

    def _linear_ticks(self, most: int) -> list[float]:
        span = self.high_ms - self.low_ms
        raw = span / max(most, 1)
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw * 0.999)
        first = math.ceil(self.low_ms / step - 1e-9)
        return [i * step for i in range(first, math.floor(self.high_ms / step + 1e-9) + 1)]


def axis_for(low_ms: float, high_ms: float, *, log: bool) -> ValueAxis:
    """The axis between round values around both ends: small changes of the ends do not move it. A linear axis starts
    at 0."""
    low_ms, high_ms = max(low_ms, LOWEST_MS), max(high_ms, LOWEST_MS * 1.5)
    if log:
        return ValueAxis(nice_below(low_ms), nice_above(max(high_ms, low_ms * 1.2)), log=True)
    return ValueAxis(0.0, nice_above(high_ms), log=False)


def nice_below(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    return max(m for m in _NICE_MANTISSAS if m * power <= value * (1 + 1e-9)) * power


def nice_above(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    return next((m for m in _NICE_MANTISSAS if m * power >= value * (1 - 1e-9)), 10.0) * power


def tick_label(value_ms: float) -> str:
    """At most five characters: '0.05', '2.5', '20', '1000', '1e5'."""
    if value_ms >= 99_999.5:
        return number_format.scientific(value_ms, 0)
    return number_format.significant(value_ms, 4, grouped=False)
