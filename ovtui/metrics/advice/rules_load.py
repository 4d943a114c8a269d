"""Rules about how much is asked of the device: requests in flight, the rate, the hint."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.situation import AdviceFacts

MIN_REQUESTS = 200
"""Requests of a segment before its throughput and latency are read."""
LATE_SHARE = 0.05
IDLE_BELOW = 0.25
"""Share of the optimal requests under way, below which a device is idle most of the time."""
UNSERVED_SHARE = 0.02
"""Of what came due; less can be a stall just before the end."""
EXCESS_FACTOR = 2
SUSTAINABLE_SHARE = 0.8
"""Share of its capacity at which an open loop keeps a short queue."""


def overloaded(now: AdviceFacts) -> Advice | None:
    """The queue of an open loop grows, or is full and sheds, or did so until the load ended."""
    queue = now.queue
    growing, due = queue is not None and queue.overloaded, now.completed + now.unserved
    if now.throughput is None or not (growing or now.unserved > UNSERVED_SHARE * due):
        return None
    rate = float(f"{SUSTAINABLE_SHARE * now.throughput:.3g}")
    answer, remedy = "", dict[str, Any]()
    if now.nireq < now.optimal:
        answer, remedy = f"; {now.optimal} requests in flight, the optimum, serve more", {"nireq": now.optimal}
    elif now.settings.rate > rate:
        answer, remedy = f"; {rate:g}/s would be four fifths of what is served", {"rate": rate}
    served = f"{now.throughput:,.0f}/s are served with {now.nireq} in flight"
    if queue is not None and growing:
        growth, _, waiting = queue.sentence.partition("; ")
        return Advice(
            "overloaded", "warning", f"{growth}, and response time with it{answer}", f"{served}, {waiting}", remedy
        )
    unserved = f"{now.unserved:,} of {due:,} requests that came due were never sent"
    return Advice("overloaded", "warning", f"overloaded: {unserved}{answer}", served, remedy)


def too_few_in_flight(now: AdviceFacts) -> Advice | None:
    """Closed loop: fewer requests than the device can work on at once."""
    if (
        not now.closed_loop
        or now.completed < MIN_REQUESTS
        or now.nireq >= now.optimal
        or now.settings.hint == "latency"
    ):
        return None
    return Advice(
        "too-few-in-flight",
        "warning",
        f"{now.nireq} requests in flight leave part of {now.serving[0]} idle: OpenVINO finds {now.optimal} optimal",
        f"{_rate(now)}/s with {now.nireq} in flight, optimal number {now.optimal}",
        {"nireq": now.optimal},
    )


def tuned_for_fewer(now: AdviceFacts) -> Advice | None:
    """Requests in flight change while the model runs; streams and threads stay as a compile made them for fewer."""
    tuned = now.tuned_for
    if tuned is None or now.nireq <= tuned or now.settings.hint not in ("throughput", "cumulative_throughput"):
        return None
    if now.on_cpu and tuned >= now.cores:
        return None
    busy = now.closed_loop or (now.queue is not None and now.queue.overloaded)
    if not busy or now.completed < MIN_REQUESTS:
        return None
    return Advice(
        "tuned-for-fewer",
        "warning",
        f"{now.serving[0]} was compiled for {_requests(tuned)} at once, and {now.nireq} are in flight: the rest waits; "
        f"compiled for {now.nireq} it makes streams for them",
        f"PERFORMANCE_HINT_NUM_REQUESTS {tuned}, {now.nireq} in flight, {_rate(now)}/s",
        {"properties": {**now.settings.properties, "PERFORMANCE_HINT_NUM_REQUESTS": str(now.nireq)}},
    )


def too_many_in_flight(now: AdviceFacts) -> Advice | None:
    """Closed loop: by Little's law what is over the optimum only waits, and makes latency longer."""
    service_ms = now.service_ms
    useful = max(now.optimal, now.batch_size or 1)
    if not now.closed_loop or now.completed < MIN_REQUESTS or now.nireq <= EXCESS_FACTOR * useful or service_ms is None:
        return None
    if latency_hint_at_saturation(now) or tuned_for_fewer(now):  # which answer the same in a better way
        return None
    if now.mean_in_flight is None or now.mean_in_flight < 0.7 * now.nireq:
        return None
    return Advice(
        "too-many-in-flight",
        "info",
        f"{now.nireq} requests in flight stand in line for {useful} places: {useful} would give the same throughput at "
        f"about {_ms(service_ms * useful / now.nireq)} ms each",
        f"{_rate(now)}/s x {_ms(service_ms)} ms = {now.mean_in_flight:.1f} under way (Little), optimal number "
        f"{now.optimal}",
        {"nireq": useful},
    )


