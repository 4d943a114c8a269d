"""Rules about the load: requests in flight, the rate, the hint."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.latency.schedule_lag import unkept_schedule_text
from ovtui.metrics.number_format import milliseconds, significant

MIN_REQUESTS = 200
"""Requests of a segment that are needed before its throughput and latency are used."""
LATE_SHARE = 0.05
IDLE_BELOW = 0.25
"""A device is idle most of the time if less than this share of its optimal requests is in flight on average."""
UNSERVED_SHARE = 0.02
"""Share of the due requests. A smaller one can come from a stall just before the end."""
EXCESS_FACTOR = 2
SUSTAINABLE_SHARE = 0.8
"""At this share of its capacity a device keeps the queue of an open loop short."""


def overloaded(facts: AdviceFacts) -> Advice | None:
    """The queue of an open loop grows, or is full and requests are shed, or it was so when the load ended."""
    queue = facts.queue
    growing, due = queue is not None and queue.overloaded, facts.completed + facts.unserved
    if facts.throughput is None or not (growing or facts.unserved > UNSERVED_SHARE * due):
        return None
    rate = float(f"{SUSTAINABLE_SHARE * facts.throughput:.3g}")
    suggestion, remedy = "", dict[str, Any]()
    if facts.nireq < facts.optimal:
        suggestion, remedy = f"; {facts.optimal} requests in flight, the optimum, serve more", {"nireq": facts.optimal}
    elif facts.settings.rate > rate:
        suggestion, remedy = f"; {rate:g}/s would be four fifths of what is served", {"rate": rate}
    served = f"{_rate(facts)}/s are served with {facts.nireq} in flight"
    if queue is not None and growing:
        growth, _, waiting = queue.sentence.partition("; ")
        text = f"{growth}, and response time with it{suggestion}"
        return Advice("overloaded", "warning", text, f"{served}, {waiting}", remedy)
    unserved = f"{facts.unserved:,} of {due:,} requests that came due were never sent"
    return Advice("overloaded", "warning", f"overloaded: {unserved}{suggestion}", served, remedy)


def too_few_in_flight(facts: AdviceFacts) -> Advice | None:
    """Closed loop: fewer requests in flight than the device can work on at once."""
    if (
        not facts.closed_loop
        or facts.completed < MIN_REQUESTS
        or facts.nireq >= facts.optimal
        or facts.settings.hint == "latency"
    ):
        return None
    return Advice(
        "too-few-in-flight",
        "warning",
        f"{facts.nireq} requests in flight leave part of {facts.serving[0]} idle: OpenVINO reports {facts.optimal} as "
        "optimal",
        f"{_rate(facts)}/s with {facts.nireq} in flight, optimal number {facts.optimal}",
        {"nireq": facts.optimal},
    )


def tuned_for_fewer(facts: AdviceFacts) -> Advice | None:
    """More requests are in flight than the model was compiled for: streams and threads stay as compiled when the number
    in flight is raised while the model runs."""
    tuned = facts.tuned_for
    if tuned is None or facts.nireq <= tuned or facts.settings.hint not in ("throughput", "cumulative_throughput"):
        return None
    if facts.on_cpu and tuned >= facts.cores:
        return None
    busy = facts.closed_loop or (facts.queue is not None and facts.queue.overloaded)
    if not busy or facts.completed < MIN_REQUESTS:
        return None
    return Advice(
        "tuned-for-fewer",
        "warning",
        f"{facts.serving[0]} was compiled for {number_format.quantity(tuned, 'request')} at once, and {facts.nireq} "
        f"are in flight: the rest waits; a compile for {facts.nireq} provides streams for them",
        f"PERFORMANCE_HINT_NUM_REQUESTS {tuned}, {facts.nireq} in flight, {_rate(facts)}/s",
        {"properties": {**facts.settings.properties, "PERFORMANCE_HINT_NUM_REQUESTS": str(facts.nireq)}},
    )


def too_many_in_flight(facts: AdviceFacts) -> Advice | None:
    """Closed loop: by Little's law, requests in flight beyond the optimum only wait and lengthen latency."""
    service_ms = facts.service_ms
    useful = max(facts.optimal, facts.batch_size or 1)
    if (
        not facts.closed_loop
        or facts.completed < MIN_REQUESTS
        or facts.nireq <= EXCESS_FACTOR * useful
        or service_ms is None
    ):
        return None
    if latency_hint_at_saturation(facts) or tuned_for_fewer(facts):  # these give better advice for the same problem
        return None
    if facts.mean_in_flight is None or facts.mean_in_flight < 0.7 * facts.nireq:
        return None
    return Advice(
        "too-many-in-flight",
        "info",
        f"{facts.nireq} requests in flight queue for {useful} places: {useful} would give the same throughput at about "
        f"{significant(service_ms * useful / facts.nireq, 3)} ms each",
        f"{_rate(facts)}/s x {milliseconds(service_ms)} ms = {significant(facts.mean_in_flight, 3)} in flight on "
        f"average (Little), optimal number {facts.optimal}",
        {"nireq": useful},
    )


