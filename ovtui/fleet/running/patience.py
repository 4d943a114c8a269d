"""How long a box that cannot be reached is waited for, and in which pauses."""

from __future__ import annotations

import time
from collections.abc import Callable

from ovtui.fleet.box import FaultKind
from ovtui.records.following import Now
from ovtui.settings.schema.settings import Settings

LOST: tuple[FaultKind, ...] = ("lost", "silent", "unreachable")
"""Faults of the way to the box: another try may go through."""
FIRST_PAUSE_S, GROWTH, LONGEST_PAUSE_S = 0.5, 1.7, 15.0
STARTS_S = 120.0
"""What a start may take of which nothing is known."""


class Patience:
    """Until the run's expected end, and `patience_s` more."""

    def __init__(self, settings: Settings, patience_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._patience_s, self._clock = settings, patience_s, clock
        self._ends_s: float | None = None
        """When the load is expected to end, by `clock`; None where that is not known."""
        self._lost_s: float | None = None
        self._pause_s = FIRST_PAUSE_S
        self._hurry_until_s: float | None = None

    def hurry(self, seconds: float) -> None:
        """From now on a box is waited for no longer than this."""
        self._hurry_until_s = self._clock() + seconds

    def reached(self) -> None:
        """The box has answered."""
        self._lost_s, self._pause_s = None, FIRST_PAUSE_S

    def learn(self, now: Now) -> None:
        """Takes the expected end out of how the session stands."""
        settings, ends = self._settings, []
        if now.phase == "serving":
            if settings.requests and now.throughput:
                ends.append(max(settings.requests - now.completed, 0) / now.throughput)
            if settings.duration_s and self._ends_s is None:
                ends.append(settings.duration_s)
            if ends:
                found_s = self._clock() + min(ends)
                known_s = self._ends_s if settings.duration_s and self._ends_s is not None else None
                self._ends_s = found_s if known_s is None else min(known_s, found_s)
        elif now.phase in ("finished", "failed", "died"):
            self._ends_s = self._clock()

    def is_over(self) -> bool:
        return self._clock() >= self._until_s()

    def pause_s(self, last_line_s: float | None = None) -> float | None:
        """How long to wait before the next try, after one has failed; None where the patience is over. `last_line_s`:
        when the box was heard of last."""
        now_s = self._clock()
        if self._lost_s is None:
            self._lost_s = last_line_s if last_line_s is not None else now_s
        left_s = self._until_s() - now_s
        if left_s <= 0:
            return None
        pause_s, self._pause_s = self._pause_s, min(self._pause_s * GROWTH, LONGEST_PAUSE_S)
        return min(pause_s, left_s)

    def _until_s(self) -> float:
        lost_s = self._lost_s if self._lost_s is not None else self._clock()
        ends_s = self._ends_s if self._ends_s is not None else lost_s + (self._settings.duration_s or STARTS_S)
        until_s = max(lost_s, ends_s) + self._patience_s
        return until_s if self._hurry_until_s is None else min(until_s, self._hurry_until_s)
