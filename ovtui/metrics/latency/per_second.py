"""Completions and median inference latency of each second, over the last quarter of an hour."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.latency.rolling_windows import RollingWindows
from ovtui.records.arrays import Floats

SECONDS_KEPT = 900


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

    def follow(self, windows: RollingWindows, now_ns: int) -> None:
        """Takes the seconds that are complete by `now_ns` out of the windows. After a gap of more than a minute the
        older seconds are missing, because the windows hold one minute."""
        end = now_ns // 1_000_000_000
        for second in range(max(self._next_second, end - 59), end):
            p50_ms, count = windows.second(second)
            self._rows.append((float(second), p50_ms, count))
        self._next_second = max(end, self._next_second)

    def since(self, t_s: float) -> PerSecondSeries:
        """The kept seconds that began at `t_s` or later."""
        rows = np.array([row for row in self._rows if row[0] >= t_s], np.float64).reshape(-1, 3)
        return PerSecondSeries(rows[:, 0], rows[:, 1], rows[:, 2])
