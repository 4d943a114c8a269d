"""The time that requests spent waiting for batches, as sums that can be merged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ovtui.metrics.batching.batch_assembly import FiredBatches
from ovtui.metrics.batching.batch_runs import Certainty, inference_ns
from ovtui.metrics.batching.timer_claims import EARLY_PART, QUICK_PART, Judgement, Judgements, LoneRuns, Verdict
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import Latency
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import UNMEASURED, Flag, Records


@dataclass(frozen=True, slots=True)
class BatchShares:
    """How the requests of a group ran."""

    known: int = 0
    """Requests whose batch size is known or deduced; the base of all shares."""
    deduced: int = 0
    """Those of them whose batch size is deduced."""
    unknown: int = 0
    """Requests of unknown batch size."""
    batched: int = 0
    """Requests that ran in a full batch, held or not."""
    held: int = 0
    """Those of them whose batch was full and held until the timer ran out."""
    timed_out: int = 0
    """Requests that ran alone because the timer ran out."""
    single: int = 0
    """Requests that ran alone, without the timer."""
    stood_in: int = 0
    """Requests that AUTO's stand-in served; the other counts do not include them."""
    batches: int = 0
    held_batches: int = 0
    """Those of them that were held."""
    withdrawn: bool = False
    """True where the device claims that it batches, and the latencies contradict that: no request waits."""
    undecided: bool = False
    """True where requests ran alone and may have waited for the timer: whether the device batches is not learnt yet."""
    size: int | None = None
    """Requests in a full batch, as seen; None if no batch ran."""
    first_wait: Latency = field(default_factory=Latency)
    """How long the first members of full batches waited."""
    cost_ms: float | None = None
    """Mean wait of a request for its batch or the timer; None if there were neither batches nor timer runs."""
    held_wait_ms: float | None = None
    """Mean wait of a request whose batch was held; None if none was."""
    cost_certainty: Certainty = Certainty.EXACT
    """How exact cost_ms is: the waits of timer runs are estimates or bounds, and those of deduced and of held batches
    estimates."""

    @property
    def full(self) -> int:
        """Requests that ran in a full batch that was not held: with `held`, `timed_out` and `single` all of `known`."""
        return self.batched - self.held


_NONE = 1 << 62


@dataclass(slots=True)
class _WaitSums:
    """Sums for one segment on one device, in whole ns, so that merged parts equal the whole exactly."""

    members: int = 0
    """Members of complete batches."""
    waited_ns: int = 0
    """Wait of these members together: exact, but for that of held ones after their batch was full."""
    held: int = 0
    """Those of these members whose batch was held."""
    held_waited_ns: int = 0
    """Their part of waited_ns."""
    timer_runs: int = 0
    """Requests that ran alone after the timer."""
    timer_latency_ns: int = 0
    """Latency of the timer runs together."""
    alone: int = 0
    """Requests that ran alone without waiting."""
    alone_latency_ns: int = 0
    quick_latency_ns: int = 0
    """Latency of the quick ones of `lone` together."""
    lone: LoneRuns = field(default_factory=LoneRuns)
    """All that ran alone, after the timer or without, as sums from which it is judged whether they waited."""
    shortest_ns: int = _NONE
    """The shortest run, of a lone request or of a batch; see lone_run_times in batch_runs."""
    has_batch_run: bool = False
    """True once a complete batch has been counted whose run time is known, because it was not held: its run bounds what
    a lone request takes, even if all lone requests waited for the timer."""

    def merge(self, other: _WaitSums) -> None:
        self.members += other.members
        self.waited_ns += other.waited_ns
        self.held += other.held
        self.held_waited_ns += other.held_waited_ns
        self.timer_runs += other.timer_runs
        self.timer_latency_ns += other.timer_latency_ns
        self.alone += other.alone
        self.alone_latency_ns += other.alone_latency_ns
        self.quick_latency_ns += other.quick_latency_ns
        self.lone.merge(other.lone)
        self.shortest_ns = min(self.shortest_ns, other.shortest_ns)
        self.has_batch_run |= other.has_batch_run

    def judged(self, judgement: Judgement | None) -> _WaitSums:
        """With the lone runs counted as they are judged, and not as they were recorded."""
        if judgement is None:
            return self
        latency_ns = self.timer_latency_ns + self.alone_latency_ns
        alone, alone_ns = {
            Verdict.TIMER: (0, 0),
            Verdict.SLOW_ONES: (self.lone.quick, self.quick_latency_ns),
            Verdict.WITHDRAWN: (self.lone.count, latency_ns),
            Verdict.UNDECIDED: (self.lone.count, latency_ns),
        }[judgement.verdict]
        return replace(
            self, timer_runs=self.lone.count - alone, timer_latency_ns=latency_ns - alone_ns, alone=alone,
            alone_latency_ns=alone_ns,
        )  # fmt: skip

    @property
    def timer_wait_ns(self) -> int:
        """Estimated wait of the timer runs: their latency minus the shortest run, or the whole latency if the run time
        is unknown."""
        if not self.timer_runs or self.run_time_unknown:
            return self.timer_latency_ns
        return self.timer_latency_ns - self.timer_runs * self.shortest_ns

    @property
    def run_time_unknown(self) -> bool:
        """True if every request waited, so that no latency shows how long a run takes."""
        return not (self.alone or self.has_batch_run)


