"""Detects overload where completions are few: by counting the requests that wait.

A pool that waits for the batch timer, or a model that takes seconds, completes in few of the slots that `overload`
looks at, while every request that came due and every one that was sent is counted all the same."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ovtui.metrics.judgement.overload import MIN_GROWTH_SHARE, Queue
from ovtui.metrics.judgement.trend_test import trend
from ovtui.records.arrays import Floats

MIN_SPAN_S = 1.4
"""The counts are judged once they span this; they are kept for 3 s."""
MIN_POINTS = 3
_TAU = 0.66
"""As for the waits in `overload`."""
_FEW = 6
"""Of fewer counts none may lie below the one before."""


class WaitingCounts(NamedTuple):
    """[n] counts, oldest first."""

    t_s: Floats
    """Session time."""
    waiting: Floats
    """Requests that waited to be sent."""
    due: Floats
    """Requests that had come due by then, since the segment began."""


def queue_of_counts(counts: WaitingCounts, in_flight: int, shed_per_s: float = 0.0) -> Queue | None:
    """The queue if it grows or is full; else None, also where there are too few counts.

    No more waiting than `in_flight` requests is no overload: the next ones to come back may take all of them."""
    t_s, waiting, due = counts
    if len(t_s) < MIN_POINTS or t_s[-1] - t_s[0] < MIN_SPAN_S or waiting[-1] <= in_flight:
        return None
    due_per_s = float((due[-1] - due[0]) / (t_s[-1] - t_s[0]))
    if due_per_s <= 0:
        return None
    now, waited_ms = round(float(waiting[-1])), 1e3 * float(waiting[-1]) / due_per_s
    times_s = t_s - t_s.mean()
    growth = float((times_s * waiting).sum() / (times_s * times_s).sum())
    if shed_per_s > 0:
        return Queue("full", growth, now, waited_ms, shed_per_s)
    rises = trend(t_s, waiting).tau >= _TAU if len(t_s) >= _FEW else bool((np.diff(waiting) >= 0).all())
    if growth < MIN_GROWTH_SHARE * due_per_s or not rises:
        return None
    return Queue("growing", growth, now, waited_ms)
