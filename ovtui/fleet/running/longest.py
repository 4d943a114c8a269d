"""When a box that goes on telling that its session goes on is believed no more."""

from __future__ import annotations

import time
from collections.abc import Callable

from ovtui.records.following import Now
from ovtui.settings.schema.settings import Settings

MORE_S = 3600.0
"""What a load may take beyond its length, and one request may take: slow requests are drained, a load is paused."""
START_S = 86_400.0
"""Longest start: a model is compiled."""
LOAD_S = 7 * 86_400.0
"""Longest load whose end is a number of requests."""


class Longest:
    """Of one run. Owner: whoever follows it."""

    def __init__(self, settings: Settings, patience_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._duration_s, self._more_s, self._clock = settings.duration_s, MORE_S + patience_s, clock
        self._began_s: float | None = None
        self._served_s: float | None = None
        self._over_s: float | None = None
        """Since when the box says that its load is over."""
        self._completed, self._completed_s = -1, 0.0

    def learn(self, now: Now) -> None:
        now_s = self._clock()
        if now.phase in ("finished", "failed", "died"):
            self._over_s = now_s if self._over_s is None else self._over_s
        else:
            self._over_s = None
        if now.phase == "serving" and self._served_s is None:
            self._served_s = now_s
        if now.completed > self._completed:
            self._completed, self._completed_s = now.completed, now_s

    def why_over(self) -> str:
        """As a sentence; empty where the run may still go on."""
        now_s = self._clock()
        over_s = 0.0 if self._over_s is None else now_s - self._over_s
        if over_s > self._more_s:
            return _ended(f"it says that its load is over, and told no end in {over_s:,.0f} s")
        if self._served_s is None:
            self._began_s = now_s if self._began_s is None else self._began_s
            start_s = now_s - self._began_s
            return _ended(f"it says that its session starts, for {start_s:,.0f} s") if start_s > START_S else ""
        served_s, idle_s = now_s - self._served_s, now_s - max(self._completed_s, self._served_s)
        late_s = served_s - (self._duration_s or LOAD_S)
        if late_s > (self._more_s if self._duration_s else 0.0):
            return _ended(f"it says that its load goes on, {late_s:,.0f} s after its latest end")
        if not self._duration_s and idle_s > self._more_s:
            return _ended(f"it says that its load goes on, and no request was completed for {idle_s:,.0f} s")
        return ""


def _ended(what: str) -> str:
    return f"{what}: it is not waited for any longer; look at its device, and at its ovtui"
