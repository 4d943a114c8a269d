"""A session so far, folded from its updates: the one place where records and events become figures."""

from __future__ import annotations

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.batching.run_kind import describe_mode_groups
from ovtui.metrics.groups.breakdowns import SEGMENTS, Breakdowns
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.groups.warm_up import WarmUpCut
from ovtui.metrics.handover.handover_collector import HandoverCollector
from ovtui.metrics.handover.handover_phases import HandoverPhases
from ovtui.metrics.judgement import overload
from ovtui.metrics.judgement.overload import Queue, estimate_queue
from ovtui.metrics.judgement.slo import SegmentFigures, SloMonitor, Verdict
from ovtui.metrics.judgement.steadiness import Steadiness, assess_steadiness
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.latency.per_second import PerSecondHistory
from ovtui.metrics.latency.rolling_windows import Flow, RollingWindows, flow_of
from ovtui.metrics.latency.samples import KINDS, measured_records, measured_requests
from ovtui.metrics.latency.time_bins import FINE_NS, LatencyColumns, TimeBins
from ovtui.metrics.session.loss_counters import LossCounters
from ovtui.metrics.session.machine_stats import MachineStats
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.device_codes import code_of
from ovtui.records.events import DeviceChanged, EngineExited, LoadEnded, SegmentBegan
from ovtui.records.record import Records
from ovtui.records.source import LossCounts, Update
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import WarmUpRule
from ovtui.settings.schema.slo import parse_slo

__all__ = ["SEGMENTS", "Digest"]

RECENT_NS = 2_000_000_000


