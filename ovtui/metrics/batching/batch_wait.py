"""The time that requests spent waiting for batches, as sums that can be merged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ovtui.metrics.batching.batch_assembly import FiredBatches
from ovtui.metrics.batching.batch_runs import Certainty, inference_ns
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
    """Requests that ran in a full batch."""
    timed_out: int = 0
    """Requests that ran alone because the timer ran out."""
    single: int = 0
    """Requests that ran alone, without the timer."""
    stood_in: int = 0
    """Requests that AUTO's stand-in served; the other counts do not include them."""
    batches: int = 0
    size: int | None = None
    """Requests in a full batch, as seen; None if no batch ran."""
    first_wait: Latency = field(default_factory=Latency)
    """How long the first members of full batches waited."""
    cost_ms: float | None = None
    """Mean wait of a request for its batch or the timer; None if there were neither batches nor timer runs."""
    cost_certainty: Certainty = Certainty.EXACT
    """How exact cost_ms is: the waits of timer runs are estimates or bounds, and those of deduced batches estimates."""


_NONE = 1 << 62


@dataclass(slots=True)
class _WaitSums:
    """Sums for one segment on one device, in whole ns, so that merged parts equal the whole exactly."""

    members: int = 0
    """Members of complete batches."""
    waited_ns: int = 0
    """Exact wait of these members together."""
    timer_runs: int = 0
    """Requests that ran alone after the timer."""
    timer_latency_ns: int = 0
    """Latency of the timer runs together."""
    alone: int = 0
    """Requests that ran alone without waiting."""
    shortest_ns: int = _NONE
    """The shortest run, of a lone request or of a batch; see lone_run_times in batch_runs."""
    has_batch_run: bool = False
    """True once a complete batch has been counted whose run time is known: a batch never waits after firing, so its
    run bounds what a lone request takes, even if all lone requests waited for the timer."""

    def merge(self, other: _WaitSums) -> None:
        self.members += other.members
        self.waited_ns += other.waited_ns
        self.timer_runs += other.timer_runs
        self.timer_latency_ns += other.timer_latency_ns
        self.alone += other.alone
        self.shortest_ns = min(self.shortest_ns, other.shortest_ns)
        self.has_batch_run |= other.has_batch_run

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


class BatchWait:
    """A few numbers for each segment and device, and one distribution. Owner: a Tally."""

    __slots__ = ("_by_key", "first_waits")

    def __init__(self) -> None:
        self._by_key: dict[int, _WaitSums] = {}
        """By segment_device_key."""
        self.first_waits: Histogram | None = None
        """How long the first members of full batches waited."""

    def add_lone_runs(self, key: int, records: Records) -> None:
        """Counts [n] records of one key. Batched and failed requests and first inferences are left out."""
        alone = (records["batch_size"] == 1) & (records["flags"] & UNMEASURED == 0)
        if not alone.any():
            return
        timer = records["flags"][alone] & Flag.TIMED_OUT != 0
        took_ns = inference_ns(records)[alone]
        timer_runs = int(np.count_nonzero(timer))
        sums = self._by_key.setdefault(key, _WaitSums())
        sums.merge(_WaitSums(
            timer_runs=timer_runs, timer_latency_ns=int(took_ns[timer].sum()), alone=len(took_ns) - timer_runs,
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
            ran = of_key & (fired.run_ns > 0)
            self._by_key.setdefault(key, _WaitSums()).merge(_WaitSums(
                members=int(fired.size[of_key].sum()), waited_ns=int(fired.waited_ns[of_key].sum()),
                shortest_ns=int(fired.run_ns[ran].min(initial=_NONE)), has_batch_run=bool(ran.any()),
            ))  # fmt: skip

    def merge(self, other: BatchWait) -> None:
        for key, sums in other._by_key.items():
            self._by_key.setdefault(key, _WaitSums()).merge(sums)
        if other.first_waits is not None:
            if self.first_waits is None:
                self.first_waits = Histogram()
            self.first_waits.merge(other.first_waits)

    def first_wait(self) -> Latency:
        """How long the first members of full batches waited."""
        return self.first_waits.latency() if self.first_waits is not None else Latency()

    def lone_run_times(self) -> dict[int, float]:
        """Estimated run time of a lone request, ms, by segment_device_key. Unknown run times are missing."""
        return {key: sums.shortest_ns / 1e6 for key, sums in self._by_key.items() if not sums.run_time_unknown}

    def shortest_times(self) -> dict[int, float]:
        """The shortest inference of a lone request or run of a batch, ms, waits included, by segment_device_key."""
        return {key: sums.shortest_ns / 1e6 for key, sums in self._by_key.items() if sums.shortest_ns < _NONE}

    @property
    def certainty(self) -> Certainty:
        """How exact cost_ms is: an upper bound if the wait of most timer runs is only known as an upper bound."""
        timer_runs = sum(sums.timer_runs for sums in self._by_key.values())
        bounds = sum(sums.timer_runs for sums in self._by_key.values() if sums.run_time_unknown)
        if not timer_runs:
            return Certainty.EXACT
        return Certainty.AT_MOST if 2 * bounds > timer_runs else Certainty.ESTIMATED

    def cost_ms(self) -> float | None:
        """Mean wait for a batch or the timer, over the requests of known batch size; None if there were neither batches
        nor timer runs. Requests of AUTO's stand-in are left out, because it never waits."""
        sums_of_devices = [sums for key, sums in self._by_key.items() if key & 0xFF != STAND_IN]
        if not any(sums.members or sums.timer_runs for sums in sums_of_devices):
            return None
        waited_ns = sum(sums.waited_ns + sums.timer_wait_ns for sums in sums_of_devices)
        return waited_ns / sum(sums.members + sums.timer_runs + sums.alone for sums in sums_of_devices) / 1e6
