"""Rules about automatic batching. How it works: docs/batching.md."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.situation import AdviceFacts
from ovtui.settings.schema.arrival import is_closed_loop

MIN_REQUESTS = 8
"""Requests of a segment before a rule reads shares from them."""
MIN_TIMER_SHARE = 0.01
"""A share of timer runs below this is not worth a word."""
MAJORITY = 0.5
MIN_QUEUE = 4
"""Requests in flight twice as many as these can be called a queue."""
MAX_UTILIZATION = 0.7
"""What is busy for no more than this share of the time serves an open loop without a queue worth the name."""
MIN_WAIT_SHARE = 0.3
"""A wait below this share of the latency is what batching costs anyway."""
MIN_WAIT_MS = 1.0
TIMEOUT_SLACK = 1.5
"""A timeout this many times as long as a batch takes to gather lets most of them fill."""


def in_flight_no_multiple(now: AdviceFacts) -> Advice | None:
    """A worker fires only when its B requests are all queued, and what is over a multiple of B waits for the timer."""
    size = now.batch_size
    if size is None or not is_closed_loop(now.settings) or now.known < MIN_REQUESTS or now.nireq % size == 0:
        return None
    if now.timer_share < MIN_TIMER_SHARE or batch_over_requests(now) is not None:
        return None
    wanted = -(-now.nireq // size) * size
    return Advice(
        "in-flight-no-multiple",
        "warning",
        f"{now.nireq} requests in flight are no multiple of the batch of {size}, so some always wait for the timer: "
        f"{wanted} would fill every batch",
        f"{_percent(now.timer_share)} of {now.known:,} requests waited for the timer of {now.timeout_ms} ms"
        f"{_inference_cost_text(now)}",
        {"nireq": wanted},
    )


def batch_over_requests(now: AdviceFacts) -> Advice | None:
    """A device that batches by itself gathers more than are ever in flight: it was not told how many will be."""
    size = now.batch_size
    if size is None or now.device.upper().startswith("BATCH") or not is_closed_loop(now.settings):
        return None
    if now.known < MIN_REQUESTS or now.timer_share < MAJORITY or now.nireq >= size:
        return None
    return Advice(
        "batch-over-requests",
        "warning",
        f"{now.serving[0]} gathers {size} requests and only {now.nireq} are ever in flight, so no batch fills: "
        f"PERFORMANCE_HINT_NUM_REQUESTS tells it how many will be",
        f"{_percent(now.timer_share)} of {now.known:,} requests waited for the timer of {now.timeout_ms} ms"
        f"{_inference_cost_text(now)}",
        {"properties": {**now.settings.properties, "PERFORMANCE_HINT_NUM_REQUESTS": str(now.nireq)}},
    )


def could_batch(now: AdviceFacts) -> Advice | None:
    """Requests come fast and steadily, which is when batching pays, and it is switched off."""
    if now.settings.auto_batching != "no" or now.settings.hint != "throughput" or now.completed < 20 * MIN_REQUESTS:
        return None
    on_gpu = len(now.serving) == 1 and now.serving[0].startswith("GPU")
    overloaded = now.queue is not None and now.queue.overloaded
    crowded = overloaded or (is_closed_loop(now.settings) and now.nireq >= 2 * MIN_QUEUE)
    if not on_gpu or not crowded or now.device.upper().startswith("BATCH"):
        return None
    return Advice(
        "could-batch",
        "info",
        f"auto batching is off, and requests queue up for {now.serving[0]}: gathered into batches they would be served "
        "faster, each at a longer latency",
        f"{now.nireq} in flight, {now.throughput or 0:,.1f}/s, each request runs alone",
        {"auto_batching": "yes"},
    )


def rate_too_low(now: AdviceFacts) -> Advice | None:
    """At this rate fewer than B requests come within one period of the timer."""
    size, rate = now.batch_size, now.settings.rate
    if size is None or not rate or now.known < MIN_REQUESTS or now.timer_share < MAJORITY:
        return None
    collected = max(int(rate * now.timeout_ms / 1e3), 1)
    if collected >= size:
        return None
    evidence = f"{now.timed_out:,} of {now.known:,} requests ran alone after the timer{_inference_cost_text(now)}"
    if rate * now.timeout_ms < 1e3:
        return Advice(
            "rate-too-low",
            "warning",
            f"a request each {1e3 / rate:,.3g} ms and a batch timeout of {now.timeout_ms} ms: none ever meets another, "
            "and each waits for the timer; without batching they would not wait",
            evidence,
            without_batching(now.device),
        )
    return Advice(
        "rate-too-low",
        "warning",
        f"{rate:.3g} requests/s collect {collected} of {size} in {now.timeout_ms} ms: "
        f"{_percent(now.timer_share)} waited for the timer; a shorter timeout or no batching bounds the latency",
        evidence,
        {"batch_timeout_ms": _shorter_timeout_ms(now)},
    )


def batching_gains_nothing(now: AdviceFacts) -> Advice | None:
    """Open loop: batches fill, their members wait for one another, and the device would keep up without.

    Certain where each request alone, were it to take as long as the quickest batch did, left room: it is less work.
    Likely where batches keep the device busy for so little of the time that without them, were they even twice as
    good, there would be room too."""
    size, rate, waited_ms, service_ms = now.batch_size, now.settings.rate, now.waited_ms, now.service_ms
    if size is None or not rate or now.known < 5 * MIN_REQUESTS or now.batched < MAJORITY * now.known:
        return None
    if waited_ms is None or service_ms is None or now.lone_run_ms is None:
        return None
    busy = rate * max(service_ms - waited_ms, now.lone_run_ms) / size / 1e3
    busy_alone = rate * now.lone_run_ms / 1e3
    certain = busy_alone <= MAX_UTILIZATION
    if not (certain or 2 * busy <= MAX_UTILIZATION) or waited_ms < max(MIN_WAIT_SHARE * service_ms, MIN_WAIT_MS):
        return None
    keeps_up = "keeps up" if certain else "would most likely keep up"
    evidence = (
        f"one by one, each as long as the quickest run ({now.lone_run_ms:,.3g} ms), they would keep one stream busy "
        f"{_percent(busy_alone)} of the time"
        if certain
        else f"in batches they keep the device busy about {_percent(busy)} of the time"
    )
    return Advice(
        "gathering-gains-nothing",
        "warning" if certain else "info",
        f"requests wait {waited_ms:,.3g} of {service_ms:,.3g} ms for a batch of {size} to fill, and at {rate:.3g}/s "
        f"the device {keeps_up} without: batching gains nothing here",
        evidence,
        without_batching(now.device),
    )


def cannot_batch(now: AdviceFacts) -> Advice | None:
    """Batching is asked for, and the model or the probe stands in its way."""
    by_hint = now.settings.auto_batching == "yes" and now.settings.hint == "throughput"
    asked = now.device.upper().startswith("BATCH") or by_hint
    if not asked or now.batching.probe or not now.batching.why_not:
        return None
    return Advice(
        "cannot-batch",
        "warning",
        f"batching is asked for, but {now.batching.why_not}",
        f"device {now.device}, auto batching {now.settings.auto_batching}",
        {"probe": True} if not now.settings.probe else {},
    )


def hint_does_not_batch(now: AdviceFacts) -> Advice | None:
    """OpenVINO batches by itself under one hint only."""
    if now.settings.auto_batching != "yes" or now.settings.hint == "throughput":
        return None
    if now.device.upper().startswith("BATCH"):
        return None
    return Advice(
        "hint-does-not-batch",
        "warning",
        f"auto batching is on, but OpenVINO gathers requests only under the hint THROUGHPUT, and it is "
        f"{now.settings.hint.upper()}",
        f"{now.single:,} of {now.known:,} requests ran alone" if now.known else f"device {now.device}",
        {"hint": "throughput"},
    )


def never_batched(now: AdviceFacts) -> Advice | None:
    """The wrapper is there and a batch could fill, but the probe has never seen one: the device's optimal batch is too
    small, or its memory is."""
    on_gpu = any(name.startswith("GPU") for name in now.serving)
    if not (now.batching.probe and on_gpu) or now.batch_size is not None or not is_closed_loop(now.settings):
        return None
    if now.batched or now.single < 20 * MIN_REQUESTS or now.nireq < 2:
        return None
    return Advice(
        "never-together",
        "info",
        f"the hint is THROUGHPUT, yet {now.serving[0]} runs every request alone: it finds no batch above 2 worth it "
        f"for this model; BATCH:{now.serving[0].partition('.')[0]}(4) forces one",
        f"the probe saw {now.single:,} of {now.known:,} requests run alone with {now.nireq} in flight",
        {"device": f"BATCH:{now.serving[0].partition('.')[0]}(4)"},
    )


def tail_waits(now: AdviceFacts) -> Advice | None:
    """Open loop: most batches fill, and the last requests of a burst or of a slow stretch wait for the timer."""
    size = now.batch_size
    if size is None or is_closed_loop(now.settings) or now.known < 20 * size:
        return None
    if not MIN_TIMER_SHARE <= now.timer_share < MAJORITY:
        return None
    wanted = _shorter_timeout_ms(now) if now.settings.arrival.startswith("burst") else _timeout_to_fill_ms(now, size)
    if wanted is None or wanted >= now.timeout_ms:
        return None
    return Advice(
        "tail-waits",
        "info",
        f"{_percent(now.timer_share)} of requests were left over from a batch of {size} and waited for the timer of "
        f"{now.timeout_ms} ms: {wanted} ms still fill the batches, and shorten that wait",
        f"{now.timed_out:,} of {now.known:,} requests ran alone after the timer{_inference_cost_text(now)}",
        {"batch_timeout_ms": wanted},
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.9995 else "100 %"


def _inference_cost_text(now: AdviceFacts) -> str:
    inference = now.latency.get("inference")
    if inference is None or inference.p50 is None or inference.max is None:
        return ""
    return f"; inference p50 {inference.p50:,.1f} ms, worst {inference.max:,.1f} ms"


def without_batching(device: str) -> dict[str, Any]:
    """The settings that switch it off: 'BATCH:CPU(16)' is the CPU itself."""
    if not device.upper().startswith("BATCH"):
        return {"auto_batching": "no"}
    inner = device.partition(":")[2].partition("(")[0]
    return {"device": inner} if inner else {}


def _timeout_to_fill_ms(now: AdviceFacts, size: int) -> int | None:
    rate = now.settings.rate or now.throughput
    return math.ceil(TIMEOUT_SLACK * 1e3 * size / rate) if rate else None


def _shorter_timeout_ms(now: AdviceFacts) -> int:
    """A tenth of the timeout: what the seed's remedy tries first (1000 to 100 ms)."""
    return max(now.timeout_ms // 10, 1)
