"""Rules about the device and the machine: threads, streams, precision, model cache, and the choice of device."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice import Advice, Claim
from ovtui.metrics.advice.advice_facts import AdviceFacts, DevicePerformance
from ovtui.settings.files.locations import model_cache_folder

MIN_REQUESTS = 30
"""Requests on a device that are needed to compare it."""
SLOWER_FACTOR = 1.2
"""A device is called slower if its latency, or the other's throughput, is at least this many times as high."""
LONG_COMPILE_MS = 5_000
QUOTA_SLACK = 0.5
"""Threads may exceed a CPU quota by half a core."""
MANY_CORES_PER_STREAM = 4
"""From this many cores per stream on, a number of streams set by the user is called low."""


def cpu_quota(facts: AdviceFacts) -> Advice | None:
    """OpenVINO starts one thread per core, and a container's CPU quota then stops all of them at once."""
    if facts.quota_cores is None or facts.threads is None or facts.threads < facts.quota_cores + QUOTA_SLACK:
        return None
    wanted = max(int(facts.quota_cores), 1)
    return Advice(
        "cpu-quota",
        "warning",
        f"this container may use {facts.quota_cores:g} cores, and OpenVINO runs {facts.threads} threads: the kernel "
        f"stops them in the middle of inferences; {wanted} would fit",
        f"CPU quota {facts.quota_cores:g} cores, INFERENCE_NUM_THREADS {facts.threads}",
        {"nthreads": wanted},
        Claim("response p99", "rule of thumb", "no more threads than the quota has cores", facts.response_p99),
    )


def streams_over_cores(facts: AdviceFacts) -> Advice | None:
    """More streams than cores: the streams take turns."""
    if not facts.on_cpu or facts.streams is None or facts.streams <= facts.cores:
        return None
    return Advice(
        "streams-over-cores",
        "warning",
        f"{facts.streams} streams share {facts.cores} cores and take turns on them, which lengthens latency: leave "
        "their number to OpenVINO",
        f"NUM_STREAMS {facts.streams}, {facts.cores} cores",
        {"nstreams": ""},
        Claim("response p50", "rule of thumb", "at most a stream for each core", facts.response_p50),
    )


def streams_under_cores(facts: AdviceFacts) -> Advice | None:
    """Many cores work on one request although the goal is throughput."""
    if not facts.on_cpu or facts.streams is None or not facts.settings.nstreams or facts.settings.hint != "throughput":
        return None
    if not facts.closed_loop or facts.nireq <= facts.streams or facts.streams * MANY_CORES_PER_STREAM > facts.cores:
        return None
    return Advice(
        "streams-under-cores",
        "info",
        f"{number_format.quantity(facts.streams, 'stream')} of {facts.cores // facts.streams} cores each: under the "
        "hint THROUGHPUT OpenVINO itself uses more and smaller streams, try that",
        f"NUM_STREAMS {facts.streams} as set, {facts.cores} cores, {facts.nireq} requests in flight",
        {"nstreams": ""},
        Claim("throughput", "rule of thumb", "OpenVINO's own number of streams under this hint", facts.throughput),
    )


def accelerator_slower(facts: AdviceFacts) -> Advice | None:
    """AUTO hands over to the accelerator even if it is slower for this model."""
    cpu, other = facts.stand_in, facts.accelerator
    if cpu is None or other is None or min(cpu.completed, other.completed) < MIN_REQUESTS:
        return None
    by_rate = facts.closed_loop and facts.settings.hint != "latency"
    if not _comparable(cpu, other, by_rate=by_rate, closed=facts.closed_loop):
        return None
    if by_rate:
        slower = cpu.throughput > SLOWER_FACTOR * other.throughput
        rates = [number_format.rate(device.throughput) for device in (other, cpu)]
        figures = f"{other.device} {rates[0]}/s, {cpu.device} {rates[1]}/s"
    else:
        slower = other.p50_ms > SLOWER_FACTOR * cpu.p50_ms
        medians = [number_format.milliseconds(device.p50_ms) for device in (other, cpu)]
        figures = f"inference p50 on {other.device} {medians[0]} ms, on {cpu.device} {medians[1]} ms"
    if not slower:
        return None
    how = f"{cpu.device} served {cpu.completed:,} requests while {other.device} was compiling"
    remedy = {"device": "CPU"}
    if by_rate:
        claim = Claim("throughput", "measured", how, other.throughput, cpu.throughput / SLOWER_FACTOR, None)
    else:
        # The stand-in is compiled with the hint LATENCY: that is what was measured.
        if facts.settings.hint != "latency":
            remedy["hint"] = "latency"
        claim = Claim("response p50", "measured", how, facts.response_p50, None, cpu.p50_ms * SLOWER_FACTOR)
    return Advice(
        "accelerator-slower",
        "warning",
        f"{other.device} is slower than the CPU was while it stood in: for this model the CPU serves better",
        f"{figures} ({cpu.completed:,} requests{_in_flight(cpu, other)}), even while {other.device} was compiling",
        remedy,
        claim,
    )


def _comparable(cpu: DevicePerformance, other: DevicePerformance, *, by_rate: bool, closed: bool) -> bool:
    """Whether a higher rate or a longer latency is due to the device, and not to the requests in flight or to the wait
    for the batch timer. The optimum of
    AUTO's stand-in is one request in flight, that of the GPU behind it four or sixteen; more requests in flight alone
    give a higher rate and a longer latency. Latency in batches includes the wait for them, which the rules about
    batching cover."""
    if by_rate:
        return not other.timer_waits and cpu.in_flight[1] <= other.in_flight[0]
    return not other.ran_batches and (not closed or other.in_flight[1] <= cpu.in_flight[0])


def no_model_cache(facts: AdviceFacts) -> Advice | None:
    """Without a cache, a long compile is repeated at every start."""
    if facts.settings.cache_dir or facts.compile_ms is None or facts.compile_ms < LONG_COMPILE_MS:
        return None
    return Advice(
        "no-model-cache",
        "info",
        f"the model compiles for {number_format.duration(facts.compile_ms)} at every start: with a cache folder only "
        "the first time",
        f"compiled in {number_format.duration(facts.compile_ms)}, CACHE_DIR not set",
        {"cache_dir": str(model_cache_folder())},
        Claim("compile time", "rule of thumb", "from the second start on it is read", facts.compile_ms),
    )


def wide_precision(facts: AdviceFacts) -> Advice | None:
    """The device computes in f32 although it has a faster type."""
    if facts.precision.lower() not in ("f32", "float"):
        return None
    quicker = "bf16" if "BF16" in facts.capabilities else "f16" if "FP16" in facts.capabilities else None
    if quicker is None:
        return None
    return Advice(
        "wide-precision",
        "info",
        f"{facts.serving[0]} computes in f32 though it has {quicker}, which may be faster, with a small loss of "
        "accuracy: try it, and compare the results of your model before you keep it",
        f"INFERENCE_PRECISION_HINT f32, the device lists {'BF16' if quicker == 'bf16' else 'FP16'}",
        {"precision": quicker},
        Claim("response p50", "rule of thumb", "half as many bytes for each value", facts.response_p50),
    )


def _in_flight(cpu: DevicePerformance, other: DevicePerformance) -> str:
    """The requests in flight of both devices, if they differ."""
    if cpu.in_flight == other.in_flight:
        return ""
    return f", with {cpu.in_flight[1]} in flight against {other.in_flight[0]}"
