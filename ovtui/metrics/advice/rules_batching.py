"""Rules about automatic batching; docs/batching.md explains how it works."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.number_format import milliseconds, share, significant
from ovtui.settings.schema.arrival import is_closed_loop

MIN_REQUESTS = 8
"""Requests of a segment that are needed before a rule uses shares of them."""
MIN_TIMER_SHARE = 0.01
"""A smaller share of timer runs is ignored."""
MAJORITY = 0.5
MIN_QUEUE = 4
"""Requests queue up for a device if at least twice this number is in flight."""
MAX_UTILIZATION = 0.7
"""A device that is busy for at most this share of the time serves an open loop with hardly any queue."""
MIN_WAIT_SHARE = 0.3
"""A wait below this share of the latency is the normal cost of batching."""
MIN_WAIT_MS = 1.0
MIN_HELD = 3
"""Batches held until the timer that are worth a word."""
HELD_COST_SHARE = 0.05
"""The share of the mean latency from which on their waits are worth a warning."""
MIN_ADVISED_TIMEOUT_MS = 10
TIMEOUT_RUNS = 10
"""A timeout of this many typical latencies rarely runs out before a closed loop has filled a batch."""
TIMEOUT_SLACK = 1.5
"""With a timeout of this many times the mean fill time of a batch, most batches fill."""


def in_flight_no_multiple(facts: AdviceFacts) -> Advice | None:
    """A worker fires when all its B requests are queued. Requests in excess of a multiple of B wait for the timer."""
    size = facts.batch_size
    if size is None or not is_closed_loop(facts.settings) or facts.known < MIN_REQUESTS or facts.nireq % size == 0:
        return None
    if facts.timer_share < MIN_TIMER_SHARE or batch_over_requests(facts) is not None:
        return None
    wanted = -(-facts.nireq // size) * size
    return Advice(
        "in-flight-no-multiple",
        "warning",
        f"{facts.nireq} requests in flight are not a multiple of the batch size {size}, so some always wait for the "
        f"timer: {wanted} would fill every batch",
        f"{share(facts.timer_share)} of {facts.known:,} requests waited for the timer of {facts.timeout_ms} ms"
        f"{_inference_cost_text(facts)}",
        {"nireq": wanted},
    )


def batch_over_requests(facts: AdviceFacts) -> Advice | None:
    """The device's own batch size exceeds the requests in flight, because it does not know how many there will be."""
    size = facts.batch_size
    if size is None or facts.device.upper().startswith("BATCH") or not is_closed_loop(facts.settings):
        return None
    if facts.known < MIN_REQUESTS or facts.timer_share < MAJORITY or facts.nireq >= size:
        return None
    return Advice(
        "batch-over-requests",
        "warning",
        f"{facts.serving[0]} batches {size} requests and at most {facts.nireq} are in flight, so no batch fills: "
        f"set PERFORMANCE_HINT_NUM_REQUESTS to the requests in flight",
        f"{share(facts.timer_share)} of {facts.known:,} requests waited for the timer of {facts.timeout_ms} ms"
        f"{_inference_cost_text(facts)}",
        {"properties": {**facts.settings.properties, "PERFORMANCE_HINT_NUM_REQUESTS": str(facts.nireq)}},
    )


def could_batch(facts: AdviceFacts) -> Advice | None:
    """Batching is switched off although requests queue up for a GPU, which is when batching pays."""
    if (
        facts.settings.auto_batching != "no"
        or facts.settings.hint != "throughput"
        or facts.completed < 20 * MIN_REQUESTS
    ):
        return None
    on_gpu = len(facts.serving) == 1 and facts.serving[0].startswith("GPU")
    overloaded = facts.queue is not None and facts.queue.overloaded
    crowded = overloaded or (is_closed_loop(facts.settings) and facts.nireq >= 2 * MIN_QUEUE)
    if not on_gpu or not crowded or facts.device.upper().startswith("BATCH"):
        return None
    return Advice(
        "could-batch",
        "info",
        f"auto batching is off, and requests queue up for {facts.serving[0]}: batches would serve them at a higher "
        "throughput, each with a longer latency",
        f"{facts.nireq} in flight, {number_format.rate(facts.throughput)}/s, each request runs alone",
        {"auto_batching": "yes"},
    )


