"""A session so far, folded from its updates: the one place where records and events become figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovtui.metrics import queueing
from ovtui.metrics.handover import Phases
from ovtui.metrics.histogram import Histogram
from ovtui.metrics.history import History
from ovtui.metrics.measured import measured_of
from ovtui.metrics.queueing import Queue, queue_of
from ovtui.metrics.scopes import SEGMENTS, Scopes
from ovtui.metrics.seconds import Seconds
from ovtui.metrics.slo import Evidence, Verdict, Watch
from ovtui.metrics.snapshot import BatchShares, Columns, Latency, LatencyKind, Snapshot, WarmUpCut
from ovtui.metrics.steadiness import Steadiness, steadiness_of
from ovtui.metrics.story import Story
from ovtui.metrics.switches import Switches
from ovtui.metrics.tally import KINDS, Tally
from ovtui.metrics.timeline import FINE_NS, Timeline
from ovtui.metrics.ways import told_apart
from ovtui.metrics.windows import Windows
from ovtui.records.devices import code_of
from ovtui.records.events import DeviceChanged, EngineExited, SegmentBegan
from ovtui.records.layout import Records, lag_ms
from ovtui.records.source import Update
from ovtui.settings.arrival import is_closed_loop
from ovtui.settings.schema import WarmUpRule
from ovtui.settings.slo import parse_slo

if TYPE_CHECKING:
    from ovtui.metrics.advice.rules import Advice

__all__ = ["SEGMENTS", "Digest"]

RECENT_NS = 2_000_000_000
SHED_S = 2.0
"""Over which what is shed is told as a rate."""


class Digest:
    """Owner: the view's thread. Its memory does not grow with the number of requests."""

    def __init__(self) -> None:
        self.rule: WarmUpRule | None = None
        """What percentiles leave out of an engine's start, in this view; None follows the settings in force."""
        self.advice: list[Advice] = []
        """What a view has found to be said, for its snapshots; see metrics.advice."""
        self._begin()

    def _begin(self) -> None:
        self.story = Story()
        self.history = History()
        self.lag = Histogram()
        """From due to submitted: the schedule's error in an open loop, the copying of inputs in a closed one."""
        self.scopes = Scopes()
        self.windows = Windows()
        self.seconds = Seconds()
        self._switches = Switches(self.story)
        self._timeline = Timeline()
        self._slo = Watch()
        self._now_ns = 0
        self._submitted = 0
        self._lost = 0
        self._shed = 0
        self._at_segment = (0, 0)
        """Lost and shed before the segment in force."""
        self._shed_before: list[tuple[int, int]] = []
        """Time and count of the last SHED_S."""
        self._abandoned = 0
        """Requests of ended engines that will never come back."""
        self._finished = False
        self._host_gone = False
        # What others read; the same objects as the scopes'.
        self.run = self.scopes.run
        self.segments = self.scopes.segments
        self.devices = self.scopes.devices
        self.parts = self.scopes.parts
        self.first_done_ns = self.scopes.first_done_ns

    def feed(self, update: Update) -> None:
        """Takes in what is new. 12,500 records cost about 1.5 ms."""
        if update.restarted:
            self._begin()
        for event in update.events:
            self.story.fold(event)
            if isinstance(event, EngineExited):
                self._abandoned += event.unfinished
            elif isinstance(event, DeviceChanged):
                self._switches.begin(event, self.history)
            elif isinstance(event, SegmentBegan):
                self.scopes.began(event)
                self._at_segment = (update.lost, update.shed)
        self._count(update.records, final=update.finished)
        self._now_ns = update.now_ns
        self.windows.move_to(update.now_ns)
        self.seconds.follow(self.windows, update.now_ns)
        self._submitted = update.submitted
        self._lost = update.lost
        self._shed = update.shed
        self._shed_before.append((update.now_ns, update.shed))
        while len(self._shed_before) > 1 and self._shed_before[1][0] <= update.now_ns - SHED_S * 1e9:
            del self._shed_before[0]
        self._finished = update.finished
        self._host_gone = update.host_gone
        if update.finished:
            self.scopes.end_warm_up()
        if self._slo.due(update.now_ns):
            self._hold_to_limits()

    def snapshot(self) -> Snapshot:
        in_force = self.story.segment
        segment = self.segments.get(in_force.segment) if in_force is not None else None
        elapsed_s, rule = self._elapsed_s(), self.warm_up_rule
        return Snapshot(
            now_ns=self._now_ns,
            story=self.story,
            submitted=self._submitted,
            completed=self._completed,
            errors=self.run.errors,
            late=self.run.late,
            lost=self._lost,
            shed=self._shed,
            in_flight=0 if self._finished else max(self._submitted - self._completed - self._abandoned, 0),
            elapsed_s=elapsed_s,
            throughput=self._recent_throughput(),
            mean_throughput=self.run.measured / elapsed_s if elapsed_s > 0 else None,
            latency=self.run.latency(rule),
            segment_latency=(segment or Tally()).latency(rule),
            by_device={code: tally.spread(rule)["response"].latency() for code, tally in self.devices.items()},
            batches=segment.batches() if segment is not None else BatchShares(),
            worst_at_switch_ms=self._worst_at_switch_ms(),
            finished=self._finished,
            host_gone=self._host_gone,
            warm_up=self._warm_up(),
            queue=self.queue(),
            slo=list(self._slo.verdicts),
            advice=self.advice,
        )

    @property
    def warm_up_rule(self) -> WarmUpRule:
        settings = self.story.settings
        return self.rule or (settings.warm_up if settings is not None else "rule")

    def recent(self, span_s: int) -> dict[LatencyKind, Latency]:
        """Over the last 1, 10 or 60 s, warm-ups of engines included but for their first inferences."""
        return {kind: self.windows.latency(kind, span_s) for kind in KINDS}

    def queue(self) -> Queue | None:
        """How an open loop's queue does; None in a closed loop, and where too little came back to tell."""
        settings, segment = self.story.settings, self.story.segment
        if settings is None or segment is None or is_closed_loop(settings) or self.story.phase != "serving":
            return None
        span_s = min(queueing.SPAN_S, (self._now_ns - segment.t_ns) / 1e9)
        then_ns, then = self._shed_before[0]
        passed_s = (self._now_ns - then_ns) / 1e9
        shed_per_s = (self._shed - then) / passed_s if passed_s > 0 else 0.0
        return queue_of(
            self.windows.flow(span_s), shed_per_s, settings.rate if settings.arrival == "constant" else None
        )

    def steadiness(self) -> Steadiness:
        """Of the segment in force, on the device that serves it; half a millisecond at most, for every few seconds."""
        segment, engine = self.story.segment, self.story.engine
        if segment is None or engine is None:
            return Steadiness((), 0)
        since_ns = max(segment.t_ns, *(change.t_ns for change in engine.device_changes[-1:]), self._warm_until_ns(), 0)
        code = code_of(engine.devices)
        device = code if (segment.segment, code) in self.parts else None
        tally = self.segments.get(segment.segment) if device is None else self.parts[segment.segment, device]
        histogram = (tally or Tally()).spread(self.warm_up_rule)["inference"]
        return steadiness_of(
            self.seconds.since(since_ns / 1e9),
            histogram.counts,
            closed_loop=is_closed_loop(segment.settings),
            groups=lambda: told_apart(self.history, segment.segment, device, histogram),
        )

    def slo(self) -> list[Verdict]:
        """The limits of the settings in force, held against the segment in force as it is now."""
        self._hold_to_limits()
        return list(self._slo.verdicts)

    def phases(self) -> list[Phases]:
        """Each change of device as requests felt it, oldest first: the newest 64."""
        return self._switches.phases(final=self._finished)

    def _worst_at_switch_ms(self) -> float | None:
        newest = [phases for phases in self.phases() if phases.change.engine == self.story.serving][-1:]
        return newest[0].worst_ms if newest else None

    def columns(self, kind: LatencyKind, end_ns: int, span_ns: int, n: int) -> Columns:
        """The latency plot's columns over the span before end_ns; see Timeline.columns."""
        return self._timeline.columns(kind, end_ns, span_ns, n)

    def _count(self, records: Records, *, final: bool) -> None:
        known = measured_of(records)
        if len(records):
            self.history.add(records)
            self._timeline.add_measured(known)
            self.windows.add(known)
            self._switches.add(records)
            self.lag.add(lag_ms(known.rows))
        self.scopes.add(records, known, final=final)

    def _hold_to_limits(self) -> None:
        segment, settings = self.story.segment, self.story.settings
        if segment is None or settings is None or not (settings.slo or self._slo.verdicts):
            return
        tally = self.segments.get(segment.segment) or Tally()
        lost, shed = self._at_segment
        evidence = Evidence(
            tally.spread(self.warm_up_rule), tally.completed, tally.throughput, tally.errors, tally.late,
            self._lost - lost, self._shed - shed,
        )  # fmt: skip
        self._slo.look(parse_slo(settings.slo), evidence, segment.segment, segment.t_ns / 1e9, self._now_ns)

    def _warm_until_ns(self) -> int:
        known = self.scopes.warm_ups.get(self.story.serving)
        return known.until_ns or 0 if known is not None else 0

    def _warm_up(self) -> WarmUpCut:
        """Of the engine in force."""
        rule, known = self.warm_up_rule, self.scopes.warm_ups.get(self.story.serving)
        cut = self.run.cut(rule)
        if rule != "rule" or known is None:
            return WarmUpCut(rule, cut, None, "none")
        until_s = None if known.until_ns is None else known.until_ns / 1e9
        return WarmUpCut(rule, cut, until_s, "steady" if known.steady else "unsteady" if known.decided else "open")

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
