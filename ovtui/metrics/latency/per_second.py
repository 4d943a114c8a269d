"""The last quarter of an hour, second by second: how many came back, and their median inference latency."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.latency.latency import Floats
from ovtui.metrics.latency.rolling_windows import RollingWindows

SECONDS_KEPT = 900


@dataclass(frozen=True, slots=True)
class PerSecondSeries:
    """[n] seconds, oldest first."""

    t_s: Floats
    """When each began, session time."""
    p50_ms: Floats
    """NaN where nothing came back."""
    count: Floats


class PerSecondHistory:
    """Owner: the Digest."""

    def __init__(self) -> None:
        self._rows: deque[tuple[float, float, int]] = deque(maxlen=SECONDS_KEPT)
        self._next = 0

    def follow(self, windows: RollingWindows, now_ns: int) -> None:
        """Takes over the seconds that are whole; of a long time at once only the windows' last minute."""
        whole = now_ns // 1_000_000_000
        for second in range(max(self._next, whole - 59), whole):
            p50_ms, count = windows.second(second)
            self._rows.append((float(second), p50_ms, count))
        self._next = max(whole, self._next)

    def since(self, t_s: float) -> PerSecondSeries:
        """The seconds that began at `t_s` or later."""
        rows = np.array([row for row in self._rows if row[0] >= t_s], np.float64).reshape(-1, 3)
        return PerSecondSeries(rows[:, 0], rows[:, 1], rows[:, 2])
