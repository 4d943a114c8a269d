"""Advice on waits for the batch timer, under AUTO and with a pool below the batch; what advice promises."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_advice import CASES, ON_GPU, advice_of, facts_of

from ovtui.metrics.advice.advice_facts import DevicePerformance
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.latency.latency import Latency
from ovtui.settings.changes import convert

ON_AUTO = facts_of(
    device="AUTO:GPU,CPU", serving=("GPU.0",), settings={"rate": 100.0, "hint": "throughput"}, nireq=1024, optimal=1024,
    batch_size=256, completed=500, timed_out=500, throughput=100.0, shortest_ms=1.1,
    latency={"response": Latency(count=500, p50=534.0), "service": Latency(count=500, p50=534.0, mean=534.0)},
    stand_in=DevicePerformance("(CPU)", 700, 0.1, 100.0, (1, 1)),
    accelerator=DevicePerformance("GPU.0", 500, 534.0, 100.0, (1024, 1024), ran_batches=True, timer_waits=True),
)  # fmt: skip
"""Measured so at the default timeout; 1.8 ms at a timeout of 2 ms, 0.8 ms without batching."""
SHORT = convert({"rate": 100.0, "hint": "throughput", "batch_timeout_ms": 50})


def test_a_timer_under_auto_is_answered_by_a_timeout_that_helps() -> None:
    (advice,) = advise(ON_AUTO)
    assert advice.id == "rate-too-low"
    assert advice.text.startswith("100 requests/s collect 100 of 256 in 1000 ms: 100.0 % waited for the timer")
    assert "256 come due in 2,560 ms, so no timeout fills a batch in reasonable time" in advice.text
    assert "0.500 to 3.00 ms expected, 534.0 now" in advice.text
    assert advice.remedy == {"batch_timeout_ms": 1}
    assert advice.claim is not None
    assert (advice.claim.figure, advice.claim.low, advice.claim.high) == ("response p50", 0.5, pytest.approx(3.0))
    assert "534.0 ms: less half the timer, it is what the 103 requests of one period take" in advice.claim.how


def test_a_run_is_told_from_the_mean_and_not_from_the_shortest_wait() -> None:
    """Measured: p50 2.3 ms at a timeout of 2 ms, where three times the shortest latency is 211 ms."""
    latency = ON_AUTO.latency | {"service": Latency(count=500, p50=622.0, mean=622.0)}
    (advice,) = advise(replace(ON_AUTO, shortest_ms=70.3, latency=latency))
    assert advice.claim is not None
    assert advice.claim.high == pytest.approx(1 + 3 * 122 / 112.2)
    # Bursts are queued at once; a pool that is too small, or a queue, lets only a part of them wait for the timer.
    for other in (
        facts_of(ON_AUTO, settings={"rate": 100.0, "hint": "throughput", "arrival": "burst:50"}, shortest_ms=70.3),
        replace(ON_AUTO, nireq=60, shortest_ms=70.3),
        replace(ON_AUTO, unserved=9, shortest_ms=70.3),
    ):
        (claim,) = [a.claim for a in advise(other) if a.id == "rate-too-low"]
        assert claim is not None
        assert claim.high == pytest.approx(1 + 3 * 70.3)


def test_a_timeout_that_fills_batches_is_named_where_it_is_one_that_helps() -> None:
    (advice,) = [a for a in advise(replace(ON_AUTO, batch_size=8, settings=SHORT)) if a.id == "rate-too-low"]
    assert "8 come due in 80 ms, so a timeout of 240 ms would fill batches, in which each waits 40.0 ms" in advice.text
    assert advice.remedy == {"batch_timeout_ms": 1}


def test_a_timeout_is_lengthened_only_where_the_device_does_not_keep_up_alone() -> None:
    (advice,) = [a for a in advise(replace(ON_AUTO, lone_run_ms=9.0)) if a.id == "rate-too-low"]
    assert advice.remedy == {"batch_timeout_ms": 7680}, "three times the 2560 ms in which 256 come due"


@pytest.mark.parametrize("known", [True, False], ids=["timer", "shares unknown"])
@pytest.mark.parametrize("rate", [100.0, 0.0], ids=["open", "closed"])
def test_no_device_is_advised_while_the_wait_for_the_timer_may_be_in_its_figures(known: bool, rate: float) -> None:
    """Slower by far, yet all of it is the timer; where nothing tells how requests ran, it may be."""
    waits = DevicePerformance("GPU.0", 500, 534.0, 4.0, (4, 4), ran_batches=True, timer_waits=True)
    counts = {"timed_out": 500} if known else {"timed_out": 0, "batch_size": None, "may_batch_unseen": True}
    facts = facts_of(ON_AUTO, settings={"rate": rate, "hint": "throughput"}, accelerator=waits, nireq=4, **counts)
    assert not {"accelerator-slower", "throughput-hint-at-low-rate"} & {advice.id for advice in advise(facts)}
    # The same figures of a device that batches nothing are its own.
    alone = replace(waits, ran_batches=False, timer_waits=False)
    facts = replace(facts, accelerator=alone, timed_out=0, single=500, batch_size=None, may_batch_unseen=False)
    assert "accelerator-slower" in {advice.id for advice in advise(facts)}


def test_a_pool_below_the_batch_is_told_in_both_loops() -> None:
    below = facts_of(ON_GPU, batch_size=16, nireq=4, timed_out=30, completed=30, throughput=3.9, shortest_ms=20.0)
    (closed,) = [a for a in advise(below) if a.id == "batch-over-requests"]
    assert closed.remedy == {"properties": {"PERFORMANCE_HINT_NUM_REQUESTS": "4"}}
    queue = Queue("growing", 29.0, 173, 5270.0)
    (first,) = advise(facts_of(below, settings={"rate": 33.0}, queue=queue))
    assert (first.id, first.merged) == ("overloaded", ("batch-over-requests",)), "its remedy is the same"
    assert "100.0 % of 30 requests waited for the timer of 1000 ms" in first.evidence
    assert "the queue grows by 29/s" in first.text
    assert "batches 16 requests and at most 4 are in flight" in first.text
    assert first.remedy == {"nireq": 32, "properties": {"PERFORMANCE_HINT_NUM_REQUESTS": "16"}}


@pytest.mark.parametrize("name", CASES)
def test_advice_promises_only_what_was_worked_out(name: str) -> None:
    """A remedy says what it is for; without a range it says "try", or names what it makes possible."""
    advice = advice_of(name)
    makes_possible = {"cannot-batch", "hint-does-not-batch", "could-batch", "shared-inputs"}
    assert not advice.remedy or advice.claim is not None or name in makes_possible
    if advice.claim is not None and not advice.claim.promises:
        assert advice.claim.basis == "rule of thumb" or advice.claim.now is None
        assert "nothing is promised" in advice.claim.sentence
    for word in ("would give the same", "would serve them at a higher", "faster:"):
        assert word not in advice.text


def test_a_run_that_is_lost_in_the_wait_for_the_timer_has_no_figure() -> None:
    """It once was told as 0.000 ms."""
    latency = ON_AUTO.latency | {"service": Latency(count=500, p50=488.0, mean=488.0)}
    (advice,) = [a for a in advise(replace(ON_AUTO, shortest_ms=77.0, latency=latency)) if a.id == "rate-too-low"]
    assert advice.claim is not None
    assert "0.000" not in advice.claim.how
    assert "a run is too short to tell" in advice.claim.how
