"""Each rule has a case where it must speak and one where it must be silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ovtui.metrics.advice import advise
from ovtui.metrics.advice.situation import Served, Situation
from ovtui.metrics.advice.table import RULES
from ovtui.metrics.queueing import Queue
from ovtui.metrics.snapshot import Latency, LatencyKind
from ovtui.metrics.steadiness import Finding, Steadiness
from ovtui.records.events import BatchingPlan
from ovtui.settings.fields import convert, fields

OF_16 = Situation(device="BATCH:CPU(16)", batching=BatchingPlan(size=16, exact=True, probe=True), batch_size=16)


def situation(base: Situation = OF_16, /, *, settings: dict[str, Any] | None = None, **values: Any) -> Situation:
    return replace(base, settings=base.settings if settings is None else convert(settings), **values)


SLOW = {"rate": "300ms", "batch_timeout_ms": 1000}
ON_GPU = replace(
    OF_16, device="GPU", serving=("GPU.0",), batch_size=None, batching=BatchingPlan(exact=True, probe=True)
)

ON_CPU = Situation(cores=8, streams=4, threads=8)
OPEN = replace(ON_CPU, settings=convert({"rate": 280.0}), nireq=4)
HANDED_OVER = Situation(
    device="AUTO:GPU,CPU", serving=("GPU.0",), cores=8, nireq=4, optimal=4, stand_in=Served("(CPU)", 700, 8.0, 480.0)
)


def mean(service_ms: float) -> dict[LatencyKind, Latency]:
    return {"service": Latency(count=1000, mean=service_ms)}


CASES: dict[str, tuple[Situation, Situation]] = {
    # id: (must speak, must be silent)
    "in-flight-no-multiple": (
        situation(nireq=20, batched=80, timed_out=20),
        situation(nireq=32, batched=80, timed_out=20),
    ),
    "rate-too-low": (
        situation(settings=SLOW, nireq=64, timed_out=20),
        situation(settings=SLOW | {"rate": "10ms"}, nireq=64, batched=400, timed_out=20),
    ),
    "cannot-batch": (
        situation(batching=BatchingPlan(why_not="the model's input x [2,8] has no batch dimension of 1 in front")),
        situation(),
    ),
    "hint-does-not-batch": (
        situation(replace(ON_GPU), settings={"auto_batching": "yes", "hint": "latency"}, single=50),
        situation(replace(ON_GPU), settings={"auto_batching": "yes", "hint": "throughput"}, single=50),
    ),
    "never-together": (
        situation(ON_GPU, nireq=8, single=500),
        situation(ON_GPU, nireq=8, single=500, batched=16, batch_size=8),
    ),
    "tail-waits": (
        situation(settings={"rate": 200.0, "batch_timeout_ms": 100}, batched=960, timed_out=40),
        situation(settings={"rate": 200.0, "batch_timeout_ms": 100}, batched=1000),
    ),
    "overloaded": (
        situation(OPEN, queue=Queue("growing", 80.0, 400, 2100.0), completed=2000, throughput=200.0),
        situation(OPEN, queue=Queue("shrinking", -80.0, 400, 2100.0), completed=2000, throughput=200.0),
    ),
    "too-few-in-flight": (
        situation(ON_CPU, nireq=1, optimal=4, completed=500, throughput=120.0),
        situation(ON_CPU, nireq=4, optimal=4, completed=500, throughput=400.0),
    ),
    "too-many-in-flight": (
        situation(ON_CPU, nireq=64, optimal=4, completed=500, throughput=400.0, latency=mean(160.0)),
        situation(ON_CPU, nireq=8, optimal=4, completed=500, throughput=400.0, latency=mean(20.0)),
    ),
    "pool-too-small": (
        situation(OPEN, nireq=2, completed=2000, late=400, throughput=250.0, latency=mean(6.0)),
        situation(OPEN, nireq=8, completed=2000, late=40, throughput=250.0, latency=mean(6.0)),
    ),
    "throughput-hint-at-low-rate": (
        situation(OPEN, optimal=4, nireq=4, completed=500, throughput=10.0, latency=mean(8.0)),
        situation(OPEN, optimal=4, nireq=4, completed=500, throughput=400.0, latency=mean(8.0)),
    ),
    "latency-hint-at-saturation": (
        situation(ON_CPU, settings={"hint": "latency"}, nireq=16, optimal=1, completed=500, throughput=100.0),
        situation(ON_CPU, settings={"hint": "latency"}, nireq=1, optimal=1, completed=500, throughput=100.0),
    ),
    "not-steady": (
        situation(ON_CPU, steadiness=Steadiness((Finding("drift", "the median inference drifts up", "z 6"),), 60)),
        situation(ON_CPU, steadiness=Steadiness((), 60)),
    ),
    "cpu-quota": (
        situation(ON_CPU, quota_cores=1.5, threads=8),
        situation(ON_CPU, quota_cores=8.0, threads=8),
    ),
    "streams-over-cores": (
        situation(ON_CPU, settings={"nstreams": "16"}, streams=16, nireq=16, optimal=16),
        situation(ON_CPU, settings={"nstreams": "8"}, streams=8, nireq=8, optimal=8),
    ),
    "streams-under-cores": (
        situation(ON_CPU, settings={"nstreams": "1"}, streams=1, nireq=8, optimal=1, completed=50),
        situation(ON_CPU, settings={"nstreams": "4"}, streams=4, nireq=8, optimal=4, completed=50),
    ),
    "accelerator-slower": (
        situation(HANDED_OVER, accelerator=Served("GPU.0", 4000, 30.0, 130.0)),
        situation(HANDED_OVER, accelerator=Served("GPU.0", 4000, 12.0, 500.0)),
    ),
    "no-model-cache": (
        situation(ON_CPU, compile_ms=12_345.0),
        situation(ON_CPU, settings={"cache_dir": "/tmp/models"}, compile_ms=12_345.0),
    ),
    "wide-precision": (
        situation(ON_CPU, settings={"precision": "f32"}, precision="f32", capabilities=frozenset({"FP32", "BF16"})),
        situation(ON_CPU, settings={"precision": "f32"}, precision="f32", capabilities=frozenset({"FP32", "INT8"})),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule_speaks_where_it_must(name: str) -> None:
    said = {advice.id: advice for advice in advise(CASES[name][0])}
    assert name in said
    advice = said[name]
    assert advice.evidence
    # The remedy can be applied as it is.
    assert set(advice.remedy) <= set(fields())
    CASES[name][0].settings.changed(advice.remedy)


@pytest.mark.parametrize("name", CASES)
def test_rule_is_silent_where_it_must_be(name: str) -> None:
    assert name not in {advice.id for advice in advise(CASES[name][1])}


def test_every_rule_has_its_cases() -> None:
    spoken = {advice.id for speaks, _ in CASES.values() for advice in advise(speaks)}
    assert spoken == set(CASES)
    assert len(CASES) == len(RULES)


def test_the_evidence_is_of_this_situation() -> None:
    (advice,) = advise(CASES["rate-too-low"][0])
    assert advice.text.startswith("3.33 requests/s collect 3 of 16 in 1000 ms: 100 % waited for the timer")
    assert advice.remedy == {"batch_timeout_ms": 100}


def test_nothing_is_said_before_the_first_segment() -> None:
    assert advise(None) == []


def test_warnings_come_first() -> None:
    now = situation(ON_GPU, settings={"auto_batching": "yes", "hint": "latency"}, nireq=8, single=500)
    severities = [advice.severity for advice in advise(now)]
    assert severities == sorted(severities, key=lambda severity: severity != "warning")
    assert len(severities) == 2


def said(name: str) -> Any:
    return next(advice for advice in advise(CASES[name][0]) if advice.id == name)


def test_overload_is_told_with_its_figures() -> None:
    advice = said("overloaded")
    assert advice.text.startswith("overloaded: the queue grows by 80/s")
    assert advice.evidence == "200/s are served with 4 in flight, about 400 wait, the last waited 2.1 s"
    assert advice.remedy == {"rate": 160.0}


def test_a_load_without_a_rate_of_its_own_has_no_rate_to_lower() -> None:
    steps = situation(
        CASES["overloaded"][0], settings={"arrival": "steps:100,400:5"}, queue=Queue("full", 0, 10_000, 9e3, 30.0)
    )
    (advice,) = [advice for advice in advise(steps) if advice.id == "overloaded"]
    assert advice.remedy == {}
    assert "the backlog is full and 30/s are shed" in advice.text


def test_an_overload_of_a_small_pool_is_answered_by_a_larger_one() -> None:
    (advice,) = [a for a in advise(replace(CASES["overloaded"][0], nireq=1, optimal=4)) if a.id == "overloaded"]
    assert advice.remedy == {"nireq": 4}


def test_too_many_in_flight_says_what_fewer_would_take() -> None:
    advice = said("too-many-in-flight")
    assert "4 would give the same throughput at about 10 ms each" in advice.text
    assert "64.0 under way (Little)" in advice.evidence


def test_too_many_for_a_latency_hint_is_answered_once() -> None:
    now = situation(CASES["too-many-in-flight"][0], settings={"hint": "latency"})
    assert [advice.id for advice in advise(now)] == ["latency-hint-at-saturation"]


def test_the_accelerator_is_compared_by_latency_where_that_is_wanted() -> None:
    now = situation(HANDED_OVER, settings={"rate": 50.0}, accelerator=Served("GPU.0", 4000, 30.0, 50.0))
    (advice,) = [advice for advice in advise(now) if advice.id == "accelerator-slower"]
    assert "inference p50 on GPU.0 30 ms, on the CPU 8 ms" in advice.evidence
    faster = situation(HANDED_OVER, settings={"rate": 50.0}, accelerator=Served("GPU.0", 4000, 3.0, 50.0))
    assert not [advice for advice in advise(faster) if advice.id == "accelerator-slower"]


def test_throttling_is_a_warning_and_a_drift_is_not() -> None:
    assert said("not-steady").severity == "info"
    findings = (Finding("drift", "drifts", "z 6"), Finding("throttling", "rose steadily", "z 9"))
    (advice,) = advise(replace(ON_CPU, steadiness=Steadiness(findings, 90)))
    assert (advice.severity, advice.text) == ("warning", "rose steadily")


def test_a_plain_session_needs_no_advice() -> None:
    assert advise(situation(ON_CPU, nireq=4, optimal=4, completed=9000, throughput=400.0, latency=mean(10.0))) == []
