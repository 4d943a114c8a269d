"""What waiting for batches cost, as sums that can be added to one another."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ovtui.metrics.batching.batch_assembly import FiredBatches
from ovtui.metrics.batching.batch_runs import inference_ns
from ovtui.metrics.batching.certainty import Certainty
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import Latency
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import UNMEASURED, Flag, Records


@dataclass(frozen=True, slots=True)
class BatchShares:
    """How the requests of a span ran. Shares are of those whose batch size is known; None where none is."""

    known: int = 0
    batched: int = 0
    """Requests that ran with others."""
    timed_out: int = 0
    single: int = 0
    """Ran alone, the timer not involved."""
    stood_in: int = 0
    """Requests that AUTO's stand-in served, and that are in none of these counts."""
    batches: int = 0
    size: int | None = None
    """Requests in a full batch, as seen; None where none was."""
    first_wait: Latency = field(default_factory=Latency)
    """How long the first members of full batches waited."""
    cost_ms: float | None = None
    """Mean wait of a request for its batch or the timer, over those that are known; None where neither came in."""
    cost_certainty: Certainty = Certainty.EXACT
    """Of cost_ms: the waits of timer runs are estimates, or bounds."""


_NONE = 1 << 62


@dataclass(slots=True)
class _WaitSums:
    """Of one segment on one device. In whole ns: the sum of parts is that of the whole."""

    members: int = 0
    """Of whole full batches."""
    waited_ns: int = 0
    """By those members, exactly."""
    timers: int = 0
    timers_ns: int = 0
    """Latency of those that ran alone after the timer."""
    alone: int = 0
    """Ran alone and waited for nothing."""
    least_ns: int = _NONE
    """Least that a request took alone, or a batch; see lone_runs_of."""
    batch_run_known: bool = False
    """A batch of it has fired, whose run is known."""

    def merge(self, other: _WaitSums) -> None:
        self.members += other.members
        self.waited_ns += other.waited_ns
        self.timers += other.timers
        self.timers_ns += other.timers_ns
        self.alone += other.alone
        self.least_ns = min(self.least_ns, other.least_ns)
        self.batch_run_known |= other.batch_run_known

    @property
    def timers_waited_ns(self) -> int:
        """An estimate: their latency less the least run; all of it where nothing tells what a run takes."""
        if not self.timers or self.all_waited:
            return self.timers_ns
        return self.timers_ns - self.timers * self.least_ns

    @property
    def all_waited(self) -> bool:
        return not (self.alone or self.batch_run_known)


class BatchWait:
    """Owner: a Tally. A few numbers for each segment and device, and one distribution."""

    __slots__ = ("_by_key", "first_waits")

    def __init__(self) -> None:
        self._by_key: dict[int, _WaitSums] = {}
        self.first_waits: Histogram | None = None
        """How long the first members of full batches waited; exact but for the buckets."""

    def add_lone_runs(self, key: int, records: Records) -> None:
        """Counts [n] records of one key; those that ran with others, failed or warmed up are left out."""
        alone = (records["batch_size"] == 1) & (records["flags"] & UNMEASURED == 0)
        if not alone.any():
            return
        timer = records["flags"][alone] & Flag.TIMED_OUT != 0
        took_ns = inference_ns(records)[alone]
        timers = int(np.count_nonzero(timer))
        sums = self._by_key.setdefault(key, _WaitSums())
        sums.merge(_WaitSums(
            timers=timers, timers_ns=int(took_ns[timer].sum()), alone=len(took_ns) - timers,
            least_ns=int(took_ns.min()),
        ))  # fmt: skip

    def add_fired(self, fired: FiredBatches) -> None:
        if not len(fired.key):
            return
        if self.first_waits is None:
            self.first_waits = Histogram()
        self.first_waits.add(fired.first_wait_ns / 1e6)
        for key in np.unique(fired.key).tolist():
            here = fired.key == key
            self._by_key.setdefault(key, _WaitSums()).merge(_WaitSums(
                members=int(fired.size[here].sum()), waited_ns=int(fired.waited_ns[here].sum()),
                least_ns=int(fired.run_ns[here & (fired.run_ns > 0)].min(initial=_NONE)),
                batch_run_known=bool((here & (fired.run_ns > 0)).any()),
            ))  # fmt: skip

    def merge(self, other: BatchWait) -> None:
        for key, sums in other._by_key.items():
            self._by_key.setdefault(key, _WaitSums()).merge(sums)
        if other.first_waits is not None:
            if self.first_waits is None:
                self.first_waits = Histogram()
            self.first_waits.merge(other.first_waits)

    def first_wait(self) -> Latency:
        """Of the first members of full batches."""
        return self.first_waits.latency() if self.first_waits is not None else Latency()

    def lone_run_times(self) -> dict[int, float]:
        """Estimated ms that a lone request runs, by key_of its segment and device; none where all had waited."""
        return {key: sums.least_ns / 1e6 for key, sums in self._by_key.items() if not sums.all_waited}

    @property
    def certainty(self) -> Certainty:
        """Of the cost: a bound where most timer runs in it are known by bounds only."""
        timers = sum(sums.timers for sums in self._by_key.values())
        bounds = sum(sums.timers for sums in self._by_key.values() if sums.all_waited)
        if not timers:
            return Certainty.EXACT
        return Certainty.AT_MOST if 2 * bounds > timers else Certainty.ESTIMATED

    def cost_ms(self) -> float | None:
        """Mean over the requests whose run is known of what they waited for a batch or the timer; None where
        neither came into play. AUTO's stand-in never waits, and is no part of it."""
        every = [sums for key, sums in self._by_key.items() if key & 0xFF != STAND_IN]
        if not any(sums.members or sums.timers for sums in every):
            return None
        waited_ns = sum(sums.waited_ns + sums.timers_waited_ns for sums in every)
        return waited_ns / sum(sums.members + sums.timers + sums.alone for sums in every) / 1e6
