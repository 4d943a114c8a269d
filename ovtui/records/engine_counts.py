"""What an engine has counted of its requests, as its ring's header tells: whoever holds the ring can read it also after
the engine has died, and so account for every request."""

from __future__ import annotations

import msgspec


class EngineCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over all turns of the engine. Times are session times in nanoseconds."""

    t_ns: int
    """When they were read."""
    submitted: int
    completed: int
    """Records written: requests that came back, failed ones included."""
    shed: int
    waiting: int = 0
    """Open loop: due, and waiting to be sent, at the end of the load thread's last turn. What came due since then
    follows from the schedule (metrics.session.accounts)."""
    schedule_ns: int | None = None
    """Open loop: when the schedule in force began; None in a closed loop, and once the engine has halted."""
    taken_before: int = 0
    """Submitted and shed when that schedule began: what was so since then is the schedule's first part."""
    schedule_segment: int = 0
    """The segment with which it began, whose settings it follows."""
    due_limit: int | None = None
    """How many requests may come due in all before the load ends (`--requests`); None without a limit."""
    alive_ns: int = 0
    """When the load thread last looked at all requests in flight, some 10 ms ago at most where it lives (50 ms where
    completions come by callback); 0 where it never did."""

    @property
    def unfinished(self) -> int:
        """Submitted, and not back."""
        return self.submitted - self.completed
