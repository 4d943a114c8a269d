"""The groups of requests that have figures of their own (run, segments, devices, device within segment).

Until the warm-up of an engine is decided, its latencies are counted as pending; see metrics.groups.warm_up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ovtui.metrics.batching.batch_assembly import BatchAssembler, FiredBatches, segment_device_keys
from ovtui.metrics.batching.batch_series import PerSecondBatching
from ovtui.metrics.batching.timer_claims import Judgement, TimerClaims
from ovtui.metrics.groups.by_shape import ByShape
from ovtui.metrics.groups.limit_counts import LimitCounts
from ovtui.metrics.groups.tally import Tally, WarmUpClass
from ovtui.metrics.groups.throughputs import Throughputs
from ovtui.metrics.groups.warm_up import WarmUp, WarmUpBlock, WarmUpCut, WarmUpState
from ovtui.metrics.latency.samples import MeasuredRequests, measured_records, measured_requests
from ovtui.metrics.latency.schedule_lag import ScheduleLag
from ovtui.records.arrays import Bools, Ints
from ovtui.records.device_codes import STAND_IN
from ovtui.records.events import Event, SegmentBegan
from ovtui.records.record import UNMEASURED, Flag, Records, empty_records, join_records
from ovtui.settings.schema.settings import WarmUpRule
from ovtui.settings.schema.slo import limits_in_force

K = TypeVar("K")
SEGMENTS = 64
"""Segments whose distributions are kept: 6.4 MB, and as much again for each device. The run's figures cover all
segments."""
ENGINES_KNOWN = 256
"""But for the first one, those of which it is known when they served first."""
SEGMENTS_KNOWN = 512
"""Segments of which it is known what a request of the history needs (engine, batch timeout, what its lone runs waited
for): 2 KB each. Of older ones sums are left."""


class Breakdowns:
    """Counts records into the tallies of all groups. Owner: the Digest."""

    def __init__(self) -> None:
        self.run = Tally()
        self.segments: dict[int, Tally] = {}
        """By the `segment` in the records: a late record of an old segment is counted in the old one."""
        self.devices: dict[int, Tally] = {}
        """By device code."""
        self.parts: dict[tuple[int, int], Tally] = {}
        """By segment and device code, as long as the segment's tally is kept."""
        self.first_done_ns: dict[tuple[int, int], int] = {}
        """By segment and device code, as long as the segment's tally is kept: completion of its first request."""
        self.first_served_ns: dict[tuple[int, int], int] = {}
        """By engine and device code: completion of its first request."""
        self.warm_ups: dict[int, WarmUp] = {}
        """By engine."""
        self.per_second_batching = PerSecondBatching()
        self.lag = ScheduleLag()
        self.throughputs = Throughputs()
        self.claims = TimerClaims()
        self.by_shape = ByShape()
        self.limit_counts = LimitCounts(-1, ())
        """Of the newest segment that is no side of a trial."""
        self.batch_timeouts_ms: dict[int, int] = {}
        """By segment."""
        self._batch_assembler = BatchAssembler(self.batch_timeouts_ms)
        self._engine_of: dict[int, int] = {}
        """By segment."""
        self._open: WarmUp | None = None
        """The warm-up of the newest engine, until it is decided."""
        self._ending: list[tuple[int, WarmUp, int]] = []
        """Engine, its open warm-up, and when the next engine began: the records up to then are still to be added. One
        update can hold the events of several engines before the records of the first, as a replay's does."""
        self._newest_segment = -1
        self._newest_begun = -1
        """The newest segment whose event has arrived."""
        self._early = empty_records()
        """Records that arrived before the event of their segment."""

    def fold(self, event: Event) -> None:
        """Takes note of what an event tells of the records that follow it."""
        self.throughputs.fold(event)
        self.claims.fold(event)
        self.by_shape.known.fold(event)

    def begin_segment(self, event: SegmentBegan) -> None:
        """Opens the warm-up if this is the first segment of its engine."""
        self._engine_of[event.segment] = event.engine
        self.batch_timeouts_ms[event.segment] = event.settings.batch_timeout_in_force_ms
        self.lag.begin_segment(event)
        self.by_shape.begin_segment(event)
        self._newest_begun = max(self._newest_begun, event.segment)
        if event.segment > self.limit_counts.segment and not event.trial:
            self.limit_counts = LimitCounts(event.segment, limits_in_force(event.settings.slo))
        if event.engine not in self.warm_ups:
            if self._open is not None:
                self._ending.append((self._engine_with(self._open), self._open, event.t_ns))
            self._open = self.warm_ups[event.engine] = WarmUp(event.t_ns, event.first_seq, event.nireq)

    def counted(self, records: Records, rule: WarmUpRule) -> Records:
        """Those of [n] records whose latencies count under a rule: for figures that are made of the requests
        themselves and not of a tally."""
        counted: Records = records[~self.left_out(records, rule) & (records["flags"] & Flag.ERROR == 0)]
        return counted

    def judgements(self) -> dict[int, Judgement]:
        """On the requests that ran alone, by segment_device_key."""
        return self.claims.judge(self.run.waiting.lone_runs())

    def left_out(self, records: Records, rule: WarmUpRule) -> Bools:
        """[n]: True for the requests without an error whose latencies a rule leaves out."""
        found: Bools = records["flags"] & UNMEASURED == Flag.WARM_UP
        if rule == "none":
            return np.zeros(len(records), np.bool_)
        if rule == "rule":
            found |= self._warming(records) & (records["flags"] & Flag.ERROR == 0)
        return found

    def _warming(self, rows: Records) -> Bools:
        """[n]: True for what the rule, where it is decided, leaves out of the starts of engines."""
        warming = np.zeros(len(rows), np.bool_)
        if not len(rows):
            return warming
        first_seq, first_ns = int(rows["seq"].min()), int(rows["done_ns"].min())
        for engine, warm_up in list(self.warm_ups.items()):  # a thread that searches a recording asks, too
            if warm_up.may_leave_out(first_seq, first_ns):
                warming |= np.isin(rows["segment"], self._segments_of(engine)) & warm_up.left_out(rows)
        return warming

    def mark_columns(self, edges_ns: Ints, rule: WarmUpRule) -> npt.NDArray[np.uint8]:
        """[n] of the columns between [n + 1] edges: see WarmUp.mark_columns. First inferences are in no column."""
        found = np.zeros(max(len(edges_ns) - 1, 0), np.uint8)
        for warm_up in self.warm_ups.values() if rule == "rule" else ():
            found = np.maximum(found, warm_up.mark_columns(edges_ns))
        return found

    def decided(self, engine: int) -> bool:
        """True when it is known which of the engine's first requests are warm-up."""
        return engine not in self.warm_ups or self.warm_ups[engine].decided

    def warmed_up_ns(self, engine: int) -> int:
        """When the engine's warm-up was over; 0 where it was not, or is not decided."""
        known = self.warm_ups.get(engine)
        return known.until_ns or 0 if known is not None else 0

    def warm_up_cut(self, rule: WarmUpRule, engine: int, left_out: int) -> WarmUpCut:
        """`left_out`: the requests that the rule leaves out of all engines' starts. The state is that of the warm-up of
        one engine."""
        known, of_shapes = self.warm_ups.get(engine), len(self.by_shape.run) > 1
        if rule != "rule" or known is None:
            return WarmUpCut(rule, left_out, None, "none", of_shapes)
        until_s = None if known.until_ns is None else (known.until_ns - known.began_ns) / 1e9
        state: WarmUpState = "steady" if known.steady else "unsteady" if known.decided else "open"
        return WarmUpCut(rule, left_out, until_s, state, of_shapes)

    def end_warm_up(self) -> None:
        """Decides the open warm-up from the records so far."""
        if self._open is not None:
            self._open.settle()
            self._settle(self._open)

    def add(self, records: Records, known: MeasuredRequests, *, final: bool = False) -> None:
        """Counts [n] records. `known`: the measured ones of them. Records that arrive before the event of their segment
        are held back for one update; those of the `final` update are counted at once."""
        if len(self._early):
            early, self._early = self._early, empty_records()
            records = join_records((early, records))
            known = measured_requests(records)
        elif self._engine_of and not final:
            is_early = records["segment"] > self._newest_begun
            if is_early.any():
                self._early, records = records[is_early], records[~is_early]
                known = measured_requests(records)
        rest = self._end_earlier(records) if self._ending else records
        if not len(records):
            return
        self.lag.add(known.rows)
        if self._open is None:
            self._tally_decided(rest, known if rest is records else None)
        else:
            self._add_while_open(self._open, rest)
        fired = self._batch_assembler.add(records)
        self.per_second_batching.add(records, fired)
        if fired is not None:
            self._count_fired(fired)

    def _end_earlier(self, records: Records) -> Records:
        """Decides the warm-ups of engines that another one has followed, by their requests that completed until then,
        so that it does not depend on how a session is cut into updates. Returns the records that are left."""
        for engine, warm_up, end_ns in self._ending:
            until_end = np.isin(records["segment"], self._segments_of(engine)) & (records["done_ns"] <= end_ns)
            self._add_while_open(warm_up, records[until_end])
            if not warm_up.decided:
                warm_up.settle()
                self._settle(warm_up)
            records = records[~until_end]
        self._ending.clear()
        return records

    def _engine_with(self, open_: WarmUp) -> int:
        return next(number for number, warm_up in self.warm_ups.items() if warm_up is open_)

    def _add_while_open(self, open_: WarmUp, records: Records) -> None:
        engine = self._engine_with(open_)
        of_engine = np.isin(records["segment"], self._segments_of(engine)) & (records["flags"] & UNMEASURED == 0)
        self._tally_decided(records[~of_engine])
        rows = records[of_engine]
        filling = open_.in_pool_fill(rows)
        open_.fill_done_ns += rows["done_ns"][filling].tolist()
        self._tally(rows[filling], part="pending", block=open_.pool_fill)
        for chunk, block in open_.split_by_block(rows[~filling]):
            if block is None:
                self._tally_decided(chunk)
            else:
                self._tally(chunk, part="pending", block=block)
        if open_.decided:
            self._settle(open_)

    def _tally_decided(self, records: Records, known: MeasuredRequests | None = None) -> None:
        """Counts [n] records of engines whose warm-up is decided. Some may be warm-up all the same: one of a pool's
        first requests that was held for seconds comes long after the decision."""
        rows = measured_records(records)
        warming = self._warming(rows)
        if not warming.any():
            self._tally(records, known)
            return
        for engine, warm_up in self.warm_ups.items():
            held = warming & np.isin(rows["segment"], self._segments_of(engine)) & warm_up.in_pool_fill(rows)
            warm_up.fill_done_ns += rows["done_ns"][held].tolist()
        self._tally(rows[warming], part="warming")
        self._tally(rows[~warming])
        self._tally(records[records["flags"] & UNMEASURED != 0])

    def _segments_of(self, engine: int) -> list[int]:
        return [segment for segment, owner in list(self._engine_of.items()) if owner == engine]

    def _settle(self, decided: WarmUp) -> None:
        for block in (decided.pool_fill, *decided.blocks):
            part: WarmUpClass = "counted" if decided.is_counted(block) else "warming"
            self.limit_counts.settle(block, part)
            self.by_shape.settle(block, part)
            for (segment, device), histograms in block.parts.items():
                for tally in self._tallies_of(segment, device):
                    tally.merge_histograms(histograms, part)
        for tally in self._all_tallies():
            tally.settle()
        decided.pool_fill.parts.clear()
        decided.blocks.clear()
        if decided is self._open:
            self._open = None

    def _all_tallies(self) -> Iterator[Tally]:
        yield self.run
        for group in (self.segments, self.devices, self.parts):
            yield from group.values()
        yield from self.by_shape.all_tallies()

    def _tally(
        self,
        records: Records,
        known: MeasuredRequests | None = None,
        part: WarmUpClass = "counted",
        block: WarmUpBlock | None = None,
    ) -> None:
        if not len(records):
            return
        keys = segment_device_keys(records)
        same_key = bool((keys == keys[0]).all())
        for key in [int(keys[0])] if same_key else np.unique(keys).tolist():
            chosen = records if same_key else records[keys == key]
            at = segment, device = key >> 8, key & 0xFF
            piece = Tally()
            piece.add(chosen, known if same_key else None)
            piece.waiting.add_lone_runs(key, chosen, self.claims.timeout_ns(segment))
            piece.itemised, piece.items = self.by_shape.items(chosen)
            self.by_shape.add(chosen, part, block)
            if device == STAND_IN:
                piece.stood_in = piece.sizes.get(1, 0)
            for tally in self._tallies_of(segment, device):
                tally.merge(piece, part)
            if segment == self.limit_counts.segment:
                self.limit_counts.add(chosen, known if same_key else None, part, block)
            if block is not None:
                block.add(at, piece.counted_histograms)
            self.throughputs.add(segment, device, chosen)
            done_ns = int(chosen["done_ns"].min())
            self.first_done_ns[at] = min(self.first_done_ns.get(at, done_ns), done_ns)
            by = self._engine_of.get(segment, 0), device
            self.first_served_ns[by] = min(self.first_served_ns.get(by, done_ns), done_ns)

    def _tallies_of(self, segment: int, device: int) -> Iterator[Tally]:
        yield self.run
        yield _get_or_make(self.devices, device)
        kept = self._segment(segment)
        if kept is not None:
            yield kept
            yield _get_or_make(self.parts, (segment, device))

    def _count_fired(self, fired: FiredBatches) -> None:
        for key in np.unique(fired.key).tolist():
            of_key = fired.where(fired.key == key)
            for tally in self._tallies_of(key >> 8, key & 0xFF):
                tally.waiting.add_fired(of_key)

    def _segment(self, number: int) -> Tally | None:
        """The tally of a segment; None if the segment is so old that its tally was dropped."""
        if number > self._newest_segment:
            self._newest_segment = number
            for old in [kept for kept in self.segments if kept <= number - SEGMENTS]:
                del self.segments[old]
            for of_parts in (self.parts, self.first_done_ns):
                for key in [kept for kept in of_parts if kept[0] <= number - SEGMENTS]:
                    del of_parts[key]
            self.throughputs.drop_before(number - SEGMENTS + 1)
            self._forget_before(number - SEGMENTS_KNOWN + 1)
        if number <= self._newest_segment - SEGMENTS:
            return None
        return _get_or_make(self.segments, number)

    def _forget_before(self, segment: int) -> None:
        """What is kept for each segment, of those before this one."""
        if segment <= 0:
            return
        judgements = self.judgements()
        for tally in (self.run, *self.devices.values()):
            tally.waiting.drop_before(segment, judgements)
        engines = list(dict.fromkeys(engine for engine, _ in self.first_served_ns))
        for key in [key for key in self.first_served_ns if key[0] in engines[1:-ENGINES_KNOWN]]:
            del self.first_served_ns[key]
        self.claims.drop_before(segment)
        self.by_shape.known.drop_before(segment)
        for number in [number for number in self._engine_of if number < segment]:
            del self._engine_of[number], self.batch_timeouts_ms[number]
            self.lag.open_loop_segments.discard(number)
        serving = {*self._engine_of.values(), *(engine for engine, _, _ in self._ending)}
        for engine in [number for number, known in self.warm_ups.items() if known is not self._open]:
            if engine not in serving:
                del self.warm_ups[engine]


def _get_or_make(tallies: dict[K, Tally], key: K) -> Tally:
    """dict.setdefault would make a new Tally, 100 KiB, on every call."""
    tally = tallies.get(key)
    if tally is None:
        tally = tallies[key] = Tally()
    return tally
