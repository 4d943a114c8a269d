"""Each rule has a case where it must give advice and one where it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from advice_cases import CASES, FILLING, HANDED_OVER, HELD, ON_CPU, ON_GPU, OPEN, SLOW, facts_of, mean

from ovtui.metrics.advice.advice import Rule
from ovtui.metrics.advice.advice_facts import DevicePerformance
from ovtui.metrics.advice.registry import RULES, advise
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.judgement.steadiness import Finding, Steadiness
from ovtui.records.events import BatchingPlan
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import fields


@pytest.mark.parametrize("name", CASES)
def test_rule_gives_its_advice(name: str) -> None:
    by_id = {advice.id: advice for advice in advise(CASES[name][0])}
    assert name in by_id
    advice = by_id[name]
    assert advice.evidence
    # The remedy can be applied as it is.
    assert set(advice.remedy) <= set(fields())
    with_changes(CASES[name][0].settings, advice.remedy)


@pytest.mark.parametrize("name", CASES)
def test_rule_gives_no_advice_without_reason(name: str) -> None:
    assert name not in {advice.id for advice in advise(CASES[name][1])}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_has_its_cases(rule: Rule) -> None:
    """Each rule in RULES, without the others: a new rule fails here until CASES has a case in which it gives advice
    and one in which it does not."""
    given = {advice.id for case in CASES.values() for facts in case if (advice := rule(facts)) is not None}
    assert len(given) == 1, "each rule gives advice in some case, always with the same id"
    (name,) = given
    positive, negative = CASES[name]
    assert rule(positive) is not None
    assert rule(negative) is None


def test_no_case_is_left_without_its_rule() -> None:
    assert len(CASES) == len(RULES) == len(set(RULES))


def test_the_evidence_is_of_the_given_facts() -> None:
    (advice,) = advise(CASES["rate-too-low"][0])
    assert advice.text.startswith("3.33 requests/s collect 3 of 16 in 1000 ms: 100.0 % waited for the timer")
    assert advice.remedy == {"batch_timeout_ms": 1}, "no timeout up to 4.8 s fills a batch: the shortest wait"


def test_what_held_batches_cost_and_a_timeout_that_makes_them_shorter() -> None:
    (advice,) = [advice for advice in advise(CASES["held-batches"][0]) if advice.id == "held-batches"]
    assert advice.severity == "warning"
    assert advice.remedy == {"batch_timeout_ms": 20}, "ten latencies"
    assert advice.evidence.endswith("1.00 of the mean 3.00 ms a request")
    (rare,) = [each for each in advise(facts_of(HELD, held=12, held_batches=3, batched=400_000)) if each.remedy]
    assert (rare.id, rare.severity) == ("held-batches", "info")
    short = facts_of(HELD, held=40, held_batches=10, settings={"batch_timeout_ms": 30})
    (advice,) = [advice for advice in advise(short) if advice.id == "held-batches"]
    assert advice.remedy == {}, "no timeout that is much shorter would let batches fill"


def test_no_advice_before_the_first_segment() -> None:
    assert advise(None) == []


def test_warnings_come_first() -> None:
    facts = facts_of(ON_GPU, settings={"auto_batching": "yes", "hint": "latency"}, nireq=8, single=500)
    severities = [advice.severity for advice in advise(facts)]
    assert severities == sorted(severities, key=lambda severity: severity != "warning")
    assert len(severities) == 2


def advice_of(name: str) -> Any:
    return next(advice for advice in advise(CASES[name][0]) if advice.id == name)


def test_overload_advice_has_its_figures() -> None:
    advice = advice_of("overloaded")
    assert advice.text.startswith("overloaded: the queue grows by 80/s")
    assert advice.evidence == "200.0/s are served with 4 in flight, about 400 wait, the last waited 2.10 s"
    assert advice.remedy == {"rate": 160.0}


def test_a_load_without_a_rate_of_its_own_has_no_rate_to_lower() -> None:
    steps = facts_of(
        CASES["overloaded"][0], settings={"arrival": "steps:100,400:5"}, queue=Queue("full", 0, 10_000, 9e3, 30.0)
    )
    (advice,) = [advice for advice in advise(steps) if advice.id == "overloaded"]
    assert advice.remedy == {}
    assert "the backlog is full and 30/s are shed" in advice.text


def test_an_overload_of_a_small_pool_is_answered_by_a_larger_one() -> None:
    (advice,) = [a for a in advise(replace(CASES["overloaded"][0], nireq=1, optimal=4)) if a.id == "overloaded"]
    assert advice.remedy == {"nireq": 4}


def test_an_overload_is_reported_after_its_end_without_proposing_a_larger_pool() -> None:
    """120/s asked for, 15/s served: 2,614 of 2,996 still waited at the end, and 'in flight 4' would not have helped."""
    base = replace(OPEN, nireq=4, completed=382, kept_waiting=376, throughput=15.0, latency=mean(120.0))
    facts = facts_of(base, settings={"rate": 120.0}, unserved=2614)
    (advice,) = [advice for advice in advise(facts) if advice.severity == "warning"]
    assert advice.text == (
        "overloaded: 2,614 of 2,996 requests that came due were never sent; 12/s would be four fifths of what is served"
    )
    assert advice.remedy == {"rate": 12.0}
    assert not [a for a in advise(replace(facts, unserved=7)) if a.id == "overloaded"], "a stall before the end"


def test_too_many_in_flight_gives_the_latency_of_fewer() -> None:
    advice = advice_of("too-many-in-flight")
    assert "with 8 each would take about 20 ms, if throughput stays as it is" in advice.text
    assert advice.remedy == {"nireq": 8}, "twice the optimum: with the optimum alone streams idle between requests"
    assert "64 in flight on average (throughput x service time)" in advice.evidence


def test_too_many_for_a_latency_hint_is_answered_once() -> None:
    facts = facts_of(CASES["too-many-in-flight"][0], settings={"hint": "latency"})
    assert [advice.id for advice in advise(facts)] == ["latency-hint-at-saturation"]


def test_the_accelerator_is_compared_by_latency_where_that_is_wanted() -> None:
    facts = facts_of(HANDED_OVER, settings={"rate": 50.0}, accelerator=DevicePerformance("GPU.0", 4000, 30.0, 50.0))
    (advice,) = [advice for advice in advise(facts) if advice.id == "accelerator-slower"]
    assert "inference p50 on GPU.0 30.0 ms, on (CPU) 8.00 ms" in advice.evidence
    faster = facts_of(HANDED_OVER, settings={"rate": 50.0}, accelerator=DevicePerformance("GPU.0", 4000, 3.0, 50.0))
    assert not [advice for advice in advise(faster) if advice.id == "accelerator-slower"]


@pytest.mark.parametrize(
    ("hint", "cpu", "gpu", "expected"),
    [
        # in flight, p50 ms, requests/s
        ("throughput", (1, 8.0, 480.0), (4, 30.0, 130.0), True),  # with four times as many, and yet fewer a second
        ("throughput", (1, 0.885, 1025.0), (4, 1.38, 2747.0), False),  # seen on a GPU: longer latency, with four
        ("throughput", (4, 8.0, 480.0), (1, 7.0, 130.0), False),  # the CPU had four: that alone gives the rate
        ("throughput", (4, 8.0, 480.0), (4, 30.0, 130.0), True),
        ("latency", (1, 8.0, 120.0), (1, 30.0, 33.0), True),
        ("latency", (1, 8.0, 120.0), (4, 30.0, 130.0), False),  # four share the device: that alone makes them long
        ("latency", (4, 8.0, 120.0), (1, 30.0, 33.0), True),
    ],
)
def test_devices_are_compared_where_the_load_does_not_explain_it(
    hint: str, cpu: tuple[int, float, float], gpu: tuple[int, float, float], expected: bool
) -> None:
    def served(name: str, figures: tuple[int, float, float]) -> DevicePerformance:
        count, p50_ms, throughput = figures
        return DevicePerformance(name, 1000, p50_ms, throughput, (count, count))

    facts = facts_of(
        HANDED_OVER, settings={"hint": hint}, stand_in=served("(CPU)", cpu), accelerator=served("GPU.0", gpu)
    )
    assert ("accelerator-slower" in {advice.id for advice in advise(facts)}) is expected


def test_the_wait_for_a_batch_is_not_held_against_the_device() -> None:
    gathered = DevicePerformance("GPU.0", 4000, 480.0, 3.3, ran_batches=True)
    facts = facts_of(HANDED_OVER, settings=SLOW, accelerator=gathered, batch_size=16, timed_out=4000)
    ids = {advice.id for advice in advise(facts)}
    assert "rate-too-low" in ids
    assert "accelerator-slower" not in ids


@pytest.mark.parametrize(
    ("device", "remedy"),
    [("BATCH:CPU(16)", {"device": "CPU"}), ("GPU", {"auto_batching": "no"}), ("AUTO:GPU,CPU", {"auto_batching": "no"})],
)
def test_requests_that_never_meet_are_not_to_be_batched(device: str, remedy: dict[str, Any]) -> None:
    """The interval is longer than the timeout: a shorter one would only be a shorter wait for nothing."""
    facts = facts_of(settings=SLOW | {"batch_timeout_ms": 100}, device=device, nireq=16, timed_out=20)
    (advice,) = [advice for advice in advise(facts) if advice.id == "rate-too-low"]
    assert advice.text.startswith(
        "a request comes every 300 ms and the batch timeout is 100 ms: no two requests ever share a batch"
    )
    assert advice.remedy == remedy


def test_a_timeout_is_not_shortened_below_what_fills_a_batch() -> None:
    (advice,) = [a for a in advise(CASES["tail-waits"][0]) if a.id == "tail-waits"]
    assert advice.remedy == {"batch_timeout_ms": 240}, "16 of 200/s take 80 ms, three times that fill nearly all"


def test_a_batch_size_above_the_requests_is_answered_by_the_number_of_requests() -> None:
    facts = facts_of(CASES["batch-over-requests"][0], settings={"properties": {"PERF_COUNT": "YES"}})
    (advice,) = [a for a in advise(facts) if a.severity == "warning"]
    assert advice.remedy == {"properties": {"PERF_COUNT": "YES", "PERFORMANCE_HINT_NUM_REQUESTS": "4"}}


def test_two_modes_come_after_advice_with_a_remedy() -> None:
    two = Steadiness((Finding("bimodal", "inference has two modes", "valley"),), 60)
    found = advise(replace(CASES["too-many-in-flight"][0], steadiness=two))
    assert [advice.id for advice in found] == ["too-many-in-flight", "two-modes"]


def test_a_larger_pool_is_of_whole_batches() -> None:
    facts = facts_of(CASES["pool-too-small"][0], nireq=7, device="BATCH:CPU(8)", batch_size=8, latency=mean(30.0))
    assert [a.remedy for a in advise(facts) if a.id == "pool-too-small"] == [{"nireq": 16}], "two batches"


def test_an_overloaded_pool_is_not_called_too_small_besides() -> None:
    facts = facts_of(CASES["pool-too-small"][0], unserved=100)
    assert {"overloaded", "pool-too-small"} & {advice.id for advice in advise(facts)} == {"overloaded"}


def test_throttling_is_a_warning_and_a_drift_is_not() -> None:
    assert advice_of("not-steady").severity == "info"
    findings = (Finding("drift", "drifts", "z 6"), Finding("throttling", "rose steadily", "z 9"))
    (advice,) = advise(replace(ON_CPU, steadiness=Steadiness(findings, 90)))
    assert (advice.severity, advice.text) == ("warning", "rose steadily")


def test_a_plain_session_needs_no_advice() -> None:
    assert advise(facts_of(ON_CPU, nireq=4, optimal=4, completed=9000, throughput=400.0, latency=mean(10.0))) == []


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        # Each alone as long as the quickest run: busy 30 * 20 ms = 60 % of the time.
        ({"settings": {"rate": 30.0}}, "warning"),
        # 80 % so, but in batches the device is busy for 40 * 25 ms / 4 = 25 % of the time.
        ({"settings": {"rate": 40.0}}, "info"),
        # 37.5 % in batches: more than half of what leaves room.
        ({"settings": {"rate": 60.0}}, ""),
        ({"settings": {"rate": 30.0}, "waited_ms": 20.0}, ""),
        ({"settings": {"rate": 30.0}, "waited_ms": 0.9, "latency": mean(1.0), "lone_run_ms": 0.1}, ""),
        ({"settings": {}}, ""),
        ({"settings": {"rate": 30.0}, "lone_run_ms": None}, ""),
        ({"settings": {"rate": 30.0}, "batched": 100, "timed_out": 300}, ""),
    ],
)
def test_batches_that_fill_are_not_worth_their_wait_where_the_device_keeps_up_alone(
    values: dict[str, Any], severity: str
) -> None:
    found = [advice for advice in advise(facts_of(FILLING, **values)) if advice.id == "gathering-gains-nothing"]
    assert [advice.severity for advice in found] == ([severity] if severity else [])
    assert all(advice.remedy == {"device": "CPU"} for advice in found)


@pytest.mark.parametrize(("optimal", "told"), [(0, True), (2, True), (8, False), (None, False)])
def test_a_named_gpu_that_finds_no_batch_worth_it_is_told_without_a_probe(optimal: int | None, told: bool) -> None:
    plan = BatchingPlan(size=1, optimal=optimal, why_not="GPU compiled the model without batching")
    advice = advise(facts_of(ON_GPU, batching=plan, nireq=8, single=500))
    assert ("never-together" in {each.id for each in advice}) is told
