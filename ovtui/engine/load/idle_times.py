"""Open loop: whether an infer request was idle when a request came due, judged later.

The load thread looks after the due time: by some microseconds as a rule, by 0.4 s after a stall. Then many requests are
overdue at once and few infer requests are idle, and yet each of them may have found an idle one at its due time. So the
judgement rests on when infer requests became idle, which is known exactly once their completions have been looked for,
and on what the overdue requests before it would have taken then: each would have been in flight for as long as
requests are as a rule. Only what found none idle has waited for one; the rest is late because the load thread was."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappush, heapreplace

from ovtui.engine.load.driver import FOREVER


class IdleTimes:
    """Owner: the load thread, in DueRequests. Times are session times in nanoseconds."""

    def __init__(self) -> None:
        self._idle_since: list[int] = []
        """Completion times of the infer requests that became idle since the last look, in any order."""
        self._service_ns = 0
        """How long requests are in flight: their median, followed in steps of an eighth. Not the last one's time, which
        a stall makes as long as itself. 0 before the first has come back."""

    def note(self, submit_ns: int, done_ns: int) -> None:
        """An infer request has come back and is idle from now on. Not for closed loops."""
        self._idle_since.append(done_ns)
        service_ns, before_ns = done_ns - submit_ns, self._service_ns
        if not before_ns:
            self._service_ns = max(service_ns, 1)
        elif service_ns > before_ns:
            self._service_ns = min(before_ns + (before_ns >> 3) + 1, service_ns)
        else:
            self._service_ns = max(before_ns - (before_ns >> 3), service_ns, 1)

    def look(self, until_ns: int) -> None:
        """Ends a look at what was due until `until_ns`: what has become idle by then was idle before all later ones."""
        if self._idle_since:
            self._idle_since[:] = [since_ns for since_ns in self._idle_since if since_ns > until_ns]

    def found_none(self, due_ns: Sequence[int], waiting: int, idle: int) -> list[bool]:
        """[n] for n requests, oldest first, that have come due since the last look: whether none was idle when each
        did. `waiting`: older requests that wait before them; `idle`: infer requests that are idle now."""
        since, service_ns = self._idle_since, self._service_ns or FOREVER
        if not waiting and len(due_ns) <= idle and (not since or max(since) <= due_ns[0]):
            return [False] * len(due_ns)
        # Those that became idle first are taken first, and may have been taken since they were noted.
        ready = sorted(since)[-idle:] if idle else []
        spare = idle - len(ready)
        heapify(ready)
        spare -= min(waiting, spare)  # none: what is idle before a look is taken in it
        for _ in range(waiting):
            if not ready or ready[0] > due_ns[-1]:
                break
            heapreplace(ready, ready[0] + service_ns)
        found: list[bool] = []
        for due in due_ns:
            none = not spare and (not ready or ready[0] > due)
            found.append(none)
            if spare:
                spare -= 1
                heappush(ready, due + service_ns)
            elif ready:
                heapreplace(ready, max(due, ready[0]) + service_ns)
        return found