@dataclass(slots=True)
class _OldSums:
    """What is left of segments whose sums are no longer kept, their lone runs as they were judged then."""

    timer_runs: int = 0
    bounds: int = 0
    """Those of them whose wait is only known as an upper bound."""
    held: int = 0
    held_waited_ns: int = 0
    withdrawn: bool = False
    undecided: bool = False
    waiters: int = 0
    """Requests that may have waited: members of batches, timer runs. These three are without AUTO's stand-in."""
    alone: int = 0
    waited_ns: int = 0

    def add(self, key: int, recorded: _WaitSums, judgement: Judgement | None) -> None:
        sums = recorded.judged(judgement)
        self.timer_runs += sums.timer_runs
        self.bounds += sums.timer_runs if sums.run_time_unknown else 0
        self.held += sums.held
        self.held_waited_ns += sums.held_waited_ns
        if judgement is not None and recorded.lone.count:
            self.withdrawn |= judgement.verdict is Verdict.WITHDRAWN
            self.undecided |= judgement.verdict is Verdict.UNDECIDED
        if key & 0xFF != STAND_IN:
            self.waiters += sums.members + sums.timer_runs
            self.alone += sums.alone
            self.waited_ns += sums.waited_ns + sums.timer_wait_ns

    def merge(self, other: _OldSums) -> None:
        self.timer_runs += other.timer_runs
        self.bounds += other.bounds
        self.held += other.held
        self.held_waited_ns += other.held_waited_ns
        self.withdrawn |= other.withdrawn
        self.undecided |= other.undecided
        self.waiters += other.waiters
        self.alone += other.alone
        self.waited_ns += other.waited_ns


