"""The judgement of a probe, on queues with known service times: a fast form of tests/benchmarks/find_rate_truth.py."""

from __future__ import annotations

import numpy as np
import pytest
from harness.rate_queue import LATER_POLL_S, POLL_S, QueueMachine, Service, ends_s, search_on, true_rate

from ovtui.metrics.rate_search.probe_judge import Evidence, ProbeJudge, Verdict, probe_time
from ovtui.metrics.rate_search.rate_limits import rate_arrival, rate_limits
from ovtui.metrics.rate_search.rate_search import RateSearch
from ovtui.settings.errors import SettingsError

QUEUE, SLO = Service(0.00025), "p99<20ms"


def probed(rate: float, slo: str = SLO, service: Service = QUEUE, seed: int = 0) -> tuple[Verdict, float, ProbeJudge]:
    """The verdict, after how many seconds of the load, and the judge."""
    machine, limits = QueueMachine(service, seed, slo), rate_limits(slo)
    time, began = probe_time(rate, limits), machine.begin(rate)
    judge = ProbeJudge(
        Evidence(limits), time, segment=began.segment, first_seq=0, begin_ns=began.t_ns, shed=0, lost=0
    )  # fmt: skip
    for update, waiting in machine.updates(began, time.guard_s + time.longest_s + 1):
        judge.feed(update, waiting)
        verdict = judge.look(machine.digest.queue())
        if verdict is not None:
            break
    return verdict, (update.now_ns - began.t_ns) / 1e9, judge


def test_the_queue_is_first_come_first_served() -> None:
    due = np.array([0.0, 0.1, 0.2, 5.0, 5.0, 5.0])
    assert ends_s(due, np.full(6, 1.0), 1).tolist() == [1.0, 2.0, 3.0, 6.0, 7.0, 8.0]
    assert ends_s(due, np.full(6, 1.0), 2).tolist() == pytest.approx([1.0, 1.1, 2.0, 6.0, 6.0, 7.0])


@pytest.mark.parametrize("times", [1.15, 2.0])
def test_overload_is_seen_within_two_seconds(times: float) -> None:
    for seed in range(3):
        verdict, after_s, judge = probed(QUEUE.capacity * times, seed=seed)
        figures = judge.figures("overload")
        assert figures.limited_ms is not None
        assert figures.limited_ms > 20
        assert verdict.outcome in ("overload", "missed")
        assert after_s <= 2.0 + POLL_S
        assert "overloaded: the queue grows" in verdict.reason or verdict.outcome == "missed"


def test_a_rate_far_below_is_held_early_and_the_guard_does_not_count() -> None:
    verdict, after_s, judge = probed(2000.0)
    assert verdict.outcome == "held"
    assert verdict.reason.startswith("p99<20ms held: ")
    assert after_s < 6
    figures = judge.figures(verdict.outcome)
    assert figures.requests == pytest.approx(2000 * (after_s - judge.time.guard_s), rel=0.1)
    assert figures.throughput == pytest.approx(2000, rel=0.05)
    assert figures.limited_ms == figures.p99_ms


def test_a_rate_near_its_limit_is_likely_held_or_missed_when_its_time_is_over() -> None:
    soft = Service(0.002)
    truth = true_rate(soft, 99, 20, 400_000)
    for share, outcome in ((0.94, "likely held"), (1.03, "likely missed")):
        verdict, after_s, judge = probed(share * truth, service=soft)
        assert verdict.outcome == outcome
        assert verdict.reason.startswith(f"p99<20ms {outcome}: ")
        assert "needs" in verdict.reason
        assert after_s == pytest.approx(judge.time.guard_s + judge.time.longest_s, abs=LATER_POLL_S)
        pressure = judge.verdict().pressure
        assert pressure is not None
        assert pressure.tail is not None
        assert (pressure.log < 0) is (pressure.tail < 0) is (outcome == "likely held")


def test_evidence_of_one_rate_adds_up() -> None:
    limits = rate_limits(SLO)
    evidence, machine, counted = Evidence(limits), QueueMachine(QUEUE, 3, SLO), []
    for _ in range(2):
        began = machine.begin(3500.0)
        judge = ProbeJudge(
            evidence, probe_time(3500.0, limits), segment=began.segment, first_seq=began.first_seq,
            begin_ns=began.t_ns, shed=0, lost=0,
        )  # fmt: skip
        for update, waiting in machine.updates(began, 60.0):
            judge.feed(update, waiting)
            if judge.measured_s >= 1.0:
                break
        machine.end(update.submitted)
        counted.append((evidence.measured, round(evidence.measured_s, 2)))
    assert counted[1][0] == pytest.approx(2 * counted[0][0], rel=0.1)
    assert counted[1][1] == pytest.approx(2 * counted[0][1], rel=0.1)


def test_shed_requests_miss_a_limit() -> None:
    machine, limits = QueueMachine(QUEUE, 0, SLO), rate_limits(SLO)
    began = machine.begin(2000.0)
    judge = ProbeJudge(
        Evidence(limits), probe_time(2000.0, limits), segment=1, first_seq=0, begin_ns=began.t_ns, shed=0, lost=0
    )  # fmt: skip
    for at, (update, waiting) in enumerate(machine.updates(began, 60.0)):
        object.__setattr__(update, "shed", 20 * at)
        judge.feed(update, waiting)
        if judge.measured_s > 2:
            break
    assert judge.verdict().outcome == "missed"
    assert "never sent" in judge.verdict().reason


def test_the_rate_found_is_near_the_truth() -> None:
    truth = true_rate(QUEUE, 99, 20, 1_000_000)
    for seed in range(2):
        search = RateSearch(QUEUE.capacity / 2, QUEUE.capacity / 64, 1e6, 0.04)
        done = search_on(QueueMachine(QUEUE, seed, SLO), search, 12.0)
        answer = search.answer
        assert answer.holds == pytest.approx(truth, rel=0.08)
        assert answer.holds is not None
        assert answer.fails is not None
        assert answer.holds < truth * 1.03 < 1.1 * answer.fails
        assert [probe.purpose for probe, *_ in done].count("again") >= 2


@pytest.mark.parametrize(
    ("slo", "says"),
    [
        ("", "write one on latency: --slo 'p99<20ms'"),
        ("throughput>100/s,p99<20ms", "the rate is what is sought"),
        ("errors=0", "no limit keeps the rate down"),
        ("p99>20ms", "no limit keeps the rate down"),
        ("p99=20ms", "write < or >"),
    ],
)
def test_limits_that_no_rate_can_be_sought_for(slo: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        rate_limits(slo)


def test_arrivals_with_rates_of_their_own_are_refused() -> None:
    assert rate_arrival("burst:4") == "burst:4"
    for arrival in ("ramp:100:5", "steps:1,2:3", "trace:x.csv"):
        with pytest.raises(SettingsError, match="rates of its own"):
            rate_arrival(arrival)
