"""Detects overload of an open loop: requests come due faster than they complete, and the queue grows.

Completed requests show it: while the completions of one second arrive, the due times advance by less than a second. The
same requests, counted by due time, give the rate at which they came due, and counted by completion time the rate at
which they completed. The difference is the growth of the queue, although the requests in the queue have no records yet.
After a change of the load the completions first show the old load, until the queue is worked off; so a known rate takes
precedence over the measured one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ovtui.metrics import number_format
from ovtui.metrics.judgement.trend_test import trend
from ovtui.metrics.latency.rolling_windows import Flow
from ovtui.records.arrays import Floats

SPAN_S = 3.0
"""The span over which growth is measured. Overload is shown about 2 s after it begins."""
MIN_SLOTS = 8
MIN_GROWTH_SHARE = 0.02
"""Growth below this share of the due rate is not called overload."""
MIN_WAIT_MS = 20.0
"""A queue whose requests wait less than this before submission is not called overload either."""
_TAU = 0.66
"""Kendall's tau of the waits over twelve slots: three standard deviations. There is no correction for correlated
neighbours, because the waits in a queue always are correlated."""

QueueState = Literal["steady", "growing", "full", "shrinking"]


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of requests that are due and not yet submitted."""

    state: QueueState
    growth_per_s: float
    """Requests per second; negative if the queue shrinks. Shed requests do not count as growth."""
    waiting: int
    """Estimated number of waiting requests, by Little's law from their wait and the due rate; at most the backlog."""
    waited_ms: float
    """How long the newest completed requests had waited."""
    shed_per_s: float = 0.0

    @property
    def overloaded(self) -> bool:
        return self.state in ("growing", "full")

    @property
    def sentence(self) -> str:
        """A description for the screen; empty for a steady queue."""
        waiting = f"about {self.waiting:,} wait, the last waited {number_format.duration(self.waited_ms)}"
        match self.state:
            case "growing":
                return f"overloaded: the queue grows by {_per_s(self.growth_per_s)}; {waiting}"
            case "full":
                return f"overloaded: the backlog is full and {_per_s(self.shed_per_s)} are shed; {waiting}"
            case "shrinking":
                return f"the queue shrinks by {_per_s(-self.growth_per_s)}; {waiting}"
        return ""


def estimate_queue(
    flow: Flow, shed_per_s: float = 0.0, offered_per_s: float | None = None, backlog: int | None = None
) -> Queue | None:
    """The queue behind the completions of `flow`, which covers the last SPAN_S or less; None if fewer than MIN_SLOTS of
    its slots have completions.

    `offered_per_s`: the due rate, if the load has a constant one. `backlog`: how many requests may wait."""
    used = np.flatnonzero(flow.count > 0)
    if len(used) < MIN_SLOTS:
        return None
    count = flow.count[used].astype(np.float64)
    due_s, done_s, waited_ms = flow.due_s[used], flow.done_s[used], flow.waited_ms[used]
    # The number of the request in the middle of each slot.
    number = np.cumsum(count) - count / 2
    due_rate, done_rate = _rate(due_s, number), _rate(done_s, number)
    if due_rate is None or done_rate is None:
        return None
    last_ms = float(waited_ms[-1])
    waiting = round(due_rate * last_ms / 1e3)
    if backlog is not None:
        # Requests that complete while the backlog is full came due before shedding began, at a rate now cut off.
        waiting = backlog if shed_per_s > 0 else min(waiting, backlog)
    growth = (due_rate if offered_per_s is None else offered_per_s) - done_rate - shed_per_s
    if shed_per_s > 0:
        return Queue("full", growth, waiting, last_ms, shed_per_s)
    state: QueueState = "steady"
    if last_ms >= MIN_WAIT_MS:
        tau = trend(done_s, waited_ms).tau
        if growth >= MIN_GROWTH_SHARE * due_rate and tau >= _TAU:
            state = "growing"
        elif -growth >= MIN_GROWTH_SHARE * done_rate and (offered_per_s is not None or tau <= -_TAU):
            state = "shrinking"
    return Queue(state, growth, waiting, last_ms)


def _rate(time_s: Floats, number: Floats) -> float | None:
    """Requests per second: the slope of the line fitted to (time, number); None if all times are equal."""
    time_s = time_s - time_s.mean()
    power = float((time_s * time_s).sum())
    return float((time_s * number).sum()) / power if power > 0 else None


def _per_s(rate: float) -> str:
    return f"{number_format.estimated_rate(rate)}/s"
