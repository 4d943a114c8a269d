"""Full batches that OpenVINO held until the batch timer ran out."""

from __future__ import annotations

import math

MIN_TIMEOUT_MS = 10
"""At a shorter timeout a batch that was only delayed looks the same. Beside a busy loop on 2 cores (BATCH:CPU(4), run
of 0.06 ms), of 13,000 to 74,000 batches 0 to 0.08 % lay in the window of 10 ms though the timeout was another one, 0 to
0.02 % in that of 100 ms, none in that of 1000 ms; 0.7, 0.17 and 0.18 % did where it was the timeout. At 2 ms: 0.1 to
0.8 against 1.6 %."""
MIN_TIMEOUT_RUNS = 5
"""The timeout must be more than this many times the median run."""
MIN_TIMEOUT_OF_SLOW_RUNS = 1.5
"""And more than this many times the run that one of a hundred exceeds."""
_LATE_MS, _LATE_SHARE, _LATE_RUNS = 2.0, 0.1, 2
"""A held batch completes at the timeout after its last start, or later by up to so many ms, this share of the timeout
and so many median runs together. Beside a busy loop 23 of 25 that took longer than a timeout of 1000 ms did, 40 of 64
at 200 ms, 123 of 123 at 100 ms."""
_RUNS_KEPT = 256
_RUNS_NEEDED = 16
_REVIEW = 64
"""Runs from one look at the kept ones to the next: a look takes 20 us."""


class HeldBatches:
    """Tells a full batch that was held from one that began with its last request. Owner: the load thread.

    A worker of automatic batching waits in `wait_for` without a predicate and is notified, when its last request comes,
    without its mutex (auto_batch plugin). So a notice that comes between its look at the queue and its wait is lost,
    and the batch, though full, begins when the timer runs out: the timeout after its last request, and hardly later."""

    def __init__(self, timeout_ms: int, group: int = 1) -> None:
        """`group`: B where request k belongs to worker k // B; 1 where that is hidden."""
        self._timeout_ms = timeout_ms
        self._before = timeout_ms, 0
        """The timeout before, ms, and when it was changed, session time."""
        self._size = group
        self.last_start_ns: list[int] = []
        """By worker: the newest start of one of its requests, written by the pool."""
        self._left: list[int] = []
        """By worker: how many members of its judged batch are still to be recorded."""
        self._held: list[bool] = []
        """By worker: the verdict on that batch."""
        self._runs_ms: list[float] = []
        """The newest runs that did not reach the timeout, as a ring."""
        self._next = 0
        self._until_ms = 0.0
        """A batch that completes between the timeout and this was held; 0 where that cannot be told."""

    def set_timeout(self, timeout_ms: int, at_ns: int) -> None:
        """A worker that waits goes on with the timeout of before: so a batch is judged by the one that was in force
        when its last request started."""
        self._before = self._timeout_ms, at_ns
        self._timeout_ms = timeout_ms
        self._review()

    def provide(self, requests: int) -> None:
        """Makes room for the workers of so many requests."""
        more = -(-requests // self._size) - len(self._left)
        self.last_start_ns += [0] * more
        self._left += [0] * more
        self._held += [False] * more

    def is_held(self, k: int, size: int, done_ns: int) -> bool:
        """Whether the full batch in which request `k` completed was held; `size` is the number that ran together. To be
        called for each completed request in order, before it is released: 0.2 us.

        A batch's first member decides: until it is released none of the others has been recorded, so the worker's
        newest start is the last of the batch."""
        worker = k // self._size
        if size != self._size:
            self._left[worker] = 0
            return False
        left = self._left[worker]
        if not left:
            left = self._size
            self._held[worker] = self.judge(self.last_start_ns[worker], done_ns)
        self._left[worker] = left - 1
        return self._held[worker]

    def forget(self, k: int) -> None:
        """After request `k` has failed."""
        self._left[k // self._size] = 0

    def judge(self, last_start_ns: int, done_ns: int) -> bool:
        """Whether a full batch was held, by the start of its last request and the completion of its first. Session
        times. To be called once for each batch."""
        run_ms = (done_ns - last_start_ns) / 1e6
        before_ms, changed_ns = self._before
        timeout_ms = self._timeout_ms if last_start_ns >= changed_ns else before_ms
        if run_ms < timeout_ms:
            self._add(run_ms)
            return False
        return run_ms <= (self._until_ms if timeout_ms == self._timeout_ms else self._window_end_ms(timeout_ms))

    def _add(self, run_ms: float) -> None:
        if len(self._runs_ms) < _RUNS_KEPT:
            self._runs_ms.append(run_ms)
        else:
            self._runs_ms[self._next % _RUNS_KEPT] = run_ms
        self._next += 1
        if self._next % _REVIEW == 0 or self._next == _RUNS_NEEDED:
            self._review()

    def _review(self) -> None:
        self._until_ms = self._window_end_ms(self._timeout_ms)

    def _window_end_ms(self, timeout_ms: int) -> float:
        runs_ms = sorted(self._runs_ms)
        if len(runs_ms) < _RUNS_NEEDED or timeout_ms < MIN_TIMEOUT_MS:
            return 0.0
        median_ms, slow_ms = runs_ms[len(runs_ms) // 2], runs_ms[math.ceil(0.99 * len(runs_ms)) - 1]
        if timeout_ms <= max(MIN_TIMEOUT_RUNS * median_ms, MIN_TIMEOUT_OF_SLOW_RUNS * slow_ms):
            return 0.0
        return timeout_ms + _LATE_MS + _LATE_SHARE * timeout_ms + _LATE_RUNS * median_ms
