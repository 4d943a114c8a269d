"""Completions and median inference latency of each second, over the last quarter of an hour."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.latency.rolling_windows import RollingWindows
from ovtui.records.arrays import Floats

SECONDS_KEPT = 900
LATE_NS = 1_000_000_000
"""A second is taken this long after its end: on a busy machine a record can come some 0.1 s after its request is back,
and two clients of one session would count the last second differently."""


@dataclass(frozen=True, slots=True)
class PerSecondSeries:
    """Columns [n] over seconds, oldest first."""

    t_s: Floats
    """Start of the second, session time."""
    p50_ms: Floats
    """Median inference latency; NaN for a second without completions."""
    count: Floats
    """Completions."""


class PerSecondHistory:
    """Keeps the newest SECONDS_KEPT seconds. Owner: the Digest."""

    def __init__(self) -> None:
        self._rows: deque[tuple[float, float, int]] = deque(maxlen=SECONDS_KEPT)
        self._next_second = 0
        self._final = False

    def follow(self, windows: RollingWindows, now_ns: int, *, final: bool = False) -> None:
        """Takes the seconds that ended LATE_NS before `now_ns` out of the windows; where no records will come any more
        (`final`), all that are complete, and those that the windows still hold once more: on a machine that stood still
        records came later. After a gap of more than a minute the older seconds are missing, because the windows hold
        one minute."""
        newest = now_ns // 1_000_000_000
        end = newest if final else max(now_ns - LATE_NS, 0) // 1_000_000_000
        if final and not self._final:
            self._take_again(newest - 59)
        self._final = final
        for second in range(max(self._next_second, newest - 59), end):
            p50_ms, count = windows.second(second)
            self._rows.append((float(second), p50_ms, count))
        self._next_second = max(end, self._next_second)

    def _take_again(self, since_s: int) -> None:
        while self._rows and self._rows[-1][0] >= since_s:
            self._next_second = int(self._rows.pop()[0])

    def since(self, t_s: float, end_s: float = math.inf) -> PerSecondSeries:
        """The kept seconds that began at `t_s` or later and ended by `end_s`: the one in which a load ended is none."""
        rows = np.array([row for row in self._rows if t_s <= row[0] <= end_s - 1], np.float64).reshape(-1, 3)
        return PerSecondSeries(rows[:, 0], rows[:, 1], rows[:, 2])
