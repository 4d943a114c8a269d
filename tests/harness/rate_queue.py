"""A machine that never was: a queue with known service times, seen through the updates that a session gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from ovtui.metrics.digest import Digest
from ovtui.metrics.rate_search.probe import Probe, ProbeResult
from ovtui.metrics.rate_search.probe_judge import MOST_LONGEST_S, Evidence, ProbeJudge, Verdict, probe_time
from ovtui.metrics.rate_search.rate_search import RateSearch
from ovtui.metrics.session.accounts import Unsent
from ovtui.records.arrays import Floats
from ovtui.records.events import SegmentBegan
from ovtui.records.record import empty_records
from ovtui.records.source import LossCounts, Update
from ovtui.settings.schema.settings import Settings
from ovtui.settings.schema.slo import limits_in_force

POLL_S, LATER_POLL_S = 0.25, 1.0
"""Between two updates, in the first seconds of a load and after them."""
BEGINNING_S = 4.0


@dataclass(frozen=True)
class Service:
    """`servers` with a mean service time; `spread`: the standard deviation of its logarithm (one server only)."""

    mean_s: float
    servers: int = 1
    spread: float = 0.0

    @property
    def capacity(self) -> float:
        return self.servers / self.mean_s

    def times_s(self, n: int, rng: np.random.Generator) -> Floats:
        if not self.spread:
            return np.full(n, self.mean_s)
        return self.mean_s * np.exp(self.spread * rng.standard_normal(n) - self.spread**2 / 2)


def ends_s(due_s: Floats, service_s: Floats, servers: int) -> Floats:
    """When each of [n] requests is done, first come, first served (Lindley). Several servers only with equal service
    times: then each takes every n-th request."""
    done = np.empty(len(due_s))
    for first in range(servers):
        due, service = due_s[first::servers], service_s[first::servers]
        worked = np.cumsum(service)
        done[first::servers] = np.maximum.accumulate(due - (worked - service)) + worked
    return done


def share_over(service: Service, rate: float, limit_ms: float, n: int, rng: np.random.Generator) -> float:
    """Of [n] Poisson requests at this rate, after the first tenth."""
    due = np.cumsum(rng.exponential(1 / rate, n))
    response_s = ends_s(due, service.times_s(n, rng), service.servers) - due
    return float(np.mean(response_s[n // 10 :] >= limit_ms / 1e3))


def true_rate(service: Service, percentile: float, limit_ms: float, n: int = 4_000_000, seed: int = 1) -> float:
    """The rate at which just 1 - percentile/100 of the requests are over the limit, by bisection over one sample."""
    low, high = service.capacity / 50, service.capacity * 0.999
    while high / low > 1.0005:
        middle = (low * high) ** 0.5
        over = share_over(service, middle, limit_ms, n, np.random.default_rng(seed))
        low, high = (low, middle) if over > 1 - percentile / 100 else (middle, high)
    return (low * high) ** 0.5


class QueueMachine:
    """Serves one probe after another, on a clock of its own. `digest` sees what a client would see."""

    def __init__(self, service: Service, seed: int, slo: str = "") -> None:
        self.service, self.rng = service, np.random.default_rng(seed)
        self.digest = Digest()
        self.now_s, self.segment, self.seq = 1.0, 0, 0
        self.settings = Settings(slo=slo, arrival="poisson", rate=1.0)

    def begin(self, rate: float) -> SegmentBegan:
        """The load begins; the queue is empty."""
        self.now_s += 0.1
        self.segment += 1
        settings = msgspec.structs.replace(self.settings, rate=rate)
        return SegmentBegan(
            t_ns=int(self.now_s * 1e9), segment=self.segment, engine=1, first_seq=self.seq,
            nireq=self.service.servers, settings=settings, shed=0,
        )  # fmt: skip

    def updates(self, began: SegmentBegan, longest_s: float) -> Iterator[tuple[Update, Unsent]]:
        """One for each POLL_S, with what waits then."""
        n = int(began.settings.rate * longest_s * 1.2) + 1000
        begin_s = self.now_s
        due = begin_s + np.cumsum(self.rng.exponential(1 / began.settings.rate, n))
        service_s = self.service.times_s(n, self.rng)
        done = ends_s(due, service_s, self.service.servers)
        start = done - service_s
        rows = empty_records(n)
        rows["seq"] = rows["order"] = self.seq + np.arange(n)
        rows["due_ns"], rows["submit_ns"], rows["done_ns"] = due * 1e9, start * 1e9, done * 1e9
        rows["infer_us"], rows["segment"], rows["device"] = service_s * 1e6, self.segment, 1
        read, events = 0, [began]
        while self.now_s < begin_s + longest_s:
            self.now_s += POLL_S if self.now_s < begin_s + BEGINNING_S else LATER_POLL_S
            back, sent, came = (int(np.searchsorted(times, self.now_s)) for times in (done, start, due))
            now_ns, submitted = int(self.now_s * 1e9), self.seq + sent
            update = Update(
                now_ns=now_ns, records=rows[read:back], events=list(events), submitted=submitted, lost=0,
                counts=[LossCounts(now_ns, 0, 0, submitted, came - sent)],
            )  # fmt: skip
            read, events = back, []
            self.digest.feed(update)
            yield update, Unsent(came - sent, (self.now_s - due[sent:came]) * 1e3)
        raise AssertionError("the probe went on for longer than it may")

    def end(self, submitted: int) -> None:
        self.seq = submitted + self.service.servers


def search_on(
    machine: QueueMachine, search: RateSearch, most_s: float = MOST_LONGEST_S
) -> list[tuple[Probe, Verdict, float]]:
    """Runs a search to its end. Each probe with its verdict and how long it took, in seconds of the machine."""
    limits = limits_in_force(machine.settings.slo)
    evidence: dict[float, Evidence] = {}
    done = []
    while (probe := search.next_probe()) is not None:
        time = probe_time(probe.rate, limits, most_s, long=probe.is_long)
        began, begin_s = machine.begin(probe.rate), machine.now_s
        judge = ProbeJudge(
            evidence.setdefault(probe.rate, Evidence(limits)), time,
            segment=began.segment, first_seq=began.first_seq, begin_ns=began.t_ns, shed=0, lost=0,
        )  # fmt: skip
        for update, waiting in machine.updates(began, time.guard_s + time.longest_s + 1):
            judge.feed(update, waiting)
            verdict = judge.look(machine.digest.queue())
            if verdict is not None:
                break
        machine.end(update.submitted)
        search.told(ProbeResult(probe.rate, verdict.outcome, verdict.pressure))
        done.append((probe, verdict, machine.now_s - begin_s))
    return done
