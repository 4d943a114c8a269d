"""Whether the requests that ran alone waited for the batch timer: what the engine says of its model, and what the
latencies say to that.

A model that OpenVINO batches in B has no third way: a request runs in a full batch, or alone when the timer runs out
(auto_batch plugin). So where B is known, every lone run on the device that batches is a timer run, those that were
recorded before B was learnt, too. The claim is withdrawn where nothing waits. The timer runs freely, so the wait is
uniform over (0, timeout): half of the lone runs done within a 20th of the timeout is as good as impossible, and so is
nearly all of them within its half.

The judgement depends on sums over all requests of an engine's segments and on nothing else, so it is the same live and
in a replay, and however the session is cut into updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN, UNKNOWN
from ovtui.records.events import BatchingLearnt, Compiled, Event, SegmentBegan
from ovtui.records.record import Flag, Records
from ovtui.settings.device_names import hides_batch_workers

QUICK_PART, EARLY_PART = 20, 2
"""A lone run is quick within a 20th of the timeout, early within its half."""
MIN_QUICK, MIN_EARLY = 8, 20
"""Lone runs needed before quick ones, or early ones, withdraw a claim."""
EARLY_SHARE = 0.9
_NONE = 1 << 62


class Verdict(Enum):
    """On the lone runs of one segment on one device."""

    TIMER = "timer"
    """All waited for the timer."""
    SLOW_ONES = "slow ones"
    """Those that are not quick: it is not known which of several devices served each request."""
    WITHDRAWN = "withdrawn"
    """None waited, although batching was claimed."""
    UNDECIDED = "undecided"
    """They may have waited: whether the device behind AUTO batches has not been learnt, and they are not quick."""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    quick_ns: int
    """A lone run whose latency is below this is quick."""


Judgements = Mapping[int, Judgement]
"""By segment_device_key; of keys that are missing nothing more is known than what each record says."""


@dataclass(slots=True)
class LoneRuns:
    """Sums over the requests of one segment on one device; all of them can be merged."""

    count: int = 0
    """Requests that ran alone."""
    quick: int = 0
    early: int = 0
    first_ns: int = _NONE
    """Their first submission, and last completion."""
    last_ns: int = 0
    batched: int = 0
    """Requests that ran in a batch."""

    def merge(self, other: LoneRuns) -> None:
        self.count += other.count
        self.quick += other.quick
        self.early += other.early
        self.first_ns = min(self.first_ns, other.first_ns)
        self.last_ns = max(self.last_ns, other.last_ns)
        self.batched += other.batched


@dataclass(frozen=True, slots=True)
class _Segment:
    engine: int
    timeout_ns: int
    nireq: int


@dataclass(slots=True)
class TimerClaims:
    """What engines claim of batching, folded from their events. Owner: Breakdowns."""

    _segments: dict[int, _Segment] = field(default_factory=dict)
    _sizes: dict[int, int] = field(default_factory=dict)
    """B by engine, where it is known to be above 1."""
    _asked: set[int] = field(default_factory=set)
    """Engines behind which a device may batch, of which it has not been learnt yet."""
    _hidden: set[int] = field(default_factory=set)
    """Engines on AUTO, MULTI or HETERO, whose CPU batches nothing."""
    _batched: set[tuple[int, int]] = field(default_factory=set)
    """Engine and device of the batches that ran: what has batched once, batches."""

    def fold(self, event: Event) -> None:
        match event:
            case SegmentBegan():
                timeout_ns = event.settings.batch_timeout_in_force_ms * 1_000_000
                self._segments[event.segment] = _Segment(event.engine, timeout_ns, event.nireq)
            case Compiled():
                if hides_batch_workers(event.device):
                    self._hidden.add(event.engine)
                if (event.batching.size or 0) > 1:
                    self._sizes[event.engine] = event.batching.size or 0
                elif event.batching.size is None and event.batching.evidence == "probe":
                    self._asked.add(event.engine)
            case BatchingLearnt() if event.size:
                self._asked.discard(event.engine)
                if event.size > 1:
                    self._sizes[event.engine] = event.size
            case _:
                pass

    def timeout_ns(self, segment: int) -> int:
        """The batch timeout of a segment; 0 where it is unknown."""
        found = self._segments.get(segment)
        return found.timeout_ns if found is not None else 0

    def judge(self, lone_runs: Mapping[int, LoneRuns]) -> dict[int, Judgement]:
        """`lone_runs`: of the whole run, by segment_device_key; what a call has had before may be missing in it."""
        self._batched.update(self._batcher(key) for key, runs in lone_runs.items() if runs.batched)
        found = {}
        for key, runs in lone_runs.items():
            verdict = self._verdict(key, runs, batches_ran=self._batcher(key) in self._batched)
            if verdict is not None:
                found[key] = Judgement(verdict, self.timeout_ns(key >> 8) // QUICK_PART)
        return found

    def drop_before(self, segment: int) -> None:
        """Forgets the segments before this one, and engines older than those of the others."""
        for number in [number for number in self._segments if number < segment]:
            del self._segments[number]
        oldest = min((known.engine for known in self._segments.values()), default=0)
        self._sizes = {engine: size for engine, size in self._sizes.items() if engine >= oldest}
        self._asked = {engine for engine in self._asked if engine >= oldest}
        self._hidden = {engine for engine in self._hidden if engine >= oldest}
        self._batched = {batcher for batcher in self._batched if batcher[0] >= oldest}

    def _batcher(self, key: int) -> tuple[int, int]:
        """Engine and device."""
        segment = self._segments.get(key >> 8)
        return (segment.engine if segment is not None else 0), key & 0xFF

    def _verdict(self, key: int, runs: LoneRuns, *, batches_ran: bool) -> Verdict | None:
        segment, device = self._segments.get(key >> 8), key & 0xFF
        if segment is None or not runs.count or device in (STAND_IN, UNKNOWN):
            return None
        if device == CPU and segment.engine in self._hidden:
            return None
        if segment.engine not in self._sizes:
            open_ = segment.engine in self._asked and not batches_ran and device != AMBIGUOUS
            return Verdict.UNDECIDED if open_ and not _nothing_waits(runs, segment) else None
        if _nothing_waits(runs, segment):
            return None if batches_ran else Verdict.WITHDRAWN
        return Verdict.SLOW_ONES if device == AMBIGUOUS else Verdict.TIMER


def settle_timer_flags(records: Records, judgements: Judgements) -> None:
    """Sets and clears TIMED_OUT of [n] records in place, as they are judged. 2 ms for 131,000 lone runs."""
    if not judgements:
        return
    lone = np.flatnonzero((records["batch_size"] == 1) & (records["flags"] & Flag.ERROR == 0))
    keys = records["segment"][lone].astype(np.int64) << 8 | records["device"][lone]
    for key in np.unique(keys).tolist():
        judgement = judgements.get(key)
        if judgement is None:
            continue
        rows = lone[keys == key]
        waited = np.full(len(rows), judgement.verdict is Verdict.TIMER)
        if judgement.verdict is Verdict.SLOW_ONES:
            waited = records["infer_us"][rows] * 1e3 >= judgement.quick_ns
        flags = records["flags"][rows]
        records["flags"][rows] = np.where(waited, flags | Flag.TIMED_OUT, flags & ~np.uint16(Flag.TIMED_OUT))


def _nothing_waits(runs: LoneRuns, segment: _Segment) -> bool:
    """True where the latencies contradict the timer. While the timer has had no time to run out twice, only more
    completions than its periods allow do: each infer request waits for the end of one."""
    periods = 2 + max(runs.last_ns - runs.first_ns, 0) // max(segment.timeout_ns, 1)
    if periods < 4 and runs.count <= segment.nireq * periods:
        return False
    quick = runs.count >= MIN_QUICK and 2 * runs.quick > runs.count
    return quick or (runs.count >= MIN_EARLY and runs.early >= EARLY_SHARE * runs.count)
