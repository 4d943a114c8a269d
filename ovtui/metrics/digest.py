"""A session so far, folded from its updates: the one place where records and events become figures.

Figures of a group of requests (the run, a segment, a device) are handed out as GroupFigures, under the warm-up rule
that is in force; no reader chooses a rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from ovtui.metrics.batching.run_kind import describe_mode_groups
from ovtui.metrics.batching.timer_claims import Judgement, settle_timer_flags
from ovtui.metrics.comparison.trial_figures import TRIALS, TrialCollector, TrialFigures
from ovtui.metrics.energy.work import Work
from ovtui.metrics.groups.breakdowns import SEGMENTS as SEGMENTS
from ovtui.metrics.groups.breakdowns import Breakdowns
from ovtui.metrics.groups.group_figures import GroupFigures, LoadOf
from ovtui.metrics.groups.in_force import InForce, in_force, served_parts
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.groups.throughputs import RATE_DECIMALS, Throughput
from ovtui.metrics.handover.handover_collector import HandoverCollector
from ovtui.metrics.handover.handover_phases import HandoverPhases
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.judgement.state_growth import StateGrowth
from ovtui.metrics.judgement.steadiness import Steadiness, assess_steadiness
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.latency.per_second import PerSecondHistory
from ovtui.metrics.latency.rolling_windows import RollingWindows, pieces_of
from ovtui.metrics.latency.samples import KINDS, measured_requests
from ovtui.metrics.latency.time_bins import LatencyColumns, TimeBins
from ovtui.metrics.limits.limit_watch import LimitWatch
from ovtui.metrics.limits.verdicts import Verdict
from ovtui.metrics.session.load_queue import LoadQueue
from ovtui.metrics.session.loss_counters import LossCounters
from ovtui.metrics.session.machine_stats import MachineStats
from ovtui.metrics.session.out_of_order import OutOfOrderCounter
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.state_history import StateHistory
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import DeviceChanged, Event, LoadEnded, SegmentBegan, StateGrew
from ovtui.records.record import Flag, Records
from ovtui.records.recording_state import RecordingState
from ovtui.records.source import HostState, LossCounts, Update
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import WarmUpRule

RECENT_NS = 2_000_000_000


class Digest:
    """Owner: the client's thread. Memory does not grow with the number of requests."""

    def __init__(self) -> None:
        self._chosen_rule: WarmUpRule | None = None
        """The warm-up rule that a person chose for the session; None: the setting holds."""
        self._begin()

    def _begin(self) -> None:
        self.session_state = SessionState()
        self.history = RequestHistory()
        self._breakdowns = Breakdowns()
        self.windows = RollingWindows()
        self.seconds = PerSecondHistory()
        self.telemetry = MachineStats()
        self._states = StateHistory()
        self._handovers = HandoverCollector(self.session_state, self._breakdowns)
        self._time_bins = TimeBins()
        self.trial_collector = TrialCollector()
        self._now_ns = 0
        self._submitted = self._lost = self._shed = 0
        self._loss_counters = LossCounters()
        self._limit_watch = LimitWatch(self.session_state, self._breakdowns, self._loss_counters)
        self._engines: Mapping[int, EngineCounts] | None = None
        self.out_of_order = OutOfOrderCounter()
        self._load_queue = LoadQueue(self.session_state, self.windows, self.history, self._loss_counters)
        self.judgements: dict[int, Judgement] = {}
        self._finished, self._host_gone, self._host = False, False, HostState()
        self._read_share: float | None = None
        self.recording: RecordingState | None = None
        self.recording_end: RecordingState | None = None
        # What others read; the same objects as the breakdowns'.
        self.lag = self._breakdowns.lag
        self._throughputs = self._breakdowns.throughputs
        self.first_done_ns = self._breakdowns.first_done_ns
        self.first_served_ns = self._breakdowns.first_served_ns
        self.by_shape = self._breakdowns.by_shape
        self.mark_columns = self._breakdowns.mark_columns
        self.per_second_batching = self._breakdowns.per_second_batching
        self.batch_timeouts_ms = self._breakdowns.batch_timeouts_ms

    def feed(self, update: Update) -> None:
        """Adds an update. 12,500 records cost about 1.5 ms."""
        if update.restarted:
            self._begin()
        now = LossCounts(update.now_ns, update.lost, update.shed, update.submitted)
        counts = [now] if update.counts is None else update.counts
        self._loss_counters.add(counts)
        for event in update.events:
            self._follow_rule(event)
            self.session_state.fold(event)
            self._breakdowns.fold(event)
            if isinstance(event, StateGrew):
                self._states.add(event)
            elif isinstance(event, DeviceChanged):
                self._handovers.begin(event, self.history)
            elif isinstance(event, SegmentBegan):
                self._breakdowns.begin_segment(event)
                self._limit_watch.begin_segment(event)
                if not event.trial:
                    self._loss_counters.begin_segment(event.t_ns, event.shed)
            elif isinstance(event, LoadEnded):
                self._load_queue.end(event.t_ns)
        if self.session_state.trials:
            self.trial_collector.feed(update.events, update.records)
        self._loss_counters.forget_old()
        self._limit_watch.add(counts, update.records)
        for readings in update.readings:
            self.telemetry.add(readings)
        self.lag.recorded = update.has_lag_detail
        *before, last = pieces_of(update.records)
        for piece in before:
            self._count(piece, final=False)
            self.seconds.follow(self.windows, int(piece["done_ns"].max()))
        self._count(last, final=update.finished)
        self._now_ns = update.now_ns
        if update.read_share is None:  # else what comes next is older
            self.windows.move_to(update.now_ns)
            self.seconds.follow(self.windows, update.now_ns, final=update.finished)
        self._submitted, self._lost, self._shed = update.submitted, update.lost, update.shed
        self._finished, self._host_gone, self._host = update.finished, update.host_gone, update.host
        self._read_share, self._engines, self.recording = update.read_share, update.engines, update.recording
        self.recording_end = update.recording_end
        self.session_state.accounts.follow(update.engines, over=update.finished or update.host_gone)
        if self.session_state.stalled is not None:
            waiting = self.session_state.accounts.waiting_now(update.engines, update.now_ns)
            self.session_state.due_meanwhile = waiting.count
        if update.finished:
            self._breakdowns.end_warm_up()
            self.out_of_order.end()
        self.judgements = self._breakdowns.judgements()
        self.history.settle = partial(settle_timer_flags, judgements=self.judgements)
        if self._limit_watch.due(update.now_ns):
            self._check_limits()

    def snapshot(self) -> Snapshot:
        run, now = self.run, self.in_force
        return Snapshot(
            now_ns=self._now_ns,
            session_state=self.session_state,
            submitted=self._submitted,
            completed=self._completed,
            errors=run.errors,
            error_share=run.error_share,
            late=run.late,
            out_of_order=self.out_of_order.total,
            lost=self._lost,
            shed=self._shed,
            in_flight=max(self._submitted - self._completed - self.unfinished, 0),
            elapsed_s=run.span_s or 0.0,
            session_s=self._end_ns / 1e9,
            throughput=None if run.throughput is None else self._recent_throughput(),
            items_per_request=now.group.items_per_request,
            mean_throughput=run.throughput,
            latency=run.latency,
            segment_latency=now.group.latency,
            segment_throughput=now.group.throughput,
            batches=now.group.batches,
            in_force_device=now.device_name,
            served=served_parts(now, self.session_state, self._breakdowns.first_done_ns, self.part),
            devices_served=sum(tally.measured > 0 for tally in self._breakdowns.devices.values()),
            worst_at_handover_ms=self._worst_at_handover_ms(),
            finished=self._finished,
            host_gone=self._host_gone,
            host=self._host,
            read_share=self._read_share,
            warm_up=self._breakdowns.warm_up_cut(self.warm_up_rule, self.session_state.serving, run.left_out),
            queue=self.queue(),
            schedule_error_p99_ms=self.lag.schedule_p99_ms(),
            slo=self._limit_watch.verdicts,
            readings=self.telemetry.newest,
            trial=self.trials()[-1] if self.session_state.trials else None,
        )

    @property
    def unfinished(self) -> int:
        """Requests that never came back: in flight when their engine or the session ended, or a recording broke off."""
        over = self._finished or self._host_gone
        return max(self._submitted - self._completed, 0) if over else self.session_state.accounts.unfinished

    @property
    def unsent(self) -> int | None:
        """Requests that came due and were neither sent nor shed until their load ended; None where nothing tells."""
        return self.session_state.accounts.total_unsent

    @property
    def due(self) -> int | None:
        return None if self.unsent is None else self._submitted + self._shed + self.unsent

    @property
    def unserved_at_end(self) -> int:
        """Requests of the last segment that were due and never sent; 0 until the load has ended."""
        ended = self.session_state.ended
        if ended is None or self.session_state.phase != "ended":
            return 0
        return self.session_state.accounts.unsent_in_segment + self._shed - self._loss_counters.at_segment_start.shed

    # The groups of requests

    @property
    def run(self) -> GroupFigures:
        return self._figures(self._breakdowns.run, self._throughputs.of_run)

    @property
    def segments(self) -> dict[int, GroupFigures]:
        """By number: the newest SEGMENTS in which anything came back."""
        return {number: self.segment(number) for number in self._breakdowns.segments}

    @property
    def devices(self) -> dict[int, GroupFigures]:
        """By device code."""
        found = {}
        for code, tally in self._breakdowns.devices.items():
            parts = [part for part in self._breakdowns.parts if part[1] == code]
            found[code] = self._figures(tally, partial(self._throughputs.of_parts, parts))
        return found

    @property
    def parts(self) -> dict[tuple[int, int], GroupFigures]:
        """By segment and device code, of those segments."""
        return {key: self.part(*key) for key in self._breakdowns.parts}

    def segment(self, number: int) -> GroupFigures:
        """Of one segment; of nothing where nothing came back in it, or its figures are no longer kept."""
        load = partial(self._throughputs.of_segment, number)
        return self._figures(self._breakdowns.segments.get(number) or Tally(), load)

    def part(self, segment: int, device: int) -> GroupFigures:
        """Of what one device served in one segment."""
        load = partial(self._throughputs.of_part, segment, device)
        return self._figures(self._breakdowns.parts.get((segment, device)) or Tally(), load)

    def together(self, parts: Iterable[tuple[int, int]]) -> GroupFigures:
        """Of several of `parts`."""
        parts = list(parts)
        tallies = (self._breakdowns.parts[part] for part in parts)
        load = self._now(partial(self._throughputs.of_parts, parts))
        return GroupFigures.of_all(tallies, self.warm_up_rule, self.judgements, load)

    def _figures(self, tally: Tally, load: Callable[..., Throughput | None] | None = None) -> GroupFigures:
        figures = partial(GroupFigures, tally, self.warm_up_rule, self.judgements)
        return figures() if load is None else figures(self._now(load))

    def _now(self, load: Callable[..., Throughput | None]) -> LoadOf:
        return partial(load, now_ns=self._now_ns, final=self._finished)

    def work(self, of: int | list[tuple[int, int]] | None = None) -> Work:
        """When a group was loaded and what succeeded when: a segment, some of `parts` together, or the run."""
        return self._throughputs.work(of, self._now_ns, final=self._finished)

    @property
    def in_force(self) -> InForce:
        """What the figures of the segment in force are made of."""
        return in_force(self.session_state, self._breakdowns.parts, self.segment, self.part)

    def _segment_in_force(self) -> GroupFigures:
        in_force = self.session_state.segment
        return self.segment(in_force.segment) if in_force is not None else self._figures(Tally())

    def trials(self) -> list[TrialFigures]:
        """The newest TRIALS trials, oldest first, as they stand."""
        return [self.trial_collector.figures(each, self._now_ns, self) for each in self.session_state.trials[-TRIALS:]]

    # The warm-up rule

    @property
    def warm_up_rule(self) -> WarmUpRule:
        """The rule in force: all percentiles of the session follow it, on every surface."""
        settings = self.session_state.settings
        return self._chosen_rule or (settings.warm_up if settings is not None else "rule")

    def choose_rule(self, rule: WarmUpRule) -> None:
        """Puts another warm-up rule in force, until the setting itself is changed."""
        self._chosen_rule = rule

    def _follow_rule(self, event: Event) -> None:
        """A change of the setting ends what was chosen before it."""
        before = self.session_state.settings
        if isinstance(event, SegmentBegan) and before is not None and event.settings.warm_up != before.warm_up:
            self._chosen_rule = None

    def mark_left_out(self, records: Records) -> None:
        """Sets Flag.LEFT_OUT on those of [n] records that the rule in force leaves out of `latency` as warm-up."""
        left_out = self._breakdowns.left_out(records, self.warm_up_rule)
        records["flags"][left_out] = records["flags"][left_out] | Flag.LEFT_OUT

    def newest_requests(self, segment: int | None) -> Records:
        """Those of the RequestHistory whose latencies count; of one segment or of all. Costs some ms."""
        return self._newest_requests(segment, self.warm_up_rule)

    def _newest_requests(self, segment: int | None, rule: WarmUpRule) -> Records:
        rows = self._breakdowns.counted(self.history.tail(len(self.history)), rule)
        return rows if segment is None else rows[rows["segment"] == segment]

    def recent(self, span_s: int) -> dict[LatencyKind, Latency]:
        """Over the last 1, 10 or 60 s. No rule applies: of warm-ups only first inferences are left out."""
        return {kind: self.windows.latency(kind, span_s) for kind in KINDS}

    def queue(self) -> Queue | None:
        """Of an open loop, now or at the end of the load; None in a closed loop, and where too little came back."""
        return self._load_queue.at(self._now_ns, self.recording if self._finished else None)

    def steadiness(self) -> Steadiness:
        """Of the segment in force, on the device that serves it. Costs up to half a millisecond: for every few
        seconds."""
        segment, engine = self.session_state.segment, self.session_state.engine
        if segment is None or engine is None:
            return Steadiness((), 0)
        since_ns = max(
            segment.t_ns,
            *(change.t_ns for change in engine.device_changes[-1:]),
            self._breakdowns.warmed_up_ns(engine.number),
            0,
        )
        # Warm-up is no lack of steadiness, whatever rule is in force.
        now = self.in_force
        device, histogram = now.device, now.group.under("rule").histogram("inference")
        return assess_steadiness(
            self.seconds.since(since_ns / 1e9, self._end_ns / 1e9),
            histogram.counts,
            closed_loop=is_closed_loop(segment.settings),
            groups=lambda: describe_mode_groups(
                self._newest_requests(segment.segment, "rule"), device, histogram, self.by_shape.known
            ),
            growth=growth.finding if (growth := self.state_growth()) else None,
        )

    def state_growth(self) -> StateGrowth | None:
        """Of a stateful model whose state grows in the segment in force; else None."""
        return self._states.growth(self.session_state, self.seconds, self.telemetry)

    def slo(self) -> list[Verdict]:
        """The limits of the settings in force, checked against the figures that the segment in force has now."""
        self._check_limits()
        return self._limit_watch.verdicts

    def phases(self) -> list[HandoverPhases]:
        """The newest 64 changes of device, oldest first: latencies before, during and after each."""
        return self._handovers.phases(self.warm_up_rule, final=self._finished)

    def _worst_at_handover_ms(self) -> float | None:
        newest = [phases for phases in self.phases() if phases.change.engine == self.session_state.serving][-1:]
        return newest[0].worst_ms if newest else None

    def columns(self, kind: LatencyKind, end_ns: int, span_ns: int, n: int) -> LatencyColumns:
        """The latency plot's columns over the span before end_ns; see TimeBins.columns. They show every measured
        request, whatever the warm-up rule; `left_out` says what the rule in force leaves out of the figures."""
        columns = self._time_bins.columns(kind, end_ns, span_ns, n)
        edges_ns = np.rint(columns.edges_s * 1e9).astype(np.int64)
        return replace(columns, left_out=self._breakdowns.mark_columns(edges_ns, self.warm_up_rule))

    def _count(self, records: Records, *, final: bool) -> None:
        known = measured_requests(records)
        if len(records):
            self.history.add(records)
            self._time_bins.add_measured(known)
            self._time_bins.add_failed(records["done_ns"][records["flags"] & Flag.ERROR != 0])
            self.windows.add(known)
            self._handovers.add(records)
            self.out_of_order.add(records)
        self._breakdowns.add(records, known, final=final)

    def _check_limits(self) -> None:
        counts = LossCounts(self._now_ns, self._lost, self._shed)
        group = self._segment_in_force()
        self._limit_watch.look(group, self.warm_up_rule, counts, self._engines, self.unserved_at_end)

    @property
    def _completed(self) -> int:
        """Requests whose records were lost have completed, too."""
        return self.run.completed + self._lost

    @property
    def _end_ns(self) -> int:
        """The end of the time that figures cover: now, or the last completion once the session has finished."""
        last_ns = self._throughputs.last_done_ns
        if self._finished and last_ns is not None:
            return last_ns
        return self._now_ns

    def _recent_throughput(self) -> float | None:
        first_ns = self._throughputs.first_due_ns
        if first_ns is None:
            return None
        per_s = self._time_bins.rate(first_ns, self._end_ns, RECENT_NS)
        return None if per_s is None else round(per_s, RATE_DECIMALS)
