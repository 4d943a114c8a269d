"""The axis of latency over time: linear from 0, or logarithmic where the worst is far above the median; limits that do
not jump, a unit, and ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from ovtui.dashboard.drawing.value_axis import ValueAxis
from ovtui.metrics import number_format
from ovtui.records.arrays import Floats

AxisMode = Literal["auto", "log", "linear"]
AXIS_MODES: tuple[AxisMode, ...] = ("auto", "log", "linear")
"""In the order of the key that changes it."""

_STEPS = {1: (0.25, 0.5), 1.5: (0.5,), 2: (0.5, 1), 2.5: (0.5,), 3: (1,), 4: (1, 2), 5: (1, 2.5), 6: (2, 3), 8: (2, 4)}
"""The mantissas of linear limits and, for each, the distances of ticks in the same unit, finest first."""
_LOG_STEPS = (1.0, 2.0, 5.0, 10.0)
"""The mantissas of both ends of a logarithmic axis."""
_UNITS = ((1e3, "s"), (1.0, "ms"), (1e-3, "µs"))
LOWEST_MS, HIGHEST_MS = 1e-3, 1e7
"""The least and the greatest limit; labels have at most five characters."""
TO_LOG_RATIO, TO_LINEAR_RATIO = 20.0, 10.0
"""The automatic axis becomes logarithmic where the worst is more than so many times the median, and linear again where
it is less than so many times: one outlier that comes and goes does not turn it each time."""
MAX_UNCLIPPED_RATIO = 4.0
"""On a linear axis, worst values up to this many times the usual median are shown in full. Of worst values above that
the highest tenth of the columns may be clipped, so that the median remains readable beside the rest."""
_HIGH_SHARE, _LOW_SHARE = 0.9, 0.1
"""The usual median, from above and from below: of the columns, so many lie under it."""
_SHRINK_BELOW = 0.45
_LOG_SHRINK_BELOW = 0.2
SHRINK_AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class LatencyAxis:
    """An axis up to `limit_ms`: from 0, or logarithmic from `low_ms`."""

    limit_ms: float
    low_ms: float = 0.0

    @property
    def log(self) -> bool:
        return self.low_ms > 0

    def shares(self, values_ms: Floats) -> Floats:
        """[n] shares of the height, 0 to 1; NaN for NaN. Values beyond the axis are at its ends."""
        inside = np.clip(values_ms, self.low_ms, self.limit_ms)
        if not self.log:
            return inside / self.limit_ms
        return np.log(inside / self.low_ms) / math.log(self.limit_ms / self.low_ms)

    @property
    def unit(self) -> str:
        return self._unit()[1]

    @property
    def low_label(self) -> str:
        """The label of the lower end."""
        return number_format.significant(self.low_ms / self._unit()[0], 4, grouped=False) if self.log else "0"

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Share of the axis and label of each tick above the lower end, lowest first: at most `most`. On a linear axis
        the limit always has one; on a logarithmic one ticks are at 1, 2 and 5, or at decades."""
        if self.log:
            unit_ms = self._unit()[0]
            ruler = ValueAxis(self.low_ms / unit_ms, self.limit_ms / unit_ms, log=True)
            most = max(most, 1)
            for tried in (most + 1, most):  # one of them may be at the lower end, which has a label of its own
                ticks = [tick for tick in ruler.ticks(tried) if tick[0] > 1e-9]
                if len(ticks) <= most:
                    break
            return ticks[-most:]
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
        if self.log and self.limit_ms >= 1.0:
            # All labels in one unit: seconds only where no label would be a fraction of one.
            return _UNITS[0] if self.low_ms >= 1e3 else _UNITS[1]
        return next((unit for unit in _UNITS if self.limit_ms >= unit[0]), _UNITS[-1])


