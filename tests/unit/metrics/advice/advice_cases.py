"""For each rule of advice the facts with which it must give advice, and those with which it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ovtui.metrics.advice.advice_facts import AdviceFacts, DevicePerformance
from ovtui.metrics.advice.disturbed_seconds import DisturbedSeconds
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.judgement.steadiness import Finding, Steadiness
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.records.events import BatchingPlan
from ovtui.settings.changes import convert

OF_16 = AdviceFacts(device="BATCH:CPU(16)", batching=BatchingPlan(size=16, exact=True, probe=True), batch_size=16)


def facts_of(base: AdviceFacts = OF_16, /, *, settings: dict[str, Any] | None = None, **values: Any) -> AdviceFacts:
    return replace(base, settings=base.settings if settings is None else convert(settings), **values)


SLOW = {"rate": "300ms", "batch_timeout_ms": 1000}
ON_GPU = replace(
    OF_16, device="GPU", serving=("GPU.0",), batch_size=None, batching=BatchingPlan(exact=True, probe=True)
)

OFF = {"auto_batching": "no", "hint": "throughput"}

ON_CPU = AdviceFacts(cores=8, streams=4, threads=8)
OPEN = replace(ON_CPU, settings=convert({"rate": 280.0}), nireq=4)
OPEN_STEADY = replace(OPEN, queue=Queue("steady", 0.0, 1, 4.0))
HANDED_OVER = AdviceFacts(
    device="AUTO:GPU,CPU",
    serving=("GPU.0",),
    cores=8,
    nireq=4,
    optimal=4,
    stand_in=DevicePerformance("(CPU)", 700, 8.0, 480.0, (4, 4)),
)


def mean(service_ms: float) -> dict[LatencyKind, Latency]:
    return {"service": Latency(count=1000, mean=service_ms)}


FILLING = facts_of(
    device="BATCH:CPU(4)", batch_size=4, batched=400, nireq=8, completed=400, waited_ms=50.0, lone_run_ms=20.0,
    latency=mean(75.0),
)  # fmt: skip
"""Batches of 4 fill; a run takes 25 ms, the quickest took 20."""

HELD = facts_of(
    device="BATCH:CPU(4)", batch_size=4, batched=40_000, nireq=8, completed=40_000, held_wait_ms=1001.0,
    latency={"service": Latency(count=40_000, p50=2.0, mean=3.0)},
)  # fmt: skip

CASES: dict[str, tuple[AdviceFacts, AdviceFacts]] = {
    # id: (must give advice, must not)
    "in-flight-no-multiple": (
        facts_of(nireq=20, batched=80, timed_out=20),
        facts_of(nireq=32, batched=80, timed_out=20),
    ),
    "rate-too-low": (
        facts_of(settings=SLOW, nireq=64, timed_out=20),
        facts_of(settings=SLOW | {"rate": "10ms"}, nireq=64, batched=400, timed_out=20),
    ),
    "gathering-gains-nothing": (
        facts_of(FILLING, settings={"rate": 30.0}),
        facts_of(FILLING, settings={"rate": 80.0}),
    ),
    "shared-inputs": (
        facts_of(ON_GPU, batched=64, batch_size=8, shared_inputs=("gain",)),
        facts_of(ON_GPU, single=64, batch_size=8, shared_inputs=("gain",)),
    ),
    "held-batches": (
        facts_of(HELD, held=40, held_batches=10),
        facts_of(HELD, held=8, held_batches=2),
    ),
    "cannot-batch": (
        facts_of(batching=BatchingPlan(why_not="the model's input x [2,8] has no batch dimension of 1 in front")),
        facts_of(),
    ),
    "hint-does-not-batch": (
        facts_of(replace(ON_GPU), settings={"auto_batching": "yes", "hint": "latency"}, single=50),
        facts_of(replace(ON_GPU), settings={"auto_batching": "yes", "hint": "throughput"}, single=50),
    ),
    "never-together": (
        facts_of(ON_GPU, nireq=8, single=500),
        facts_of(ON_GPU, nireq=8, single=500, batched=16, batch_size=8),
    ),
    "tail-waits": (
        facts_of(settings={"rate": 200.0, "batch_timeout_ms": 1000}, batched=960, timed_out=40),
        # 16 of 200/s take 80 ms to gather: a shorter timeout would fill no batch at all.
        facts_of(settings={"rate": 200.0, "batch_timeout_ms": 100}, batched=960, timed_out=40),
    ),
    "batch-over-requests": (
        facts_of(ON_GPU, batch_size=16, nireq=4, timed_out=100),
        facts_of(ON_GPU, batch_size=4, nireq=4, batched=100),
    ),
    "could-batch": (
        facts_of(ON_GPU, settings=OFF, nireq=16, completed=500, throughput=90.0, batching=BatchingPlan(why_not="off")),
        facts_of(ON_GPU, settings=OFF, nireq=1, completed=500, throughput=90.0, batching=BatchingPlan(why_not="off")),
    ),
    "overloaded": (
        facts_of(OPEN, queue=Queue("growing", 80.0, 400, 2100.0), completed=2000, throughput=200.0),
        facts_of(OPEN, queue=Queue("shrinking", -80.0, 400, 2100.0), completed=2000, throughput=200.0),
    ),
    "too-few-in-flight": (
        facts_of(ON_CPU, nireq=1, optimal=4, completed=500, throughput=120.0),
        facts_of(ON_CPU, nireq=4, optimal=4, completed=500, throughput=400.0),
    ),
    "too-many-in-flight": (
        facts_of(ON_CPU, nireq=64, optimal=4, completed=500, throughput=400.0, latency=mean(160.0)),
        facts_of(ON_CPU, nireq=8, optimal=4, completed=500, throughput=400.0, latency=mean(20.0)),
    ),
    "tuned-for-fewer": (
        facts_of(ON_CPU, tuned_for=1, nireq=8, optimal=1, completed=500, throughput=120.0),
        facts_of(ON_CPU, tuned_for=8, nireq=16, optimal=8, completed=500, throughput=120.0),
    ),
    "pool-too-small": (
        facts_of(
            OPEN_STEADY, nireq=2, optimal=4, completed=2000, kept_waiting=400, throughput=250.0, latency=mean(6.0)
        ),
        # As late with all that the device works on at once: more would only wait inside.
        facts_of(
            OPEN_STEADY, nireq=4, optimal=4, completed=2000, kept_waiting=400, throughput=250.0, latency=mean(6.0)
        ),
    ),
    "schedule-not-kept": (
        facts_of(OPEN_STEADY, completed=2000, schedule_error_p99_ms=1.8, cores=2, threads=2),
        facts_of(OPEN_STEADY, completed=2000, schedule_error_p99_ms=0.9, cores=2, threads=2),
    ),
    "throughput-hint-at-low-rate": (
        facts_of(OPEN, optimal=4, nireq=4, completed=500, throughput=10.0, latency=mean(8.0)),
        facts_of(OPEN, optimal=4, nireq=4, completed=500, throughput=400.0, latency=mean(8.0)),
    ),
    "latency-hint-at-saturation": (
        facts_of(ON_CPU, settings={"hint": "latency"}, nireq=16, optimal=1, completed=500, throughput=100.0),
        facts_of(ON_CPU, settings={"hint": "latency"}, nireq=1, optimal=1, completed=500, throughput=100.0),
    ),
    "not-steady": (
        facts_of(ON_CPU, steadiness=Steadiness((Finding("drift", "the median inference drifts up", "z 6"),), 60)),
        facts_of(ON_CPU, steadiness=Steadiness((), 60)),
    ),
    "state-grows": (
        facts_of(
            ON_CPU, settings={"state": "keep"}, steadiness=Steadiness((Finding("state-growth", "grows", "z 6"),), 60)
        ),
        facts_of(ON_CPU, settings={"state": "keep"}, steadiness=Steadiness((Finding("drift", "drifts", "z 6"),), 60)),
    ),
    "two-modes": (
        facts_of(ON_CPU, steadiness=Steadiness((Finding("bimodal", "inference has two modes", "valley"),), 60)),
        facts_of(ON_CPU, steadiness=Steadiness((Finding("drift", "the median inference drifts up", "z 6"),), 60)),
    ),
    "cpu-quota": (
        facts_of(ON_CPU, quota_cores=1.5, threads=8),
        facts_of(ON_CPU, quota_cores=8.0, threads=8),
    ),
    "disturbed": (
        facts_of(ON_CPU, disturbed=DisturbedSeconds("the GPU was throttled (PL1)", 8, 12.0, 52, 9.0)),
        facts_of(ON_CPU, disturbed=DisturbedSeconds("the GPU was throttled (PL1)", 8, 9.5, 52, 9.0)),
    ),
    "streams-over-cores": (
        facts_of(ON_CPU, settings={"nstreams": "16"}, streams=16, nireq=16, optimal=16),
        facts_of(ON_CPU, settings={"nstreams": "8"}, streams=8, nireq=8, optimal=8),
    ),
    "streams-under-cores": (
        facts_of(ON_CPU, settings={"nstreams": "1"}, streams=1, nireq=8, optimal=1, completed=50),
        facts_of(ON_CPU, settings={"nstreams": "4"}, streams=4, nireq=8, optimal=4, completed=50),
    ),
    "accelerator-slower": (
        facts_of(HANDED_OVER, accelerator=DevicePerformance("GPU.0", 4000, 30.0, 130.0, (4, 4))),
        facts_of(HANDED_OVER, accelerator=DevicePerformance("GPU.0", 4000, 12.0, 500.0, (4, 4))),
    ),
    "no-model-cache": (
        facts_of(ON_CPU, compile_ms=12_345.0),
        facts_of(ON_CPU, settings={"cache_dir": "/tmp/models"}, compile_ms=12_345.0),
    ),
    "wide-precision": (
        facts_of(ON_CPU, settings={"precision": "f32"}, precision="f32", capabilities=frozenset({"FP32", "BF16"})),
        facts_of(ON_CPU, settings={"precision": "f32"}, precision="f32", capabilities=frozenset({"FP32", "INT8"})),
    ),
}
