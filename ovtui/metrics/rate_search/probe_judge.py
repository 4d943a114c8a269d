"""The judgement of one probe, made while it is measured: held, missed, overload, or not known yet.

- A guard comes first, whose requests do not count: the queue was empty when the load began, and needs its time to
  become as long as it is at this rate.
- The limits are those of --slo and judged by their own rule (metrics.limits). Each look has its chance of 1 % to be
  wrong, so looks come at growing intervals, and a verdict counts where two looks in a row have it.
- What is not decided at the end of its time is likely held, or likely missed: on the side of the limit on which its
  figure is.
- Overload is looked for from the first moment on, and ends a probe within two seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ovtui.metrics.confidence.binomial_rule import least_requests
from ovtui.metrics.groups.limit_counts import LimitCounts
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import LatencyKind, rounded_ms
from ovtui.metrics.latency.samples import KINDS, measured_records
from ovtui.metrics.limits.in_flight import InFlight
from ovtui.metrics.limits.limit_check import Check, SegmentFigures, check_limit
from ovtui.metrics.limits.unanswered import Unanswered
from ovtui.metrics.limits.verdicts import describe_verdict
from ovtui.metrics.rate_search.leaning import lean, pressure_of
from ovtui.metrics.rate_search.probe import Outcome
from ovtui.metrics.session.accounts import Unsent
from ovtui.records.record import LATENCY_MS, Flag, Records
from ovtui.records.source import LossCounts, Update
from ovtui.records.study_events import PointFigures, Pressure
from ovtui.settings.schema.slo import Limit

GUARD_S = 0.75
GUARD_SHARE = 0.05
"""The guard lasts GUARD_S, or this share of the longest time, whichever is longer."""
LEAST_S = 1.5
"""The shortest time that is measured after the guard."""
LEAST_LONGEST_S, MOST_LONGEST_S = 8.0, 30.0
LONGEST_TIMES, SHORT_TIMES = 200, 2
"""The longest time is what so many times the requests take with which a percentile could be held, but between the two
above. Near the limit, and elsewhere."""
GROWTH = 1.2
"""From a look to the next the measured time grows by this."""
BEGINNING_S = 3.0
"""So long after the guard overload shows, if there is one."""
OVER_TIMES = 2.0
"""A queue that grows is overload once those that wait have waited for so many times the limit."""
NO_LIMIT_MS = 500.0
"""As that limit, where there is none on the response."""


@dataclass(frozen=True, slots=True)
class ProbeTime:
    guard_s: float
    least_s: float
    longest_s: float
    """After the guard, as is `least_s`."""


def probe_time(rate: float, limits: Sequence[Limit], most_s: float = MOST_LONGEST_S, *, long: bool = True) -> ProbeTime:
    """How long a probe at this rate is measured. `long`: near the limit, where all that it shows is of use."""
    needed = max((least_requests(0, _upper(limit)) for limit in limits if limit.q is not None), default=100)
    longest_s = min(max(LEAST_LONGEST_S, (LONGEST_TIMES if long else SHORT_TIMES) * needed / rate), most_s)
    return ProbeTime(max(GUARD_S, GUARD_SHARE * longest_s), max(LEAST_S, 10 / rate), longest_s)


def _upper(limit: Limit) -> float:
    """The percentile as an upper limit has it: p1>5ms needs as many requests as p99<5ms."""
    assert limit.q is not None
    return 100 - limit.q if limit.is_floor else limit.q


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    reason: str
    """In one sentence."""
    checks: tuple[Check, ...] = ()
    pressure: Pressure | None = None


class Evidence:
    """What has been counted at one rate, over all times that it was measured. Owner: the study."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self.limits = tuple(limits)
        self.counts = LimitCounts(0, self.limits)
        self.spread: dict[LatencyKind, Histogram] = {kind: Histogram() for kind in KINDS}
        self.completed = self.measured = self.errors = self.late = self.lost = self.shed = 0
        self.measured_s = 0.0

    def add(self, rows: Records) -> None:
        """[n] records that count."""
        measured = measured_records(rows)
        self.completed += len(rows)
        self.measured += len(measured)
        self.errors += int(np.count_nonzero(rows["flags"] & Flag.ERROR))
        self.late += int(np.count_nonzero(rows["flags"] & Flag.LATE))
        self.counts.add(rows, None, "counted")
        for kind, histogram in self.spread.items():
            histogram.add(LATENCY_MS[kind](measured))

    @property
    def throughput(self) -> float | None:
        return self.measured / self.measured_s if self.measured_s > 0 and self.measured else None

    def figures(self, limited_ms: float | None = None) -> PointFigures:
        """`limited_ms`: the value of the first limit on a latency."""
        response = self.spread["response"].latency()
        return PointFigures(
            requests=self.measured, measured_s=round(self.measured_s, 3), throughput=self.throughput,
            p50_ms=response.p50, p90_ms=response.p90, p99_ms=response.p99, errors=self.errors,
            limited_ms=rounded_ms(limited_ms),
        )  # fmt: skip