class AutoAxis:
    """The axis from frame to frame: grows at once, shrinks after it has been far too high for 3 s; in the mode "auto"
    it becomes logarithmic and linear by itself. Owner: a chart."""

    def __init__(self, mode: AxisMode = "auto") -> None:
        self.mode = mode
        self.log = False
        self._axis: LatencyAxis | None = None
        self._oversized_since_s: float | None = None

    def update(self, p50_ms: Floats, worst_ms: Floats, now_s: float, split: int = 0) -> LatencyAxis:
        """The axis for these columns: [n] each, NaN in columns in which no request completed; `now_s`: by the clock of
        the data. `split`: the columns before this one and those from it on are both to be shown well, however few of
        one side hold requests: around a change of device, a timer's few completions beside a stand-in's many."""
        parts = (slice(0, split), slice(split, None)) if split else (slice(None),)
        sides = [side for part in parts if (side := _extent(p50_ms[part], worst_ms[part])) is not None]
        if not sides:
            return self._axis or LatencyAxis(1.0)
        self.log = self._is_log(max(side.top for side in sides) / min(side.usual for side in sides))
        if self.log:
            low_ms, top_ms = min(side.low for side in sides), max(side.top for side in sides)
            wanted = log_axis(low_ms, top_ms)
        else:
            low_ms, top_ms = 0.0, max(side.fitting for side in sides)
            wanted = LatencyAxis(nice_limit_ms(top_ms))
        axis = self._axis
        if axis is None or axis.log != self.log:
            axis, self._oversized_since_s = wanted, None
        elif top_ms > axis.limit_ms or low_ms < axis.low_ms:
            axis = LatencyAxis(max(axis.limit_ms, wanted.limit_ms), min(axis.low_ms, wanted.low_ms))
            self._oversized_since_s = None
        elif not _is_oversized(axis, low_ms, top_ms):
            self._oversized_since_s = None
        elif self._oversized_since_s is None or now_s < self._oversized_since_s:
            self._oversized_since_s = now_s
        elif now_s - self._oversized_since_s >= SHRINK_AFTER_S:
            axis, self._oversized_since_s = wanted, None
        self._axis = axis
        return axis

    def _is_log(self, ratio: float) -> bool:
        """`ratio`: of the worst to the usual median."""
        if self.mode != "auto":
            return self.mode == "log"
        return ratio >= TO_LINEAR_RATIO if self.log else ratio > TO_LOG_RATIO


def _is_oversized(axis: LatencyAxis, low_ms: float, top_ms: float) -> bool:
    if not axis.log:
        return top_ms < _SHRINK_BELOW * axis.limit_ms
    return top_ms < _LOG_SHRINK_BELOW * axis.limit_ms or axis.low_ms < _LOG_SHRINK_BELOW * low_ms


class _Extent(NamedTuple):
    """Of columns in which requests completed, all in ms."""

    low: float
    """The least median."""
    usual: float
    """The median that a tenth of the columns are under."""
    top: float
    """The greatest worst."""
    fitting: float
    """See fitting_limit_ms."""


def _extent(p50_ms: Floats, worst_ms: Floats) -> _Extent | None:
    """None where no request completed."""
    medians, worsts = (np.sort(v[np.isfinite(v)].clip(LOWEST_MS, HIGHEST_MS)) for v in (p50_ms, worst_ms))
    if not len(worsts):
        return None
    if not len(medians):
        medians = worsts
    top = float(worsts[-1])
    fitting = top
    usual = _quantile(medians, _HIGH_SHARE)
    if top > MAX_UNCLIPPED_RATIO * usual:
        fitting = max(_quantile(worsts, _HIGH_SHARE), 1.3 * usual)
    fitting = max(fitting, float(medians[-1]))
    low = float(min(medians[0], worsts[-1]))
    return _Extent(low, float(medians[int(_LOW_SHARE * (len(medians) - 1))]), max(top, float(medians[-1])), fitting)


def _quantile(ascending: Floats, share: float) -> float:
    """The value that at least this share of them do not exceed."""
    return float(ascending[math.ceil(share * (len(ascending) - 1))])


def fitting_limit_ms(p50_ms: Floats, worst_ms: Floats) -> float | None:
    """The least limit of a linear axis that shows these columns well; None where no request completed.

    All medians are below it. Rare worst values are not, and are clipped: otherwise one request of a second would
    flatten a median of 8 ms."""
    extent = _extent(p50_ms, worst_ms)
    return extent.fitting if extent is not None else None


def nice_limit_ms(value_ms: float) -> float:
    """The least round limit that leaves 5 % above the value."""
    value_ms *= 1.05
    power = 10.0 ** math.floor(math.log10(value_ms))
    mantissa = value_ms / power
    nice = next((m for m in (*_STEPS, 10) if m >= mantissa - 1e-9), 10)
    return float(nice * power)


def log_axis(low_ms: float, top_ms: float) -> LatencyAxis:
    """A logarithmic axis from a round value under `low_ms` to one over `top_ms`, over a decade or more."""
    limit_ms = _round_up(top_ms * 1.05)
    low_ms = max(min(_round_down(low_ms / 1.05), _round_down(limit_ms / 10)), LOWEST_MS)
    return LatencyAxis(max(limit_ms, 10 * low_ms), low_ms)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{next((m for m in _LOG_STEPS if m >= value / power - 1e-9), 10.0) * power:.6g}")


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    return float(f"{max(m for m in _LOG_STEPS if m <= value / power + 1e-9) * power:.6g}")


def short_ms(value_ms: float) -> str:
    """At most six characters up to 99,999 ms: three significant digits, or all digits before the point."""
    value_ms = max(value_ms, 0.0)
    if value_ms >= 99_999.5:
        return number_format.scientific(value_ms, 1)
    decimals = 0 if value_ms >= 99.95 else number_format.decimals_of(value_ms)
    return number_format.milliseconds(value_ms, decimals)
