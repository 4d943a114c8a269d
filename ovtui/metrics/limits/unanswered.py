"""What came due in the segment in force and has no latency: shed, unsent, in flight, or lost.

Held against a limit they are

- over it for good: shed requests, and those unsent when the load ended that had waited for longer than the limit. Of a
  request that is due and was not answered in time it is known that it missed the limit, whatever its latency would be;
- over it: those in flight for longer than the limit, now or when the load ended;
- unknown: those whose records were lost; and, for service and inference latencies, which a request has only once it was
  sent, those that were never sent.

What had waited for less than the limit when the load ended was cut off by that end, and tells nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ovtui.metrics.session.accounts import Unsent
from ovtui.records.arrays import Floats
from ovtui.settings.schema.slo import Limit


@dataclass(frozen=True, slots=True)
class AgainstLimit:
    """Counts of requests, held against one limit on a latency."""

    never: int = 0
    """Over it for good."""
    waiting: int = 0
    """In flight for longer than it."""
    unknown: int = 0
    why_unknown: str = ""
    waited_ms: float = 0.0
    """What those without a latency had waited, together and at the least."""
    without: int = 0
    """How many there are, however long they waited."""

    @property
    def over(self) -> int:
        return self.never + self.waiting

    def text(self, limit: Limit) -> str:
        """'486 never sent, 4 not back in time'; empty where there are none."""
        parts = []
        if self.never:
            parts.append(f"{self.never:,} never sent")
        if self.waiting:
            parts.append(f"{self.waiting:,} in flight for longer than {limit.bound:g} ms")
        if self.unknown:
            parts.append(f"{self.unknown:,} {self.why_unknown}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Unanswered:
    """Of the segment in force, now or at its end."""

    shed: int = 0
    lost: int = 0
    unsent: tuple[Unsent, ...] = ()
    unsent_known: bool = True
    """False where nothing tells how many there were."""
    in_flight_ms: Floats = field(default_factory=lambda: np.zeros(0))
    """How long each had been in flight at the least."""

    def against(self, limit: Limit) -> AgainstLimit:
        """`limit`: on a latency, in ms."""
        late = int(np.count_nonzero(self.in_flight_ms >= limit.bound))
        in_flight_ms = float(self.in_flight_ms.sum())
        unsent = sum(part.count for part in self.unsent)
        if limit.latency != "response":
            never_sent = self.shed + unsent + (not self.unsent_known)
            why = "not recorded" if not never_sent else "never sent or not recorded" if self.lost else "never sent"
            return AgainstLimit(0, late, self.lost + never_sent, why, in_flight_ms, len(self.in_flight_ms))
        never, unknown, waited_ms = self.shed, self.lost + (not self.unsent_known), in_flight_ms
        for part in self.unsent:
            overdue = part.waited_longer(limit.bound)
            if overdue is None:
                unknown += part.count
            else:
                never += overdue
            waited_ms += part.waited_ms
        why = "not recorded" if unknown == self.lost else "of which nothing is known"
        return AgainstLimit(never, late, unknown, why, waited_ms, self.shed + unsent + len(self.in_flight_ms))