def rate_too_low(facts: AdviceFacts) -> Advice | None:
    """At this rate fewer than B requests come due within one period of the timer."""
    size, rate = facts.batch_size, facts.settings.rate
    if size is None or not rate or facts.known < MIN_REQUESTS or facts.timer_share < MAJORITY:
        return None
    collected = max(int(rate * facts.timeout_ms / 1e3), 1)
    if collected >= size:
        return None
    evidence = f"{facts.timed_out:,} of {facts.known:,} requests ran alone after the timer{_inference_cost_text(facts)}"
    if rate * facts.timeout_ms < 1e3:
        return Advice(
            "rate-too-low",
            "warning",
            f"a request comes every {significant(1e3 / rate, 3)} ms and the batch timeout is "
            f"{facts.timeout_ms} ms: no two requests ever share a batch, and each waits for the timer; without "
            "batching they would not wait",
            evidence,
            without_batching(facts.device),
        )
    return Advice(
        "rate-too-low",
        "warning",
        f"{significant(rate, 3)} requests/s collect {collected} of {size} in {facts.timeout_ms} ms: "
        f"{share(facts.timer_share)} waited for the timer; a shorter timeout or no batching bounds the latency",
        evidence,
        {"batch_timeout_ms": _shorter_timeout_ms(facts)},
    )


def batching_gains_nothing(facts: AdviceFacts) -> Advice | None:
    """Open loop: batches fill and their members wait for each other, but the device would keep up without batching.

    Certain if single requests would leave the device idle time even if each took as long as the quickest batch, which
    is more work. Likely if batches keep the device busy for such a small share of the time that it would have idle time
    without them even if batching halves the work."""
    size, rate, waited_ms, service_ms = facts.batch_size, facts.settings.rate, facts.waited_ms, facts.service_ms
    if size is None or not rate or facts.known < 5 * MIN_REQUESTS or facts.batched < MAJORITY * facts.known:
        return None
    if waited_ms is None or service_ms is None or facts.lone_run_ms is None:
        return None
    busy = rate * max(service_ms - waited_ms, facts.lone_run_ms) / size / 1e3
    busy_alone = rate * facts.lone_run_ms / 1e3
    certain = busy_alone <= MAX_UTILIZATION
    if not (certain or 2 * busy <= MAX_UTILIZATION) or waited_ms < max(MIN_WAIT_SHARE * service_ms, MIN_WAIT_MS):
        return None
    keeps_up = "keeps up" if certain else "would most likely keep up"
    evidence = (
        f"single requests, each as long as the quickest run ({milliseconds(facts.lone_run_ms)} ms), "
        f"would keep one stream busy {share(busy_alone)} of the time"
        if certain
        else f"in batches they keep the device busy about {share(busy)} of the time"
    )
    return Advice(
        "gathering-gains-nothing",
        "warning" if certain else "info",
        f"requests wait {milliseconds(waited_ms)} of {milliseconds(service_ms)} ms for "
        f"a batch of {size} to fill, and at {significant(rate, 3)}/s the device {keeps_up} without: "
        "batching gains nothing here",
        evidence,
        without_batching(facts.device),
    )


def held_batches(facts: AdviceFacts) -> Advice | None:
    """Full batches that OpenVINO held until the timer: it misses the last request of some, at any timeout. A shorter
    timeout makes each such wait shorter, not rarer: beside a busy loop BATCH:CPU(4) held 0.1 to 0.7 % of the batches at
    200 ms, 0.4 to 0.7 % at 20 ms, and the waits cost 1.4 and 0.16 ms a request against 0.14 and 0.10."""
    size, service_ms, wait_ms = facts.batch_size, facts.service_ms, facts.held_wait_ms
    if size is None or facts.held_batches < MIN_HELD or service_ms is None or wait_ms is None or not facts.known:
        return None
    cost_ms = wait_ms * facts.held / facts.known
    text = (
        f"OpenVINO held {facts.held_batches:,} full batches until the timer of {facts.timeout_ms} ms, because it had "
        "missed their last request"
    )
    wanted = _timeout_over_runs_ms(facts, size)
    remedy = dict[str, Any]()
    if 2 * wanted <= facts.timeout_ms:
        text += f": with a timeout of {wanted} ms, in which batches still fill, each of these waits is that short"
        remedy = {"batch_timeout_ms": wanted}
    return Advice(
        "held-batches",
        "warning" if cost_ms >= HELD_COST_SHARE * service_ms else "info",
        text,
        f"{facts.held:,} of {facts.known:,} requests waited {milliseconds(wait_ms)} ms on average for that: "
        f"{milliseconds(cost_ms)} of the mean {milliseconds(service_ms)} ms a request",
        remedy,
    )


def cannot_batch(facts: AdviceFacts) -> Advice | None:
    """Batching was requested, and the model prevents it, or nothing would show it."""
    by_hint = facts.settings.auto_batching == "yes" and facts.settings.hint == "throughput"
    requested = facts.device.upper().startswith("BATCH") or by_hint
    if not requested or facts.batching.evidence != "none" or not facts.batching.why_not:
        return None
    return Advice(
        "cannot-batch",
        "warning",
        f"batching is requested, but {facts.batching.why_not}",
        f"device {facts.device}, auto batching {facts.settings.auto_batching}",
        {"probe": "auto"} if facts.settings.probe == "no" else {},
    )


