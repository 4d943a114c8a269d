"""From when requests were due to their submission, taken apart: how exactly the schedule was kept, the wait for an idle
infer request, and the filling in of inputs. None of it is inference time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import Latency
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Flag, Records, copy_ms, lag_ms
from ovtui.settings.schema.arrival import is_closed_loop


@dataclass(slots=True)
class ScheduleLag:
    """Owner: the Digest's Scopes. Over the whole run; a schedule is what open loops have, so that its figures are of
    their segments alone."""

    schedule: Histogram = field(default_factory=Histogram)
    """Of requests that found an idle one: what the load thread itself was late by."""
    queued: Histogram = field(default_factory=Histogram)
    """Of requests that did not: how long they waited for one."""
    copied: Histogram = field(default_factory=Histogram)
    """What filling in the next input took, where inputs are cycled through; in a closed loop too."""
    open_loop_segments: set[int] = field(default_factory=set)
    """Segments."""
    recorded: bool = True
    """Whether records tell these apart."""

    def began(self, event: SegmentBegan) -> None:
        if not is_closed_loop(event.settings):
            self.open_loop_segments.add(event.segment)

    def add(self, rows: Records) -> None:
        """`rows`: measured ones, of segments that have been told."""
        if not self.recorded:
            return
        copied = copy_ms(rows)
        if copied.any():
            self.copied.add(copied[copied > 0])
        if not self.open_loop_segments:
            return
        scheduled = rows[np.isin(rows["segment"], list(self.open_loop_segments))]
        queued = scheduled["flags"] & Flag.QUEUED != 0
        lag = lag_ms(scheduled)
        if queued.any():
            self.queued.add(lag[queued])
            lag = lag[~queued]
        self.schedule.add(lag)

    def frozen(self) -> ScheduleLagFigures:
        there = self.recorded and bool(self.open_loop_segments)
        return ScheduleLagFigures(
            self.schedule.latency() if there else None,
            self.queued.latency() if there else None,
            self.copied.latency() if self.copied.count else None,
        )


@dataclass(frozen=True, slots=True)
class ScheduleLagFigures:
    """The same as figures; None where there is no such thing: no schedule in a closed loop, no copying of an input that
    stays, and neither where records do not tell them apart."""

    schedule: Latency | None = None
    queued: Latency | None = None
    copied: Latency | None = None
