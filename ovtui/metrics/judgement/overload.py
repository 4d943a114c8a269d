"""Whether an open loop is overloaded: requests come due faster than they come back, and the queue grows.

Seen in what came back: over a second's worth of completions the due times advance by less than a second. Counted by
due time the same requests give the rate at which they came due, counted by completion the rate at which they came
back; the difference is what the queue grows by, though those in it have not been seen yet. What has come back tells of
a change of the load only once the queue before it is worked off, so a rate that is known goes before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ovtui.metrics.judgement.trend_test import trend
from ovtui.metrics.latency.latency import Floats
from ovtui.metrics.latency.rolling_windows import Flow

SPAN_S = 3.0
"""Over which growth is told; a person sees it 2 s after it began."""
MIN_SLOTS = 8
MIN_GROWTH_SHARE = 0.02
"""Growth below this share of what comes due is not called overload."""
MIN_WAIT_MS = 20.0
"""Nor is a queue whose requests wait less than this before they are submitted."""
_TAU = 0.66
"""Of the waits over twelve slots: three standard deviations. Without a correction for neighbours that are alike, which
the waits of a queue always are."""

QueueState = Literal["steady", "growing", "full", "shrinking"]


@dataclass(frozen=True, slots=True)
class Queue:
    """Of requests that are due and not submitted."""

    state: QueueState
    growth_per_s: float
    """Requests; negative where the queue shrinks. What is shed does not count."""
    waiting: int
    """About how many wait, from how long they wait and how fast they come due (Little); no more than may."""
    waited_ms: float
    """How long those that came back last had waited."""
    shed_per_s: float = 0.0

    @property
    def overloaded(self) -> bool:
        return self.state in ("growing", "full")

    @property
    def sentence(self) -> str:
        """What is to be said; empty where all is well."""
        wait = f"{self.waited_ms / 1e3:,.1f} s" if self.waited_ms >= 1000 else f"{self.waited_ms:,.0f} ms"
        waiting = f"about {self.waiting:,} wait, the last waited {wait}"
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
    """`flow`: the slots of the last SPAN_S or less; `offered_per_s`: the rate at which requests come due, where the
    load has one; `backlog`: how many may wait. None where too few slots had completions to tell."""
    some = np.flatnonzero(flow.count > 0)
    if len(some) < MIN_SLOTS:
        return None
    count = flow.count[some].astype(np.float64)
    due_s, done_s, waited_ms = flow.due_s[some], flow.done_s[some], flow.waited_ms[some]
    # The number of the request in the middle of each slot.
    number = np.cumsum(count) - count / 2
    due_rate, done_rate = _rate(due_s, number), _rate(done_s, number)
    if due_rate is None or done_rate is None:
        return None
    last_ms = float(waited_ms[-1])
    waiting = round(due_rate * last_ms / 1e3)
    if backlog is not None:
        # Those that come back when it fills came due before anything was shed, at a rate that is no more let in.
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
    """Requests a second: the line through (time, number); None where no time passes."""
    time_s = time_s - time_s.mean()
    power = float((time_s * time_s).sum())
    return float((time_s * number).sum()) / power if power > 0 else None


def _per_s(rate: float) -> str:
    return f"{rate:,.0f}/s" if abs(rate) >= 9.95 else f"{rate:.1f}/s"