def pool_too_small(facts: AdviceFacts) -> Advice | None:
    """Open loop: requests come due while all infer requests are in use, although the device keeps up. Lateness of the
    load thread itself is not counted."""
    if (
        facts.closed_loop
        or facts.completed < MIN_REQUESTS
        or facts.kept_waiting < LATE_SHARE * facts.completed
        or facts.mean_in_flight is None
    ):
        return None
    if (
        facts.queue is None
        or facts.queue.state != "steady"
        or facts.mean_in_flight < 0.5 * facts.nireq
        or overloaded(facts)
    ):
        return None
    # A multiple of the batch size, because requests beyond it would wait for the timer.
    size = facts.batch_size or 1
    wanted = math.ceil(max(math.ceil(2 * facts.mean_in_flight), facts.nireq + 1) / size) * size
    return Advice(
        "pool-too-small",
        "warning",
        f"requests come due while all {facts.nireq} are in flight, and are sent late: {wanted} would leave room",
        f"{facts.kept_waiting:,} of {facts.completed:,} were sent over 1 ms late for that reason; "
        f"{significant(facts.mean_in_flight, 3)} in flight on average (Little)",
        {"nireq": wanted},
    )


def schedule_not_kept(facts: AdviceFacts) -> Advice | None:
    """Open loop: the load thread itself is late, mostly because the inference takes every core."""
    text = unkept_schedule_text(facts.schedule_error_p99_ms)
    if facts.closed_loop or not text:
        return None
    suggestion, remedy = "", dict[str, Any]()
    if facts.on_cpu and facts.cores > 1 and (facts.threads is None or facts.threads >= facts.cores):
        remedy = {"nthreads": facts.cores - 1}
        suggestion = f"; {facts.cores - 1} of {facts.cores} cores for the inference would leave one to the load"
    return Advice(
        "schedule-not-kept",
        "warning",
        text + suggestion,
        "of the requests that found an idle infer request when they were due",
        remedy,
    )


def throughput_hint_at_low_rate(facts: AdviceFacts) -> Advice | None:
    """The device is idle most of the time, yet configured for many requests at once."""
    if facts.closed_loop or facts.settings.hint != "throughput" or facts.completed < MIN_REQUESTS or facts.optimal < 2:
        return None
    if (
        facts.mean_in_flight is None
        or facts.mean_in_flight > IDLE_BELOW * facts.optimal
        or facts.batched
        or facts.timed_out
    ):
        return None
    return Advice(
        "throughput-hint-at-low-rate",
        "info",
        f"the hint is THROUGHPUT at a rate that leaves {facts.serving[0]} idle: LATENCY would give each request the "
        "whole device",
        f"{_rate(facts)}/s keep {significant(facts.mean_in_flight, 3)} of {facts.optimal} requests in flight (Little)",
        {"hint": "latency"},
    )


def latency_hint_at_saturation(facts: AdviceFacts) -> Advice | None:
    """Requests queue up for a device that is configured for one request at a time."""
    if facts.settings.hint != "latency" or facts.completed < MIN_REQUESTS or facts.cores < 2:
        return None
    crowded = facts.closed_loop and facts.nireq > facts.optimal
    if not crowded and not (facts.queue is not None and facts.queue.overloaded):
        return None
    return Advice(
        "latency-hint-at-saturation",
        "warning",
        f"the hint is LATENCY, and requests queue up: THROUGHPUT lets {facts.serving[0]} work on several at once",
        f"{_rate(facts)}/s, {facts.nireq} in flight, optimal number {facts.optimal} under this hint",
        {"hint": "throughput"},
    )


def not_steady(facts: AdviceFacts) -> Advice | None:
    """The figures drift, so averages over the segment describe no single state."""
    changes = [finding for finding in facts.steadiness.findings if finding.id in ("drift", "throttling")]
    if not changes:
        return None
    worst = max(changes, key=lambda finding: finding.id == "throttling")
    return Advice(
        "not-steady",
        "warning" if worst.id == "throttling" else "info",
        worst.text,
        worst.evidence,
    )


def two_modes(facts: AdviceFacts) -> Advice | None:
    """Two modes in one distribution: its percentiles describe neither. The reason is covered by other rules."""
    found = next((finding for finding in facts.steadiness.findings if finding.id == "bimodal"), None)
    return None if found is None else Advice("two-modes", "info", found.text, found.evidence)


def _rate(facts: AdviceFacts) -> str:
    return number_format.rate(facts.throughput)