def hint_does_not_batch(facts: AdviceFacts) -> Advice | None:
    """OpenVINO batches automatically under one hint only."""
    if facts.settings.auto_batching != "yes" or facts.settings.hint == "throughput":
        return None
    if facts.device.upper().startswith("BATCH"):
        return None
    return Advice(
        "hint-does-not-batch",
        "warning",
        f"auto batching is on, but OpenVINO batches requests only under the hint THROUGHPUT, and the hint is "
        f"{facts.settings.hint.upper()}",
        f"{facts.single:,} of {facts.known:,} requests ran alone" if facts.known else f"device {facts.device}",
        {"hint": "throughput"},
    )


def never_batched(facts: AdviceFacts) -> Advice | None:
    """Batching is possible, enough requests are in flight, and no batch was ever seen: the device's optimal batch size
    is too small, or its memory is."""
    on_gpu = any(name.startswith("GPU") for name in facts.serving)
    declined = facts.batching.optimal is not None and facts.batching.optimal <= 2
    if (
        not on_gpu
        or not (facts.batching.evidence != "none" or declined)
        or facts.batch_size is not None
        or not is_closed_loop(facts.settings)
    ):
        return None
    if facts.batched or facts.single < 20 * MIN_REQUESTS or facts.nireq < 2:
        return None
    return Advice(
        "never-together",
        "info",
        f"the hint is THROUGHPUT, yet {facts.serving[0]} runs every request alone: it finds no batch size above 2 "
        f"worthwhile for this model; BATCH:{facts.serving[0].partition('.')[0]}(4) forces a batch of 4",
        f"{facts.single:,} of {facts.known:,} requests ran alone with {facts.nireq} in flight",
        {"device": f"BATCH:{facts.serving[0].partition('.')[0]}(4)"},
    )


def tail_waits(facts: AdviceFacts) -> Advice | None:
    """Open loop: most batches fill, and the last requests of a burst or of a slow phase wait for the timer."""
    size = facts.batch_size
    if size is None or is_closed_loop(facts.settings) or facts.known < 20 * size:
        return None
    if not MIN_TIMER_SHARE <= facts.timer_share < MAJORITY:
        return None
    wanted = (
        _shorter_timeout_ms(facts) if facts.settings.arrival.startswith("burst") else _timeout_to_fill_ms(facts, size)
    )
    if wanted is None or wanted >= facts.timeout_ms:
        return None
    return Advice(
        "tail-waits",
        "info",
        f"{share(facts.timer_share)} of requests were left over from a batch of {size} and waited for the timer of "
        f"{facts.timeout_ms} ms: a timeout of {wanted} ms still lets the batches fill, and shortens that wait",
        f"{facts.timed_out:,} of {facts.known:,} requests ran alone after the timer{_inference_cost_text(facts)}",
        {"batch_timeout_ms": wanted},
    )


def _inference_cost_text(facts: AdviceFacts) -> str:
    inference = facts.latency.get("inference")
    if inference is None or inference.p50 is None or inference.max is None:
        return ""
    p50, worst = milliseconds(inference.p50), milliseconds(inference.max)
    return f"; inference p50 {p50} ms, worst {worst} ms"


def without_batching(device: str) -> dict[str, Any]:
    """The settings that switch batching off: the device itself instead of 'BATCH:CPU(16)', else auto batching off."""
    if not device.upper().startswith("BATCH"):
        return {"auto_batching": "no"}
    inner = device.partition(":")[2].partition("(")[0]
    return {"device": inner} if inner else {}


def _timeout_to_fill_ms(facts: AdviceFacts, size: int) -> int | None:
    rate = facts.settings.rate or facts.throughput
    return math.ceil(TIMEOUT_SLACK * 1e3 * size / rate) if rate else None


def _timeout_over_runs_ms(facts: AdviceFacts, size: int) -> int:
    """A timeout that is many typical latencies long, and in an open loop long enough for batches to fill."""
    typical_ms = facts.latency["service"].p50 or 0.0
    fill_ms = 0 if is_closed_loop(facts.settings) else _timeout_to_fill_ms(facts, size) or 0
    return max(MIN_ADVISED_TIMEOUT_MS, math.ceil(TIMEOUT_RUNS * typical_ms), fill_ms)


def _shorter_timeout_ms(facts: AdviceFacts) -> int:
    """A tenth of the timeout, as a first step (1000 to 100 ms)."""
    return max(facts.timeout_ms // 10, 1)