class Digest:
    """Owner: the view's thread. Its memory does not grow with the number of requests."""

    def __init__(self) -> None:
        self.rule: WarmUpRule | None = None
        """What percentiles leave out of an engine's start, in this view; None follows the settings in force."""
        self._begin()

    def _begin(self) -> None:
        self.story = SessionState()
        self.history = RequestHistory()
        self.scopes = Breakdowns()
        self.windows = RollingWindows()
        self.seconds = PerSecondHistory()
        self.telemetry = MachineStats()
        self._handovers = HandoverCollector(self.story)
        self._time_bins = TimeBins()
        self._slo_monitor = SloMonitor()
        self._now_ns = 0
        self._submitted = 0
        self._lost = 0
        self._shed = 0
        self._loss_counters = LossCounters()
        self._shed_at_end_per_s = 0.0
        self._queue_at_end: tuple[int, Queue | None] = -1, None
        """And of how many records it was made: some come after the event."""
        self.abandoned = 0
        """Requests of ended engines that will never come back."""
        self._finished = False
        self._host_gone = False
        # What others read; the same objects as the scopes'.
        self.run = self.scopes.run
        self.lag = self.scopes.lag
        self.segments = self.scopes.segments
        self.devices = self.scopes.devices
        self.parts = self.scopes.parts
        self.first_done_ns = self.scopes.first_done_ns

    def feed(self, update: Update) -> None:
        """Takes in what is new. 12,500 records cost about 1.5 ms."""
        if update.restarted:
            self._begin()
        now = LossCounts(update.now_ns, update.lost, update.shed)
        self._loss_counters.add([now] if update.counts is None else update.counts)
        for event in update.events:
            self.story.fold(event)
            if isinstance(event, EngineExited):
                self.abandoned += event.unfinished
            elif isinstance(event, DeviceChanged):
                self._handovers.begin(event, self.history)
            elif isinstance(event, SegmentBegan):
                self.scopes.begin_segment(event)
                self._loss_counters.begin_segment(event.t_ns)
            elif isinstance(event, LoadEnded):
                self._shed_at_end_per_s = self._loss_counters.per_s(event.t_ns)
                self._queue_at_end = -1, None
        self._loss_counters.forget_old()
        for readings in update.readings:
            self.telemetry.add(readings)
        self.lag.recorded = update.has_lag_detail
        self._count(update.records, final=update.finished)
        self._now_ns = update.now_ns
        self.windows.move_to(update.now_ns)
        self.seconds.follow(self.windows, update.now_ns)
        self._submitted = update.submitted
        self._lost = update.lost
        self._shed = update.shed
        self._finished = update.finished
        self._host_gone = update.host_gone
        if update.finished:
            self.scopes.end_warm_up()
        if self._slo_monitor.due(update.now_ns):
            self._check_limits()

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
            in_flight=0 if self._finished else max(self._submitted - self._completed - self.abandoned, 0),
            elapsed_s=elapsed_s,
            throughput=self._recent_throughput(),
            mean_throughput=self.run.measured / elapsed_s if elapsed_s > 0 else None,
            latency=self.run.latency(rule),
            segment_latency=(segment or Tally()).latency(rule),
            by_device={code: tally.spread(rule)["response"].latency() for code, tally in self.devices.items()},
            batches=segment.batches() if segment is not None else BatchShares(),
            worst_at_handover_ms=self._worst_at_handover_ms(),
            finished=self._finished,
            host_gone=self._host_gone,
            warm_up=self._warm_up(),
            queue=self.queue(),
            slo=list(self._slo_monitor.verdicts),
            readings=self.telemetry.newest,
        )

    @property
    def due(self) -> int:
        """Requests that came due: submitted, shed, or waiting when a load or its engine ended."""
        return self._submitted + self._shed + self.story.unsent

    @property
    def unserved_at_end(self) -> int:
        """Of the last segment's requests, once the load has ended, those that were due and never sent."""
        ended = self.story.ended
        if ended is None or self.story.phase != "ended":
            return 0
        return ended.unsent + self._shed - self._loss_counters.at_segment_start.shed

    @property
    def warm_up_rule(self) -> WarmUpRule:
        settings = self.story.settings
        return self.rule or (settings.warm_up if settings is not None else "rule")

    def recent(self, span_s: int) -> dict[LatencyKind, Latency]:
        """Over the last 1, 10 or 60 s, warm-ups of engines included but for their first inferences."""
        return {kind: self.windows.latency(kind, span_s) for kind in KINDS}

    def queue(self) -> Queue | None:
        """How an open loop's queue does, or did when the load ended; None in a closed loop, and where too little came
        back to tell."""
        segment, ended = self.story.segment, self.story.ended
        if segment is None or is_closed_loop(segment.settings):
            return None
        if self.story.phase == "serving":
            span_s = min(overload.SPAN_S, (self._now_ns - segment.t_ns) / 1e9)
            return self._queue(segment, self.windows.flow(span_s), self._loss_counters.per_s(self._now_ns))
        if self.story.phase == "ended" and ended is not None:
            made_of, queue = self._queue_at_end
            if made_of != self.history.total:
                queue = self._queue(segment, self._flow_before(ended.t_ns, segment), self._shed_at_end_per_s)
                self._queue_at_end = self.history.total, queue
            return queue
        return None

    def _queue(self, segment: SegmentBegan, flow: Flow, shed_per_s: float) -> Queue | None:
        load = segment.settings
        return estimate_queue(flow, shed_per_s, load.rate if load.arrival == "constant" else None, load.backlog)

    def _flow_before(self, end_ns: int, segment: SegmentBegan) -> Flow:
        """From the requests themselves: the windows may have moved on. Costs 5 ms."""
        rows = self.history.tail(len(self.history))
        began_ns = max(end_ns - int(overload.SPAN_S * 1e9), segment.t_ns)
        if self.history.first_kept:
            began_ns = max(began_ns, int(rows["done_ns"][0]))
        return flow_of(measured_records(rows), began_ns, end_ns)

    def steadiness(self) -> Steadiness:
        """Of the segment in force, on the device that serves it; half a millisecond at most, for every few seconds."""
        segment, engine = self.story.segment, self.story.engine
        if segment is None or engine is None:
            return Steadiness((), 0)
        since_ns = max(segment.t_ns, *(change.t_ns for change in engine.device_changes[-1:]), self._warmed_up_ns(), 0)
        code = code_of(engine.devices)
        device = code if (segment.segment, code) in self.parts else None
        tally = self.segments.get(segment.segment) if device is None else self.parts[segment.segment, device]
        histogram = (tally or Tally()).spread(self.warm_up_rule)["inference"]
        return assess_steadiness(
            self.seconds.since(since_ns / 1e9),
            histogram.counts,
            closed_loop=is_closed_loop(segment.settings),
            groups=lambda: describe_mode_groups(self.history, segment.segment, device, histogram),
        )

    def slo(self) -> list[Verdict]:
        """The limits of the settings in force, held against the segment in force as it is now."""
        self._check_limits()
        return list(self._slo_monitor.verdicts)

    def phases(self) -> list[HandoverPhases]:
        """Each change of device as requests felt it, oldest first: the newest 64."""
        return self._handovers.phases(final=self._finished)

    def _worst_at_handover_ms(self) -> float | None:
        newest = [phases for phases in self.phases() if phases.change.engine == self.story.serving][-1:]
        return newest[0].worst_ms if newest else None

    def columns(self, kind: LatencyKind, end_ns: int, span_ns: int, n: int) -> LatencyColumns:
        """The latency plot's columns over the span before end_ns; see Timeline.columns."""
        return self._time_bins.columns(kind, end_ns, span_ns, n)

    def _count(self, records: Records, *, final: bool) -> None:
        known = measured_requests(records)
        if len(records):
            self.history.add(records)
            self._time_bins.add_measured(known)
            self.windows.add(known)
            self._handovers.add(records)
        self.scopes.add(records, known, final=final)

    def _check_limits(self) -> None:
        segment, settings = self.story.segment, self.story.settings
        if segment is None or settings is None or not (settings.slo or self._slo_monitor.verdicts):
            return
        tally = self.segments.get(segment.segment) or Tally()
        _, lost, shed = self._loss_counters.at_segment_start
        evidence = SegmentFigures(
            tally.spread(self.warm_up_rule), tally.completed, tally.throughput, tally.errors, tally.late,
            self._lost - lost, self._shed - shed,
        )  # fmt: skip
        self._slo_monitor.look(parse_slo(settings.slo), evidence, segment.segment, segment.t_ns / 1e9, self._now_ns)

    def _warmed_up_ns(self) -> int:
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
        return self._time_bins.count(end_ns, span_ns) * 1e9 / span_ns
