"""The latency axis: a limit that shows the median well and does not jump, its unit and its ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_STEPS = {1: (0.25, 0.5), 1.5: (0.5,), 2: (0.5, 1), 2.5: (0.5,), 3: (1,), 4: (1, 2), 5: (1, 2.5), 6: (2, 3), 8: (2, 4)}
"""What a limit may begin with, and the distances of its ticks, finest first."""
_UNITS = ((1e3, "s"), (1.0, "ms"), (1e-3, "µs"))
LOWEST_MS, HIGHEST_MS = 1e-3, 1e7
"""What an axis ends at; its labels have room for five characters."""
MAX_UNCLIPPED_RATIO = 4.0
"""A worst up to this many times the usual median is shown in full, because the median stays readable beside it."""
MAX_CLIPPED_RATIO = 8.0
"""Beyond that the axis ends here at most, in usual medians, and what is higher is clipped."""
_SHRINK_BELOW = 0.45
SHRINK_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class LatencyAxis:
    """From 0 to `limit_ms`."""

    limit_ms: float

    @property
    def unit(self) -> str:
        return self._unit()[1]

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Share of the axis and label of each tick above 0, lowest first: at most `most`, and at least the limit's."""
        power = 10.0 ** math.floor(math.log10(self.limit_ms) + 1e-9)
        mantissa = round(self.limit_ms / power, 6)
        steps = [*_STEPS.get(mantissa, ()), mantissa]
        step = next((s for s in steps if mantissa / s <= max(most, 1)), mantissa)
        count = round(mantissa / step)
        return [(i / count, self.label(self.limit_ms * i / count)) for i in range(1, count + 1)]

    def label(self, value_ms: float) -> str:
        """In the axis' unit, without it: at most five characters for a tick."""
        return f"{value_ms / self._unit()[0]:.5g}"

    def _unit(self) -> tuple[float, str]:
        return next((unit for unit in _UNITS if self.limit_ms >= unit[0]), _UNITS[-1])


class AutoAxisLimit:
    """The limit of an axis over frames: grows at once, shrinks once it has been far too high for a while."""

    def __init__(self) -> None:
        self.limit_ms: float | None = None
        self._oversized_since_s: float | None = None

    def update(self, p50_ms: Floats, worst_ms: Floats, now_s: float) -> LatencyAxis:
        """The axis for these columns, [n] each, NaN where nothing completed; `now_s` is the data's own clock."""
        target = fitting_limit_ms(p50_ms, worst_ms)
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
    """The least limit that shows these columns well; None where nothing completed.

    Rare outliers are left to be clipped, or one request of a second would press an 8 ms median onto the floor."""
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
    """The least nice limit that leaves some air above the value."""
    value_ms *= 1.05
    power = 10.0 ** math.floor(math.log10(value_ms))
    mantissa = value_ms / power
    nice = next((m for m in (*_STEPS, 10) if m >= mantissa - 1e-9), 10)
    return float(nice * power)


def short_ms(value_ms: float) -> str:
    """At most six characters up to 99,999 ms: three digits, or all those before the point."""
    value_ms = max(value_ms, 0.0)
    if value_ms >= 99_999.5:
        return f"{value_ms:.1e}".replace("e+0", "e").replace("e+", "e")
    decimals = 0 if value_ms >= 99.95 else 1 if value_ms >= 9.995 else 2 if value_ms >= 0.9995 else 3
    return f"{value_ms:,.{decimals}f}"