def pool_too_small(now: AdviceFacts) -> Advice | None:
    """Open loop: requests come due while all are under way, though the device keeps up. What the load thread itself was
    late by is no reason."""
    if (
        now.closed_loop
        or now.completed < MIN_REQUESTS
        or now.kept_waiting < LATE_SHARE * now.completed
        or now.mean_in_flight is None
    ):
        return None
    if now.queue is None or now.queue.state != "steady" or now.mean_in_flight < 0.5 * now.nireq or overloaded(now):
        return None
    # Of whole batches: what is over a multiple of them waits for the timer.
    size = now.batch_size or 1
    wanted = math.ceil(max(math.ceil(2 * now.mean_in_flight), now.nireq + 1) / size) * size
    return Advice(
        "pool-too-small",
        "warning",
        f"requests come due while all {now.nireq} are under way and leave late: {wanted} would leave room",
        f"{now.kept_waiting:,} of {now.completed:,} left over 1 ms late for that; {now.mean_in_flight:.1f} under way "
        "on average (Little)",
        {"nireq": wanted},
    )


def throughput_hint_at_low_rate(now: AdviceFacts) -> Advice | None:
    """The device is idle most of the time, and yet tuned for many requests at once."""
    if now.closed_loop or now.settings.hint != "throughput" or now.completed < MIN_REQUESTS or now.optimal < 2:
        return None
    if now.mean_in_flight is None or now.mean_in_flight > IDLE_BELOW * now.optimal or now.batched or now.timed_out:
        return None
    return Advice(
        "throughput-hint-at-low-rate",
        "info",
        f"the hint is THROUGHPUT at a rate that leaves {now.serving[0]} idle: LATENCY would give each request the "
        "whole device",
        f"{_rate(now)}/s keep {now.mean_in_flight:.2f} of {now.optimal} requests under way (Little)",
        {"hint": "latency"},
    )


def latency_hint_at_saturation(now: AdviceFacts) -> Advice | None:
    """Requests queue up before a device that is tuned to work on one."""
    if now.settings.hint != "latency" or now.completed < MIN_REQUESTS or now.cores < 2:
        return None
    crowded = now.closed_loop and now.nireq > now.optimal
    if not crowded and not (now.queue is not None and now.queue.overloaded):
        return None
    return Advice(
        "latency-hint-at-saturation",
        "warning",
        f"the hint is LATENCY, and requests queue up: THROUGHPUT lets {now.serving[0]} work on several at once",
        f"{_rate(now)}/s, {now.nireq} in flight, optimal number {now.optimal} under this hint",
        {"hint": "throughput"},
    )


def not_steady(now: AdviceFacts) -> Advice | None:
    """Figures of something that changes are no figures of one thing."""
    changes = [finding for finding in now.steadiness.findings if finding.id != "bimodal"]
    if not changes:
        return None
    worst = max(changes, key=lambda finding: finding.id == "throttling")
    return Advice(
        "not-steady",
        "warning" if worst.id == "throttling" else "info",
        worst.text,
        worst.evidence,
    )


def two_modes(now: AdviceFacts) -> Advice | None:
    """Percentiles of two things are those of neither; but what that comes from, other rules tell better."""
    found = next((finding for finding in now.steadiness.findings if finding.id == "bimodal"), None)
    return None if found is None else Advice("two-modes", "info", found.text, found.evidence)


def _rate(now: AdviceFacts) -> str:
    return "–" if now.throughput is None else f"{now.throughput:,.1f}"


def _ms(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _requests(count: int) -> str:
    return "one request" if count == 1 else f"{count} requests"
