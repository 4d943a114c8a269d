"""Rules about automatic batching. How it works: docs/batching.md."""

from __future__ import annotations

from ovtui.metrics.advice.rules import Advice
from ovtui.metrics.advice.situation import Situation
from ovtui.settings.arrival import is_closed_loop

ENOUGH = 8
"""Requests of a segment before a rule reads shares from them."""
NOTEWORTHY = 0.01
"""A share of timer runs below this is not worth a word."""
MOST = 0.5


def in_flight_no_multiple(now: Situation) -> Advice | None:
    """A worker fires only when its B requests are all queued, and what is over a multiple of B waits for the timer."""
    size = now.batch_size
    if size is None or not is_closed_loop(now.settings) or now.known < ENOUGH or now.nireq % size == 0:
        return None
    if now.timer_share < NOTEWORTHY:
        return None
    wanted = -(-now.nireq // size) * size
    return Advice(
        "in-flight-no-multiple",
        "warning",
        f"{now.nireq} requests in flight are no multiple of the batch of {size}, so some always wait for the timer: "
        f"{wanted} would fill every batch",
        f"{_percent(now.timer_share)} of {now.known:,} requests waited for the timer of {now.timeout_ms} ms"
        f"{_cost(now)}",
        {"nireq": wanted},
    )


def rate_too_low(now: Situation) -> Advice | None:
    """At this rate fewer than B requests come within one period of the timer."""
    size, rate = now.batch_size, now.settings.rate
    if size is None or not rate or now.known < ENOUGH or now.timer_share < MOST:
        return None
    collected = max(int(rate * now.timeout_ms / 1e3), 1)
    if collected >= size:
        return None
    return Advice(
        "rate-too-low",
        "warning",
        f"{rate:.3g} requests/s collect {collected} of {size} in {now.timeout_ms} ms: "
        f"{_percent(now.timer_share)} waited for the timer; a shorter timeout or no batching bounds the latency",
        f"{now.timed_out:,} of {now.known:,} requests ran alone after the timer{_cost(now)}",
        {"batch_timeout_ms": _shorter(now)},
    )


def cannot_batch(now: Situation) -> Advice | None:
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


def hint_does_not_batch(now: Situation) -> Advice | None:
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


def never_seen_together(now: Situation) -> Advice | None:
    """The wrapper is there and a batch could fill, but the probe has never seen one: the device's optimal batch is too
    small, or its memory is."""
    on_gpu = any(name.startswith("GPU") for name in now.serving)
    if not (now.batching.probe and on_gpu) or now.batch_size is not None or not is_closed_loop(now.settings):
        return None
    if now.batched or now.single < 20 * ENOUGH or now.nireq < 2:
        return None
    return Advice(
        "never-together",
        "info",
        f"the hint is THROUGHPUT, yet {now.serving[0]} runs every request alone: it finds no batch above 2 worth it "
        f"for this model; BATCH:{now.serving[0].partition('.')[0]}(4) forces one",
        f"the probe saw {now.single:,} of {now.known:,} requests run alone with {now.nireq} in flight",
        {"device": f"BATCH:{now.serving[0].partition('.')[0]}(4)"},
    )


def tail_waits(now: Situation) -> Advice | None:
    """Open loop: most batches fill, and the last requests of a burst or of a slow stretch wait for the timer."""
    size = now.batch_size
    if size is None or is_closed_loop(now.settings) or now.known < 20 * size:
        return None
    if not NOTEWORTHY <= now.timer_share < MOST:
        return None
    return Advice(
        "tail-waits",
        "info",
        f"{_percent(now.timer_share)} of requests were left over from a batch of {size} and waited for the timer; "
        f"a shorter timeout than {now.timeout_ms} ms shortens their wait",
        f"{now.timed_out:,} of {now.known:,} requests ran alone after the timer{_cost(now)}",
        {"batch_timeout_ms": _shorter(now)},
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.9995 else "100 %"


def _cost(now: Situation) -> str:
    inference = now.latency.get("inference")
    if inference is None or inference.p50 is None or inference.max is None:
        return ""
    return f"; inference p50 {inference.p50:,.1f} ms, worst {inference.max:,.1f} ms"


def _shorter(now: Situation) -> int:
    """A tenth of the timeout: what the seed's remedy tries first (1000 to 100 ms)."""
    return max(now.timeout_ms // 10, 1)
