"""Rules about the device and the machine: threads, streams, precision, the cache, and which device it is."""

from __future__ import annotations

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.situation import AdviceFacts, DevicePerformance
from ovtui.settings.files.locations import model_cache_folder

MIN_REQUESTS = 30
"""Requests on a device before it is compared."""
SLOWER_FACTOR = 1.2
"""Times the other's latency, or its throughput the other way round, before one device is called slower."""
LONG_COMPILE_MS = 5_000
QUOTA_SLACK = 0.5
"""Threads above a CPU quota before they are too many: half a core."""
MANY_CORES_PER_STREAM = 4
"""Cores a stream, from which on streams that a person has set are called few."""


def cpu_quota(now: AdviceFacts) -> Advice | None:
    """OpenVINO makes as many threads as there are cores; a container's quota then stops all of them at once."""
    if now.quota_cores is None or now.threads is None or now.threads < now.quota_cores + QUOTA_SLACK:
        return None
    wanted = max(int(now.quota_cores), 1)
    return Advice(
        "cpu-quota",
        "warning",
        f"this container may use {now.quota_cores:g} cores, and OpenVINO runs {now.threads} threads: the kernel stops "
        f"them in the middle of inferences; {wanted} would fit",
        f"CPU quota {now.quota_cores:g} cores, INFERENCE_NUM_THREADS {now.threads}",
        {"nthreads": wanted},
    )


def streams_over_cores(now: AdviceFacts) -> Advice | None:
    """More streams than cores take turns on them."""
    if not now.on_cpu or now.streams is None or now.streams <= now.cores:
        return None
    return Advice(
        "streams-over-cores",
        "warning",
        f"{now.streams} streams share {now.cores} cores and take turns on them: latency grows and throughput does not",
        f"NUM_STREAMS {now.streams}, {now.cores} cores",
        {"nstreams": ""},
    )


def streams_under_cores(now: AdviceFacts) -> Advice | None:
    """Many cores work on one request where throughput is what is wanted."""
    if not now.on_cpu or now.streams is None or not now.settings.nstreams or now.settings.hint != "throughput":
        return None
    if not now.closed_loop or now.nireq <= now.streams or now.streams * MANY_CORES_PER_STREAM > now.cores:
        return None
    return Advice(
        "streams-under-cores",
        "info",
        f"{_streams(now.streams)} of {now.cores // now.streams} cores each: under the hint THROUGHPUT OpenVINO itself "
        "takes more, smaller ones",
        f"NUM_STREAMS {now.streams} as set, {now.cores} cores, {now.nireq} requests in flight",
        {"nstreams": ""},
    )


def accelerator_slower(now: AdviceFacts) -> Advice | None:
    """AUTO hands over to the accelerator whether it is faster for this model or not."""
    cpu, other = now.stand_in, now.accelerator
    if cpu is None or other is None or min(cpu.completed, other.completed) < MIN_REQUESTS:
        return None
    by_rate = now.closed_loop and now.settings.hint != "latency"
    if not _comparable(cpu, other, by_rate=by_rate, closed=now.closed_loop):
        return None
    if by_rate:
        slower = cpu.throughput > SLOWER_FACTOR * other.throughput
        figures = f"{other.device} {other.throughput:,.1f}/s, CPU {cpu.throughput:,.1f}/s"
    else:
        slower = other.p50_ms > SLOWER_FACTOR * cpu.p50_ms
        figures = f"inference p50 on {other.device} {other.p50_ms:,.3g} ms, on the CPU {cpu.p50_ms:,.3g} ms"
    if not slower:
        return None
    return Advice(
        "accelerator-slower",
        "warning",
        f"{other.device} is slower than the CPU was while it stood in: for this model the CPU serves better",
        f"{figures} ({cpu.completed:,} requests{_in_flight(cpu, other)}), even while the other device compiled beside "
        "it",
        {"device": "CPU"},
    )


def _comparable(cpu: DevicePerformance, other: DevicePerformance, *, by_rate: bool, closed: bool) -> bool:
    """AUTO's stand-in wants one request in flight, the GPU behind it four or sixteen. The one that had more of them
    has the higher rate and the longer latency for that alone; only what goes against that is the device's doing. What
    is gathered into batches has a latency of its own, of which the rules about batching speak."""
    if by_rate:
        return cpu.in_flight[1] <= other.in_flight[0]
    return not other.ran_batches and (not closed or other.in_flight[1] <= cpu.in_flight[0])


def no_model_cache(now: AdviceFacts) -> Advice | None:
    """A compile that is long is paid at every start."""
    if now.settings.cache_dir or now.compile_ms is None or now.compile_ms < LONG_COMPILE_MS:
        return None
    return Advice(
        "no-model-cache",
        "info",
        f"the model compiles for {now.compile_ms / 1e3:,.1f} s at every start: with a cache folder only the first time",
        f"compiled in {now.compile_ms:,.0f} ms, CACHE_DIR not set",
        {"cache_dir": str(model_cache_folder())},
    )


def wide_precision(now: AdviceFacts) -> Advice | None:
    """Computed in f32 on a device that has a quicker type."""
    if now.precision.lower() not in ("f32", "float"):
        return None
    quicker = "bf16" if "BF16" in now.capabilities else "f16" if "FP16" in now.capabilities else None
    if quicker is None:
        return None
    return Advice(
        "wide-precision",
        "info",
        f"{now.serving[0]} computes in f32 though it has {quicker}, which is quicker at a small loss of accuracy: "
        "compare the results of your model before you keep it",
        f"INFERENCE_PRECISION_HINT f32, the device lists {'BF16' if quicker == 'bf16' else 'FP16'}",
        {"precision": quicker},
    )


def _in_flight(cpu: DevicePerformance, other: DevicePerformance) -> str:
    """Where they had not as many."""
    if cpu.in_flight == other.in_flight:
        return ""
    return f", with {cpu.in_flight[1]} in flight against {other.in_flight[0]}"


def _streams(count: int) -> str:
    return "one stream" if count == 1 else f"{count} streams"
