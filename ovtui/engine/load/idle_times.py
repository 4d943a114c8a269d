"""Open loop: whether a request waited for an idle infer request or for the load thread, judged when it is submitted.

The load thread looks after the due time: by some microseconds as a rule, by 0.4 s after a stall, and much of the time
where it is busier than the device. So the judgement rests on the times in which none was idle, from when the last idle
one was taken to when the first was done. They are known exactly once completions have been looked for: a request is
submitted to an infer request that has come back, so that by then no such time is open. docs/statistics.md has the rule,
which the rows of a recording repeat."""

from __future__ import annotations

from collections import deque

from ovtui.engine.load.driver import FOREVER

ON_TIME_NS = 1_000_000
"""A request that is submitted within this time has had its infer request since it was due: what is due at once, or
nearly so, does not find the same idle one. The limit from which on a request counts as late."""


class IdleTimes:
    """Owner: the load thread, in DueRequests. Times are session times in nanoseconds."""

    def __init__(self) -> None:
        self._idle_since: dict[int, int] = {}
        """When each idle infer request came back; without those that were idle when the schedule began."""
        self._came_back_ns = 0
        """When the last of all came back."""
        self._taken_ns = 0
        """When the newest of those in flight was taken."""
        self._none_since = FOREVER
        """Since when none has been idle as far as is known; FOREVER while one is."""
        self._none: deque[tuple[int, int]] = deque()
        """From when to when none was idle, oldest first, without those before the last request's due time."""
        self._none_ns = 0
        """The sum of these."""
        self._queued_until_ns = 0
        """When the last request was submitted, where it was queued."""

    def begin(self) -> None:
        """A schedule begins; what is in flight has been so since before."""
        self._idle_since.clear()
        self._none.clear()
        self._none_ns = self._taken_ns = self._came_back_ns = self._queued_until_ns = 0
        self._none_since = FOREVER

    def take(self, k: int, due_ns: int, submit_ns: int, left: int) -> bool:
        """Infer request `k` is started for what was due at `due_ns`, and `left` others are known to be idle. For one
        request after the other in the order of their due times. Returns whether it was queued."""
        none = self._none
        while none and none[0][1] <= due_ns:
            since_ns, until_ns = none.popleft()
            self._none_ns -= until_ns - since_ns
        queued = bool(none) and none[0][0] <= due_ns
        if not queued and none and self._queued_until_ns > due_ns:
            queued = 2 * self._none_ns > submit_ns - due_ns
        self._queued_until_ns = submit_ns if queued else 0
        idle_since_ns = self._idle_since.pop(k, 0)
        taken_ns = max(due_ns, idle_since_ns) if submit_ns - due_ns <= ON_TIME_NS else submit_ns
        if taken_ns > self._taken_ns:
            self._taken_ns = taken_ns
        if not left:
            self._none_since = self._taken_ns
        elif self._taken_ns < self._came_back_ns and len(self._idle_since) == left:
            # Taken before the others that are idle now had come back.
            self._none_since = self._taken_ns
            self._end_none(min(self._idle_since.values()))
        return queued

    def note(self, k: int, done_ns: int) -> None:
        """Infer request `k` has come back and is idle from now on. Not for closed loops."""
        self._idle_since[k] = done_ns
        if done_ns > self._came_back_ns:
            self._came_back_ns = done_ns
        if self._none_since != FOREVER:
            self._end_none(done_ns)

    def _end_none(self, at_ns: int) -> None:
        # Done before the last idle one was taken, and found only now: then one was idle all the time.
        if at_ns > self._none_since:
            self._none.append((self._none_since, at_ns))
            self._none_ns += at_ns - self._none_since
        self._none_since = FOREVER

    def resize(self, now_ns: int, idle: int) -> None:
        """The pool has another size from now on; `idle` of its infer requests are idle."""
        if idle and self._none_since != FOREVER:
            self._end_none(now_ns)
        elif not idle and self._none_since == FOREVER:
            self._none_since = self._taken_ns = now_ns

    def wait(self) -> None:
        """Something is due, and none is known to be idle: where a schedule began so, since before."""
        if self._none_since == FOREVER:
            self._none_since = self._taken_ns
