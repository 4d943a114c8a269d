"""A load and a device in formulas: what a session under given settings would measure, as AdviceFacts. Rough, but it
changes as the real figures do when a setting is changed: to follow advice in it shows what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.latency.latency import Latency
from ovtui.records.events import BatchingPlan
from ovtui.settings.schema.settings import Settings

SPAN_S = 20.0
CORES = 4
STREAMS_OF_GPU = 2


@dataclass(frozen=True)
class Device:
    run_ms: float
    """Of a lone request on the whole device."""
    optimal_batch: int = 1
    """OPTIMAL_BATCH_SIZE of a GPU."""
    gain: float = 2.0
    """A batch serves so many times the requests a second that lone runs do."""


def measured(settings: Settings, device: Device) -> AdviceFacts:
    """What a session of SPAN_S would have measured."""
    explicit = settings.device.startswith("BATCH")
    gpu = settings.device == "GPU"
    hinted = int(settings.properties.get("PERFORMANCE_HINT_NUM_REQUESTS", settings.nireq or 0))
    size = int(settings.device.partition("(")[2].rstrip(")")) if explicit else 1
    if gpu and settings.hint == "throughput" and settings.auto_batching != "no" and device.optimal_batch > 2:
        size = min(device.optimal_batch, hinted or device.optimal_batch)
    streams = STREAMS_OF_GPU if gpu else 1 if settings.hint == "latency" or explicit else min(CORES, hinted or CORES)
    optimal = streams
    if size > 1:
        optimal = size if explicit else hinted or 4 * size
    elif gpu:
        optimal = 2 * streams
    pool = settings.nireq or optimal
    # Requests a second if all run alone, and if all run in batches.
    alone_per_s = min(pool, streams) / (device.run_ms * (1 if gpu else streams**0.9) / 1e3)
    batch_per_s = (device.gain if gpu else 1.1) * 1e3 / device.run_ms
    timeout_s = settings.batch_timeout_in_force_ms / 1e3
    batched = timed_out = single = 0
    waited_ms, queue = 0.0, None
    if not settings.rate:
        whole, over = divmod(pool, size)
        lone_per_s = alone_per_s if size == 1 else min(over / timeout_s, alone_per_s)
        # The lone runs take their share of the device from the batches.
        throughput = lone_per_s + (batch_per_s * (1 - lone_per_s / alone_per_s) if whole and size > 1 else 0.0)
        share_timer = 0.0 if size == 1 else lone_per_s / throughput
        service_ms = 1e3 * pool / throughput
    else:
        fills = size > 1 and pool >= size and settings.rate * timeout_s >= size
        capacity = batch_per_s if fills else min(alone_per_s, pool / timeout_s if size > 1 else alone_per_s)
        throughput = min(settings.rate, capacity)
        share_timer = 0.0 if size == 1 or fills else 1.0
        waited_ms = 0.0 if size == 1 else 500.0 * size / settings.rate if fills else 500.0 * timeout_s
        service_ms = waited_ms + device.run_ms * (size / device.gain if fills else 1)
        if share_timer and settings.rate < alone_per_s:
            # What the timer starts runs in a row, and the timer waits for its end: D = (T + D) * rate / capacity.
            busy = settings.rate / alone_per_s
            service_ms = max(service_ms, waited_ms + 1e3 * timeout_s * busy / (1 - busy))
        queue = Queue("steady", 0.0, 0, 0.0)
        if settings.rate > 1.05 * capacity:
            queue = Queue("growing", settings.rate - capacity, 100, 2000.0)
    completed = int(throughput * SPAN_S)
    if size > 1:
        timed_out = round(share_timer * completed)
        batched = completed - timed_out
    else:
        single = completed
    crowded = settings.rate and throughput * service_ms / 1e3 > 0.8 * pool
    latency = Latency(count=completed, p50=service_ms, p99=2 * service_ms, max=3 * service_ms, mean=service_ms)
    return AdviceFacts(
        settings=settings,
        device=settings.device,
        serving=("GPU.0",) if gpu else ("CPU",),
        nireq=pool,
        optimal=optimal,
        batching=BatchingPlan(size=size, evidence="none" if size == 1 else "probe", exact=size > 1 or None),
        batch_size=size if size > 1 else None,
        completed=completed,
        batched=batched,
        timed_out=timed_out,
        single=single,
        waited_ms=waited_ms if size > 1 else None,
        lone_run_ms=device.run_ms if batched or single else None,
        shortest_ms=device.run_ms,
        kept_waiting=completed // 5 if crowded else 0,
        throughput=throughput,
        latency={"response": latency, "service": latency, "inference": latency},
        queue=queue,
        cores=CORES,
        streams=streams,
        tuned_for=hinted or None,
    )
