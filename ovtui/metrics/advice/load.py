"""Rules about how much is asked of the device: requests in flight, the rate, the hint."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics.advice.rules import Advice
from ovtui.metrics.advice.situation import Situation

ENOUGH = 200
"""Requests of a segment before its throughput and latency are read."""
LATE_SHARE = 0.05
BUSY = 0.25
"""Share of the optimal requests under way, below which a device is idle most of the time."""
TIMES_TOO_MANY = 2
SERVED = 0.8
"""Share of its capacity at which an open loop keeps a short queue."""


def overloaded(now: Situation) -> Advice | None:
    """The queue of an open loop grows, or is full and sheds."""
    queue = now.queue
    if queue is None or not queue.overloaded or now.throughput is None:
        return None
    rate = float(f"{SERVED * now.throughput:.3g}")
    answer, remedy = "", dict[str, Any]()
    if now.nireq < now.optimal:
        answer, remedy = f"; {now.optimal} requests in flight, the optimum, serve more", {"nireq": now.optimal}
    elif now.settings.rate > rate:
        answer, remedy = f"; {rate:g}/s would be four fifths of what is served", {"rate": rate}
    growth, _, waiting = queue.sentence.partition("; ")
    return Advice(
        "overloaded",
        "warning",
        f"{growth}, and response time with it{answer}",
        f"{now.throughput:,.0f}/s are served with {now.nireq} in flight, {waiting}",
        remedy,
    )


def too_few_in_flight(now: Situation) -> Advice | None:
    """Closed loop: fewer requests than the device can work on at once."""
    if not now.closed_loop or now.completed < ENOUGH or now.nireq >= now.optimal or now.settings.hint == "latency":
        return None
    return Advice(
        "too-few-in-flight",
        "warning",
        f"{now.nireq} requests in flight leave part of {now.serving[0]} idle: OpenVINO finds {now.optimal} optimal",
        f"{_rate(now)}/s with {now.nireq} in flight, optimal number {now.optimal}",
        {"nireq": now.optimal},
    )


def too_many_in_flight(now: Situation) -> Advice | None:
    """Closed loop: by Little's law what is over the optimum only waits, and makes latency longer."""
    service_ms = now.service_ms
    useful = max(now.optimal, now.batch_size or 1)
    if not now.closed_loop or now.completed < ENOUGH or now.nireq <= TIMES_TOO_MANY * useful or service_ms is None:
        return None
    if latency_hint_at_saturation(now) is not None:  # which answers the same in a better way
        return None
    if now.under_way is None or now.under_way < 0.7 * now.nireq:
        return None
    return Advice(
        "too-many-in-flight",
        "info",
        f"{now.nireq} requests in flight stand in line for {useful} places: {useful} would give the same throughput at "
        f"about {_ms(service_ms * useful / now.nireq)} ms each",
        f"{_rate(now)}/s x {_ms(service_ms)} ms = {now.under_way:.1f} under way (Little), optimal number {now.optimal}",
        {"nireq": useful},
    )


def pool_too_small(now: Situation) -> Advice | None:
    """Open loop: requests come due while all are under way, though the device keeps up."""
    if now.closed_loop or now.completed < ENOUGH or now.late < LATE_SHARE * now.completed or now.under_way is None:
        return None
    if (now.queue is not None and now.queue.overloaded) or now.under_way < 0.5 * now.nireq:
        return None
    wanted = max(math.ceil(2 * now.under_way), now.nireq + 1)
    return Advice(
        "pool-too-small",
        "warning",
        f"requests come due while all {now.nireq} are under way and leave late: {wanted} would leave room",
        f"{now.late:,} of {now.completed:,} left over 1 ms late; {now.under_way:.1f} under way on average (Little)",
        {"nireq": wanted},
    )


def throughput_hint_at_low_rate(now: Situation) -> Advice | None:
    """The device is idle most of the time, and yet tuned for many requests at once."""
    if now.closed_loop or now.settings.hint != "throughput" or now.completed < ENOUGH or now.optimal < 2:
        return None
    if now.under_way is None or now.under_way > BUSY * now.optimal or now.batched or now.timed_out:
        return None
    return Advice(
        "throughput-hint-at-low-rate",
        "info",
        f"the hint is THROUGHPUT at a rate that leaves {now.serving[0]} idle: LATENCY would give each request the "
        "whole device",
        f"{_rate(now)}/s keep {now.under_way:.2f} of {now.optimal} requests under way (Little)",
        {"hint": "latency"},
    )


def latency_hint_at_saturation(now: Situation) -> Advice | None:
    """Requests queue up before a device that is tuned to work on one."""
    if now.settings.hint != "latency" or now.completed < ENOUGH or now.cores < 2:
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


def not_steady(now: Situation) -> Advice | None:
    """Figures of something that changes, or of two things, are no figures of one."""
    if not now.steadiness.findings:
        return None
    worst = max(now.steadiness.findings, key=lambda finding: finding.id == "throttling")
    return Advice(
        "not-steady",
        "warning" if worst.id == "throttling" else "info",
        worst.text,
        worst.evidence,
    )


def _rate(now: Situation) -> str:
    return "–" if now.throughput is None else f"{now.throughput:,.1f}"


def _ms(value: float) -> str:
    return f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"
