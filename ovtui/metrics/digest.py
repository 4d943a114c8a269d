"""A session so far, folded from its updates: the one place where records and events become figures."""

from __future__ import annotations

import numpy as np

from ovtui.metrics.gathering import Fired, Gatherer
from ovtui.metrics.handover import Phases
from ovtui.metrics.history import History
from ovtui.metrics.snapshot import BatchShares, Columns, LatencyKind, Snapshot
from ovtui.metrics.story import Story
from ovtui.metrics.switches import Switches
from ovtui.metrics.tally import Tally, measured
from ovtui.metrics.timeline import FINE_NS, Timeline
from ovtui.records.events import DeviceChanged, EngineExited
from ovtui.records.layout import Records
from ovtui.records.source import Update

SEGMENTS = 64
"""Segments whose distributions are kept: 6.4 MB, and as much again for each device. The run's figures hold all."""
RECENT_NS = 2_000_000_000


class Digest:
    """Owner: the view's thread. Its memory does not grow with the number of requests."""

    def __init__(self) -> None:
        self.story = Story()
        self.history = History()
        self.run = Tally()
        self.segments: dict[int, Tally] = {}
        """By the records' own `segment`: a late record of an old segment belongs to the old one."""
        self.devices: dict[int, Tally] = {}
        """By device code."""
        self.parts: dict[tuple[int, int], Tally] = {}
        """By segment and device code, as long as the segment's tally is kept."""
        self.first_done_ns: dict[tuple[int, int], int] = {}
        """By segment and device code: when its first request came back. Of every segment, a few bytes each."""
        self._switches = Switches(self.story)
        self._timeline = Timeline()
        self._gatherer = Gatherer()
        self._newest_segment = -1
        self._now_ns = 0
        self._submitted = 0
        self._lost = 0
        self._abandoned = 0
        """Requests of ended engines that will never come back."""
        self._finished = False
        self._host_gone = False

    def feed(self, update: Update) -> None:
        """Takes in what is new. 12,500 records cost about 1 ms."""
        if update.restarted:
            Digest.__init__(self)
        for event in update.events:
            self.story.fold(event)
            if isinstance(event, EngineExited):
                self._abandoned += event.unfinished
            elif isinstance(event, DeviceChanged):
                self._switches.begin(event, self.history)
        if len(update.records):
            self._count(update.records)
        self._now_ns = update.now_ns
        self._submitted = update.submitted
        self._lost = update.lost
        self._finished = update.finished
        self._host_gone = update.host_gone

    def snapshot(self) -> Snapshot:
        in_force = self.story.segment
        segment = self.segments.get(in_force.segment) if in_force is not None else None
        elapsed_s = self._elapsed_s()
        return Snapshot(
            now_ns=self._now_ns,
            story=self.story,
            submitted=self._submitted,
            completed=self._completed,
            errors=self.run.errors,
            late=self.run.late,
            lost=self._lost,
            in_flight=0 if self._finished else max(self._submitted - self._completed - self._abandoned, 0),
            elapsed_s=elapsed_s,
            throughput=self._recent_throughput(),
            mean_throughput=self.run.measured / elapsed_s if elapsed_s > 0 else None,
            latency=self.run.latency(),
            segment_latency=(segment or Tally()).latency(),
            by_device={code: tally.latencies["response"].latency() for code, tally in self.devices.items()},
            batches=segment.batches() if segment is not None else BatchShares(),
            finished=self._finished,
            host_gone=self._host_gone,
        )

    def phases(self) -> list[Phases]:
        """Each change of device as requests felt it, oldest first: the newest 64."""
        return self._switches.phases(final=self._finished)

    def columns(self, kind: LatencyKind, end_ns: int, span_ns: int, n: int) -> Columns:
        """The latency plot's columns over the span before end_ns; see Timeline.columns."""
        return self._timeline.columns(kind, end_ns, span_ns, n)

    def _count(self, records: Records) -> None:
        self.history.add(records)
        self._timeline.add(measured(records))
        self._switches.add(records)
        keys = records["segment"].astype(np.int64) << 8 | records["device"]
        alike = bool((keys == keys[0]).all())
        for key in [int(keys[0])] if alike else np.unique(keys).tolist():
            piece = Tally()
            part = records if alike else records[keys == key]
            piece.add(part)
            piece.waiting.add_alone(key, part)
            self.run.merge(piece)
            self.devices.setdefault(key & 0xFF, Tally()).merge(piece)
            at = key >> 8, key & 0xFF
            done_ns = int(part["done_ns"].min())
            self.first_done_ns[at] = min(self.first_done_ns.get(at, done_ns), done_ns)
            segment = self._segment(key >> 8)
            if segment is not None:
                segment.merge(piece)
                self.parts.setdefault(at, Tally()).merge(piece)
        fired = self._gatherer.add(records)
        if fired is not None:
            self._count_fired(fired)

    def _count_fired(self, fired: Fired) -> None:
        self.run.waiting.add_fired(fired)
        for number in np.unique(fired.key >> 8).tolist():
            segment = self._segment(number)
            if segment is not None:
                segment.waiting.add_fired(fired.of_segment(number))

    def _segment(self, number: int) -> Tally | None:
        """The segment's tally; None for one so old that it was dropped."""
        if number > self._newest_segment:
            self._newest_segment = number
            for old in [kept for kept in self.segments if kept <= number - SEGMENTS]:
                del self.segments[old]
            for gone in [at for at in self.parts if at[0] <= number - SEGMENTS]:
                del self.parts[gone]
        if number <= self._newest_segment - SEGMENTS:
            return None
        return self.segments.setdefault(number, Tally())

    @property
    def _completed(self) -> int:
        """Lost records are of requests that did complete."""
        return self.run.completed + self._lost

    @property
    def _end_ns(self) -> int:
        """The moment up to which the load counts: now, or the last completion once nothing more comes."""
        if self._finished and self.run.last_ns is not None:
            return self.run.last_ns
        return self._now_ns

    def _elapsed_s(self) -> float:
        if self.run.first_ns is None:
            return 0.0
        return max(self._end_ns - self.run.first_ns, 0) / 1e9

    def _recent_throughput(self) -> float | None:
        if self.run.first_ns is None:
            return None
        # In whole bins: the one that is filling would pull the figure down.
        end_ns = self._end_ns // FINE_NS * FINE_NS
        span_ns = min(RECENT_NS, (end_ns - self.run.first_ns) // FINE_NS * FINE_NS)
        if span_ns <= 0:
            return None
        return self._timeline.count(end_ns, span_ns) * 1e9 / span_ns
