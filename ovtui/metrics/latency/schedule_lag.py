"""The time from due to submission, by cause: lateness of the load thread, the wait for an idle infer request, the reset
of the state, and the copying of inputs. None of it is inference time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.number_format import milliseconds
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Flag, Records, copy_ms, lag_ms, reset_ms
from ovtui.settings.schema.arrival import is_closed_loop

SCHEDULE_LIMIT_MS = 1.0
"""An open loop keeps its schedule where the p99 of its schedule error is within this, from which on a single request
counts as late."""


def schedule_kept(p99_ms: float | None) -> bool | None:
    """`p99_ms` is that of the schedule error: None in a closed loop, and where there are too few requests for it."""
    return None if p99_ms is None else p99_ms <= SCHEDULE_LIMIT_MS


def unkept_schedule_text(p99_ms: float | None) -> str:
    """The sentence of all surfaces where a schedule is not kept, else empty."""
    if p99_ms is None or p99_ms <= SCHEDULE_LIMIT_MS:
        return ""
    return f"schedule not kept: p99 {milliseconds(p99_ms)} ms late, limit {SCHEDULE_LIMIT_MS:g} ms"


@dataclass(slots=True)
class ScheduleLag:
    """Distributions over the whole run. Only an open loop has a schedule, so `schedule` and `queued` cover the segments
    with an open loop. Owner: Breakdowns."""

    schedule: Histogram = field(default_factory=Histogram)
    """Requests that found an idle infer request: by how much the load thread itself was late."""
    queued: Histogram = field(default_factory=Histogram)
    """Requests that found none: how long they waited for one."""
    input_copy: Histogram = field(default_factory=Histogram)
    """How long it took to fill in the next input, where the load cycles through inputs; in a closed loop too."""
    state_reset: Histogram = field(default_factory=Histogram)
    """How long it took to reset the state, where that was done; in a closed loop too."""
    open_loop_segments: set[int] = field(default_factory=set)
    open_loop_in_force: bool = False
    """Of the newest segment."""
    recorded: bool = True
    """False for a recording of an older ovtui, whose records do not distinguish the causes."""

    def begin_segment(self, event: SegmentBegan) -> None:
        self.open_loop_in_force = not is_closed_loop(event.settings)
        if self.open_loop_in_force:
            self.open_loop_segments.add(event.segment)

    def add(self, rows: Records) -> None:
        """Counts [n] measured records; the events of their segments must have come before."""
        if not self.recorded:
            return
        copy_times_ms = copy_ms(rows)
        if copy_times_ms.any():
            self.input_copy.add(copy_times_ms[copy_times_ms > 0])
        reset_times_ms = reset_ms(rows)
        if reset_times_ms.any():
            self.state_reset.add(reset_times_ms[reset_times_ms > 0])
        if not self.open_loop_segments:
            return
        scheduled = rows[np.isin(rows["segment"], list(self.open_loop_segments))]
        queued = scheduled["flags"] & Flag.QUEUED != 0
        lag = lag_ms(scheduled)
        if queued.any():
            self.queued.add(lag[queued])
            lag = lag[~queued]
        self.schedule.add(lag)

    def schedule_p99_ms(self) -> float | None:
        """What is judged: the p99 over all open loops; None while the load in force is a closed loop, which has no
        schedule to keep."""
        return self.schedule.latency().p99 if self.recorded and self.open_loop_in_force else None

    def figures(self) -> ScheduleLagFigures:
        has_schedule = self.recorded and bool(self.open_loop_segments)
        return ScheduleLagFigures(
            self.schedule.latency() if has_schedule else None,
            self.queued.latency() if has_schedule else None,
            self.input_copy.latency() if self.input_copy.count else None,
            self.state_reset.latency() if self.state_reset.count else None,
        )


@dataclass(frozen=True, slots=True)
class ScheduleLagFigures:
    """The figures of a ScheduleLag. `schedule` and `queued` are None for a closed loop, `input_copy` is None where the
    input stays the same, `state_reset` where no state is reset, and all of them where the records do not distinguish
    them."""

    schedule: Latency | None = None
    queued: Latency | None = None
    input_copy: Latency | None = None
    state_reset: Latency | None = None