class BatchWait:
    """A few numbers for each segment and device, as long as the segment is known, and one distribution. Owner: a
    Tally."""

    __slots__ = ("_by_key", "_old", "first_waits")

    def __init__(self) -> None:
        self._by_key: dict[int, _WaitSums] = {}
        """By segment_device_key."""
        self._old: _OldSums | None = None
        self.first_waits: Histogram | None = None
        """How long the first members of full batches waited."""

    def add_lone_runs(self, key: int, records: Records, timeout_ns: int = 0) -> None:
        """Counts [n] records of one key. Failed requests and first inferences are left out, and of batched ones nothing
        is kept but their number. `timeout_ns`: the batch timeout; 0 where it is unknown."""
        measured = records["flags"] & UNMEASURED == 0
        batched = int(np.count_nonzero((records["batch_size"] > 1) & measured))
        chosen = (records["batch_size"] == 1) & measured
        if not batched and not chosen.any():
            return
        sums = self._by_key.setdefault(key, _WaitSums())
        sums.lone.batched += batched
        if not chosen.any():
            return
        rows = records[chosen]
        timer = rows["flags"] & Flag.TIMED_OUT != 0
        took_ns = inference_ns(rows)
        quick = took_ns * QUICK_PART < timeout_ns
        timer_runs = int(np.count_nonzero(timer))
        timer_ns, quick_ns = int(took_ns[timer].sum()), int(took_ns[quick].sum())
        lone = LoneRuns(
            count=len(rows), quick=int(np.count_nonzero(quick)),
            early=int(np.count_nonzero(took_ns * EARLY_PART < timeout_ns)),
            first_ns=int(rows["submit_ns"].min()), last_ns=int(rows["done_ns"].max()),
        )  # fmt: skip
        sums.merge(_WaitSums(
            timer_runs=timer_runs, timer_latency_ns=timer_ns, alone=len(rows) - timer_runs,
            alone_latency_ns=int(took_ns.sum()) - timer_ns, quick_latency_ns=quick_ns, lone=lone,
            shortest_ns=int(took_ns.min()),
        ))  # fmt: skip

    def add_fired(self, fired: FiredBatches) -> None:
        if not len(fired.key):
            return
        if self.first_waits is None:
            self.first_waits = Histogram()
        self.first_waits.add(fired.first_wait_ns / 1e6)
        for key in np.unique(fired.key).tolist():
            of_key = fired.key == key
            ran = of_key & (fired.run_ns > 0) & ~fired.held
            held = of_key & fired.held
            self._by_key.setdefault(key, _WaitSums()).merge(_WaitSums(
                members=int(fired.size[of_key].sum()), waited_ns=int(fired.waited_ns[of_key].sum()),
                held=int(fired.size[held].sum()), held_waited_ns=int(fired.waited_ns[held].sum()),
                shortest_ns=int(fired.run_ns[ran].min(initial=_NONE)), has_batch_run=bool(ran.any()),
            ))  # fmt: skip

    def drop_before(self, segment: int, judgements: Judgements) -> None:
        """Keeps only the sums of the segments before this one together."""
        for key in [key for key in self._by_key if key >> 8 < segment]:
            self._old = self._old or _OldSums()
            self._old.add(key, self._by_key.pop(key), judgements.get(key))

    def merge(self, other: BatchWait) -> None:
        if other._old is not None:
            self._old = self._old or _OldSums()
            self._old.merge(other._old)
        for key, sums in other._by_key.items():
            self._by_key.setdefault(key, _WaitSums()).merge(sums)
        if other.first_waits is not None:
            if self.first_waits is None:
                self.first_waits = Histogram()
            self.first_waits.merge(other.first_waits)

    def first_wait(self) -> Latency:
        """How long the first members of full batches waited."""
        return self.first_waits.latency() if self.first_waits is not None else Latency()

    def lone_runs(self) -> dict[int, LoneRuns]:
        """What is needed to judge whether lone runs waited, by segment_device_key."""
        return {key: sums.lone for key, sums in self._by_key.items()}

    def shortest_times(self) -> dict[int, float]:
        """The shortest inference of a lone request or run of a batch, ms, waits included, by segment_device_key."""
        return {key: sums.shortest_ns / 1e6 for key, sums in self._by_key.items() if sums.shortest_ns < _NONE}

    def timer_runs(self, judgements: Judgements) -> int:
        old = self._old.timer_runs if self._old is not None else 0
        return old + sum(sums.timer_runs for _, sums in self._judged(judgements))

    def withdrawn(self, judgements: Judgements) -> bool:
        """True where a claim that requests wait for batches is withdrawn."""
        return self._any(judgements, Verdict.WITHDRAWN) or (self._old is not None and self._old.withdrawn)

    def undecided(self, judgements: Judgements) -> bool:
        """True where it is not known whether requests wait for the timer."""
        return self._any(judgements, Verdict.UNDECIDED) or (self._old is not None and self._old.undecided)

    def _any(self, judgements: Judgements, verdict: Verdict) -> bool:
        found = (judgements.get(key) for key, sums in self._by_key.items() if sums.lone.count)
        return any(judgement is not None and judgement.verdict is verdict for judgement in found)

    def lone_run_times(self, judgements: Judgements) -> dict[int, float]:
        """Estimated run time of a lone request, ms, by segment_device_key. Unknown run times are missing."""
        return {
            key: sums.shortest_ns / 1e6
            for key, sums in self._judged(judgements)
            if not sums.run_time_unknown and sums.shortest_ns < _NONE
        }

    def certainty(self, judgements: Judgements) -> Certainty:
        """How exact cost_ms is: an upper bound if the wait of most timer runs is only known as an upper bound."""
        judged, old = [sums for _, sums in self._judged(judgements)], self._old or _OldSums()
        timer_runs = old.timer_runs + sum(sums.timer_runs for sums in judged)
        bounds = old.bounds + sum(sums.timer_runs for sums in judged if sums.run_time_unknown)
        if not timer_runs:
            held = old.held or any(sums.held for sums in self._by_key.values())
            return Certainty.ESTIMATED if held else Certainty.EXACT
        return Certainty.AT_MOST if 2 * bounds > timer_runs else Certainty.ESTIMATED

    def held_wait_ms(self) -> float | None:
        """Mean wait of a request whose batch was full and held until the timer; None if none was."""
        old = self._old or _OldSums()
        held = old.held + sum(sums.held for sums in self._by_key.values())
        waited_ns = old.held_waited_ns + sum(sums.held_waited_ns for sums in self._by_key.values())
        return waited_ns / held / 1e6 if held else None

    def cost_ms(self, judgements: Judgements) -> float | None:
        """Mean wait for a batch or the timer, over the requests of known batch size; None if there were neither batches
        nor timer runs. Requests of AUTO's stand-in are left out, because it never waits."""
        sums_of_devices, old = (
            [s for key, s in self._judged(judgements) if key & 0xFF != STAND_IN],
            self._old or _OldSums(),
        )
        waiters = old.waiters + sum(sums.members + sums.timer_runs for sums in sums_of_devices)
        if not waiters:
            return None
        waited_ns = old.waited_ns + sum(sums.waited_ns + sums.timer_wait_ns for sums in sums_of_devices)
        return waited_ns / (waiters + old.alone + sum(sums.alone for sums in sums_of_devices)) / 1e6

    def _judged(self, judgements: Judgements) -> list[tuple[int, _WaitSums]]:
        return [(key, sums.judged(judgements.get(key))) for key, sums in self._by_key.items()]