class ProbeJudge:
    """Owner: the study. Feed it with every update since the segment of the probe began."""

    def __init__(
        self, evidence: Evidence, time: ProbeTime, *, segment: int, first_seq: int, begin_ns: int, shed: int, lost: int
    ) -> None:
        """`evidence`: of this rate so far. `begin_ns`: when the load began. `shed`, `lost`: by the session before."""
        self.evidence, self.time = evidence, time
        self.segment, self.begin_ns = segment, begin_ns
        self.guard_ns = self.until_ns = begin_ns + int(time.guard_s * 1e9)
        self._beginning = Evidence(())
        """All requests of this probe, those of the guard included, until overload would have been seen: its figures."""
        self._in_flight = InFlight()
        self._in_flight.begin_segment(first_seq)
        self._now = self._before = LossCounts(begin_ns, lost, shed)
        self._waiting = Unsent()
        self._next_look_s = time.least_s
        self._last: Outcome | None = None
        bounds = [limit.bound for limit in evidence.limits if limit.unit == "ms" and limit.latency == "response"]
        self._long_ms = OVER_TIMES * max(bounds, default=NO_LIMIT_MS)

    def feed(self, update: Update, waiting: Unsent) -> None:
        """`waiting`: what is due and waits to be sent, see Accounts.waiting_now."""
        now = LossCounts(update.now_ns, update.lost, update.shed, update.submitted)
        self._in_flight.add([now] if update.counts is None else update.counts, update.records)
        evidence = self.evidence
        if self._now.t_ns >= self.guard_ns:
            evidence.lost += now.lost - self._now.lost
            evidence.shed += now.shed - self._now.shed
        evidence.measured_s += max(now.t_ns - self.until_ns, 0) / 1e9
        self._now, self._waiting = now, waiting
        self.until_ns = max(self.until_ns, now.t_ns)
        rows = update.records
        rows = rows[rows["segment"] == self.segment]
        if self.measured_s < BEGINNING_S:
            self._beginning.add(rows)
            self._beginning.measured_s = (now.t_ns - self.begin_ns) / 1e9
        rows = rows[rows["due_ns"] >= self.guard_ns]
        if len(rows):
            evidence.add(rows)

    def figures(self, outcome: Outcome) -> PointFigures:
        """Of the rate, all times that it was measured together; of overload, those of this probe from its begin on."""
        if outcome == "overload":
            limit = next((limit for limit in self.evidence.limits if limit.unit == "ms"), None)
            asked = limit is not None and limit.q is not None and limit.latency
            spread = self._beginning.spread[cast(LatencyKind, asked)] if asked else None
            return self._beginning.figures(spread.percentile(limit.q) if spread and limit and limit.q else None)
        checks = zip(self.evidence.limits, self.verdict().checks, strict=True)
        return self.evidence.figures(next((check.value for limit, check in checks if limit.unit == "ms"), None))

    @property
    def measured_s(self) -> float:
        """In this probe, after its guard."""
        return (self.until_ns - self.guard_ns) / 1e9

    def look(self, queue: Queue | None) -> Verdict | None:
        """The verdict where there is one by now, or where the time is over; else None."""
        if queue is not None and queue.overloaded and queue.waited_ms >= self._long_ms:
            return Verdict("overload", queue.sentence)
        if self.measured_s < self._next_look_s:
            return None
        self._next_look_s = min(max(self._next_look_s, self.measured_s) * GROWTH, self.time.longest_s)
        verdict = self.verdict()
        if self.measured_s >= self.time.longest_s:
            return self._decided(verdict)
        if verdict.outcome == "unknown":
            self._last = None
            return None
        again, self._last = self._last == verdict.outcome, verdict.outcome
        return verdict if again else None

    def _decided(self, verdict: Verdict) -> Verdict:
        """What is not known is taken for what is likely."""
        if verdict.outcome != "unknown":
            return verdict
        leaning = lean(self.evidence.limits, verdict.checks)
        return replace(verdict, outcome=leaning.outcome, reason=leaning.reason)

    def verdict(self) -> Verdict:
        """As it stands now."""
        evidence = self.evidence
        figures = SegmentFigures(
            spread=evidence.spread, rule="rule", counts=evidence.counts, completed=evidence.completed,
            measured=evidence.measured, throughput=evidence.throughput, errors=evidence.errors, late=evidence.late,
            lost=evidence.lost, shed=evidence.shed,
            unanswered=Unanswered(
                evidence.shed, evidence.lost, (self._waiting,), True,
                self._in_flight.waits_ms(self._now.t_ns, self._now.lost - self._before.lost),
            ),
        )  # fmt: skip
        checks = tuple(check_limit(limit, figures) for limit in evidence.limits)
        words = [check.verdict for check in checks]
        found: Outcome = "missed" if "missed" in words else "unknown" if "unknown" in words else "held"
        limit, check = next(pair for pair in zip(evidence.limits, checks, strict=True) if pair[1].verdict == found)
        sentence = describe_verdict(str(limit), check.verdict, check.value, limit.unit, check.why)
        return Verdict(found, sentence, checks, pressure_of(evidence.limits, checks, evidence.spread))
