"""Sleeping until a due time, woken early by a command."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from ovtui.records.clock import now_ns

_TIMER_SLACK = Path("/proc/self/timerslack_ns")


MAX_LEAD_NS = 60_000
"""A sleep ends earlier by what sleeps before were late, and at most by this; the rest is spun. Bounds what a punctual
submission takes from the inference where no core is free."""


class PunctualSleep:
    """Owner: the load thread, which must be the process's main thread. Any thread may call `wake`.

    The kernel lets a timed sleep end up to 50 us late, so that it can serve several timers at once. With the slack of
    1 ns, sleeps of 1 ms ended 42 us late in the median and not 82, sleeps of 0.1 ms 37 and not 80; with a spin of at
    most 50 us at the end 9 and 0 us (2 cores, other work beside).

    A lock and no SimpleQueue: see records.stack_dump."""

    def __init__(self) -> None:
        self._asleep = threading.Lock()
        """Held but for a wake that no sleep has met yet."""
        self._asleep.acquire()
        self._lead_ns = 0
        """By how much recent sleeps were late."""
        with contextlib.suppress(OSError):  # not every kernel offers it: then due times are met less exactly
            _TIMER_SLACK.write_text("1")

    def wake(self) -> None:
        """Ends the sleep, or the next one where the load thread is awake."""
        with contextlib.suppress(RuntimeError):  # a wake waits for the next sleep already
            self._asleep.release()

    def sleep_until(self, until_ns: int, *, punctually: bool) -> None:
        """`until_ns` on CLOCK_MONOTONIC. Sleeps for at most a second: the caller looks at the clock again. Spins at the
        end if the sleep is to end `punctually`."""
        lead_ns = self._lead_ns if punctually else 0
        wake_ns = until_ns - lead_ns
        duration_ns = wake_ns - now_ns()
        if duration_ns > 0:
            if self._asleep.acquire(timeout=min(duration_ns / 1e9, 1.0)):
                return
            late_ns = now_ns() - wake_ns
            if late_ns < 0 or not punctually:
                return  # a second is over, or there is no hurry
            self._lead_ns += (min(late_ns, MAX_LEAD_NS) - lead_ns) >> 3
        while punctually and now_ns() < until_ns:
            pass
