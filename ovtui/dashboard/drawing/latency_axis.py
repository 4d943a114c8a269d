"""The latency axis from 0: a limit that shows the median well and does not jump, a unit, and ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ovtui.metrics import number_format
from ovtui.records.arrays import Floats

_STEPS = {1: (0.25, 0.5), 1.5: (0.5,), 2: (0.5, 1), 2.5: (0.5,), 3: (1,), 4: (1, 2), 5: (1, 2.5), 6: (2, 3), 8: (2, 4)}
"""The mantissas of limits and, for each, the distances of ticks in the same unit, finest first."""
_UNITS = ((1e3, "s"), (1.0, "ms"), (1e-3, "µs"))
LOWEST_MS, HIGHEST_MS = 1e-3, 1e7
"""The least and the greatest limit; labels have at most five characters."""
MAX_UNCLIPPED_RATIO = 4.0
"""Worst values up to this many times the usual median are shown in full: the median remains readable beside them."""
MAX_CLIPPED_RATIO = 8.0
"""With worst values above that, the axis ends at most here, in multiples of the usual median; the rest is clipped."""
_SHRINK_BELOW = 0.45
SHRINK_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class LatencyAxis:
    """An axis from 0 to `limit_ms`."""

    limit_ms: float

    @property
    def unit(self) -> str:
        return self._unit()[1]

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Share of the axis and label of each tick above 0, lowest first: at most `most`, but always the limit's."""
        power = 10.0 ** math.floor(math.log10(self.limit_ms) + 1e-9)
        mantissa = round(self.limit_ms / power, 6)
        steps = [*_STEPS.get(mantissa, ()), mantissa]
        step = next((s for s in steps if mantissa / s <= max(most, 1)), mantissa)
        count = round(mantissa / step)
        return [(i / count, self.label(self.limit_ms * i / count)) for i in range(1, count + 1)]

    def label(self, value_ms: float) -> str:
        """The value in the axis' unit, without the unit's name: at most five characters for a tick."""
        return number_format.significant(value_ms / self._unit()[0], 5, grouped=False)

    def _unit(self) -> tuple[float, str]:
        return next((unit for unit in _UNITS if self.limit_ms >= unit[0]), _UNITS[-1])


class AutoAxisLimit:
    """The limit of an axis from frame to frame: grows at once, shrinks after it has been far too high for 3 s."""

    def __init__(self) -> None:
        self.limit_ms: float | None = None
        self._oversized_since_s: float | None = None

    def update(self, p50_ms: Floats, worst_ms: Floats, now_s: float, split: int = 0) -> LatencyAxis:
        """The axis for these columns: [n] each, NaN in columns in which no request completed; `now_s`: by the clock of
        the data. `split`: the columns before this one and those from it on are both to be shown well, however few of
        one side hold requests: around a change of device, a timer's few completions beside a stand-in's many."""
        sides = [fitting_limit_ms(p50_ms[part], worst_ms[part]) for part in (slice(0, split), slice(split, None))]
        target = max((limit_ms for limit_ms in sides if limit_ms is not None), default=None)
        limit = self.limit_ms
        if target is None:
            return LatencyAxis(limit or 1.0)
        if limit is None or target > limit:
            limit = nice_limit_ms(target)
            self._oversized_since_s = None
        elif target >= _SHRINK_BELOW * limit:
            self._oversized_since_s = None
        elif self._oversized_since_s is None or now_s < self._oversized_since_s:
            self._oversized_since_s = now_s
        elif now_s - self._oversized_since_s >= SHRINK_AFTER_S:
            limit = nice_limit_ms(target)
            self._oversized_since_s = None
        self.limit_ms = limit
        return LatencyAxis(limit)


def fitting_limit_ms(p50_ms: Floats, worst_ms: Floats) -> float | None:
    """The least limit that shows these columns well; None where no request completed.

    Rare outliers do not count and are clipped: otherwise one request of a second would flatten a median of 8 ms."""
    medians, worsts = (v[np.isfinite(v)].clip(0, HIGHEST_MS) for v in (p50_ms, worst_ms))
    if not len(worsts):
        return None
    usual = float(np.quantile(medians, 0.9)) if len(medians) else float(np.median(worsts))
    top = float(worsts.max())
    if top > MAX_UNCLIPPED_RATIO * usual:
        top = min(float(np.quantile(worsts, 0.9)), MAX_CLIPPED_RATIO * usual)
        top = max(top, 1.3 * usual)
    return max(top, LOWEST_MS)


def nice_limit_ms(value_ms: float) -> float:
    """The least round limit that leaves 5 % above the value."""
    value_ms *= 1.05
    power = 10.0 ** math.floor(math.log10(value_ms))
    mantissa = value_ms / power
    nice = next((m for m in (*_STEPS, 10) if m >= mantissa - 1e-9), 10)
    return float(nice * power)


def short_ms(value_ms: float) -> str:
    """At most six characters up to 99,999 ms: three significant digits, or all digits before the point."""
    value_ms = max(value_ms, 0.0)
    if value_ms >= 99_999.5:
        return number_format.scientific(value_ms, 1)
    decimals = 0 if value_ms >= 99.95 else number_format.decimals_of(value_ms)
    return number_format.milliseconds(value_ms, decimals)
