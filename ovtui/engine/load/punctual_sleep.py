"""Sleeping until a due time, woken early by a command."""

from __future__ import annotations

import contextlib
from pathlib import Path
from queue import Empty, SimpleQueue

_TIMER_SLACK = Path("/proc/self/timerslack_ns")


class PunctualSleep:
    """Owner: the load thread, which must be the process's main thread. Any thread may call `wake`.

    The kernel lets a timed sleep end up to 50 us late, so that it can serve several timers at once. With the slack of
    1 ns, sleeps of 1 ms ended 42 us late in the median and not 82, sleeps of 0.1 ms 37 and not 80 (2 cores, other work
    beside)."""

    def __init__(self) -> None:
        self._wakes: SimpleQueue[None] = SimpleQueue()
        with contextlib.suppress(OSError):  # not every kernel offers it: then due times are met less exactly
            _TIMER_SLACK.write_text("1")

    def wake(self) -> None:
        """Ends the sleep, or the next one where the load thread is awake."""
        self._wakes.put(None)

    def sleep(self, duration_ns: int) -> None:
        """Sleeps for at most a second: the caller looks at the clock again."""
        if duration_ns <= 0:
            return
        with contextlib.suppress(Empty):
            self._wakes.get(timeout=min(duration_ns / 1e9, 1.0))
