"""Counters that only grow (energy, busy time, throttled time) as rates.

A rate is not known at the first reading, over a suspend of the machine, after a counter began anew, and where no time
has passed: then it is None, not 0."""

from __future__ import annotations

import time
from typing import NamedTuple

SUSPEND_NS = 250_000_000
"""A longer time asleep between two readings is a suspend; the two clocks are not read at the same moment."""
_READ_TOGETHER_NS = 10_000_000


class Moment(NamedTuple):
    """When a counter was read."""

    at_ns: int
    """CLOCK_MONOTONIC: stands still while the machine is suspended."""
    asleep_ns: int = 0
    """How long the machine has been suspended since it was started."""

    @classmethod
    def now(cls) -> Moment:
        for _ in range(3):  # the thread may be interrupted between the two
            at_ns, boot_ns = time.monotonic_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            then_ns = time.monotonic_ns()
            if then_ns - at_ns < _READ_TOGETHER_NS:
                break
        return cls(at_ns, boot_ns - then_ns)

    def seconds_since(self, before: Moment) -> float | None:
        """None where the machine was suspended between the two, or no time has passed."""
        if abs(self.asleep_ns - before.asleep_ns) > SUSPEND_NS or self.at_ns <= before.at_ns:
            return None
        return (self.at_ns - before.at_ns) / 1e9


class CounterRate:
    """Owner: the sampler's thread."""

    def __init__(self, *, wraps_at: int | None = None, moves_always: bool = False) -> None:
        """`wraps_at`: the counter's range, after which it begins at 0. `moves_always`: it counts something of which
        there is always some, so that one that stands still is not counting (the energy of a device whose driver has
        stopped it), and its rate is not known."""
        self._wraps_at, self._moves_always = wraps_at, moves_always
        self._before: tuple[Moment, int] | None = None

    def per_second(self, value: int | None, now: Moment) -> float | None:
        """The rate since the last call, in the counter's unit. `value` None: it could not be read, and what comes next
        is a first reading again."""
        before, self._before = self._before, None if value is None or value < 0 else (now, value)
        if before is None or self._before is None or value is None:
            return None
        passed_s, grown = now.seconds_since(before[0]), value - before[1]
        if grown < 0:
            grown = self._wrapped(grown)
        if passed_s is None or grown < 0 or (grown == 0 and self._moves_always):
            return None
        return grown / passed_s

    def _wrapped(self, grown: int) -> int:
        """What was really counted; negative where it began anew: a reset rarely lies within half of the range."""
        if self._wraps_at is None:
            return -1
        wrapped = grown + self._wraps_at
        return wrapped if 0 <= wrapped <= self._wraps_at // 2 else -1


def share_percent(per_second: float | None, of_a_second: float) -> float | None:
    """A rate of busy time as a share of the time, 0 to 100: 500,000 us a second, `of_a_second` 1,000,000, are 50."""
    return None if per_second is None else round(min(100 * per_second / of_a_second, 100.0), 2)
