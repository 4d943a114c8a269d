"""Rules about the load: requests in flight, the rate, the hint."""

from __future__ import annotations

from typing import Any

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice import Advice, Claim
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.rules_batching import pool_below_batch, rate_too_low, same_batch
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
    suggestion, remedy, claim = _answer_to_overload(facts)
    served = f"{_rate(facts)}/s are served with {facts.nireq} in flight"
    if queue is not None and growing:
        growth, _, waiting = queue.sentence.partition("; ")
        text = f"{growth}, and response time with it{suggestion}"
        return Advice("overloaded", "warning", text, f"{served}, {waiting}", remedy, claim)
    unserved = f"{facts.unserved:,} of {due:,} requests that came due were never sent"
    return Advice("overloaded", "warning", f"overloaded: {unserved}{suggestion}", served, remedy, claim)


def _answer_to_overload(facts: AdviceFacts) -> tuple[str, dict[str, Any], Claim | None]:
    """What follows the description, the settings, and what they are for: where another rule knows the cause, its
    answer; else more in flight where that can suffice; else a lower rate."""
    for rule in (pool_below_batch, rate_too_low, latency_hint_at_saturation, tuned_for_fewer):
        cause = rule(facts)
        if cause is not None and cause.remedy:
            return f"; {cause.text}", cause.remedy, cause.claim
    assert facts.throughput is not None
    if facts.nireq < facts.optimal and facts.settings.rate <= facts.throughput * facts.optimal / facts.nireq:
        how = "OPTIMAL_NUMBER_OF_INFER_REQUESTS; in proportion they would suffice"
        claim = Claim("throughput", "rule of thumb", how, facts.throughput)
        return f"; try {facts.optimal} requests in flight, the optimum", {"nireq": facts.optimal}, claim
    rate = float(f"{SUSTAINABLE_SHARE * facts.throughput:.3g}")
    if facts.settings.rate <= rate:
        return "", {}, None
    how = "at four fifths of what is served a queue stays short"
    claim = Claim("response p50", "rule of thumb", how, facts.response_p50)
    return f"; {rate:g}/s would be four fifths of what is served", {"rate": rate}, claim


def too_few_in_flight(facts: AdviceFacts) -> Advice | None:
    """Closed loop: fewer requests in flight than the device can work on at once."""
    if (
        not facts.closed_loop
        or facts.completed < MIN_REQUESTS
        or facts.nireq >= facts.optimal
        or facts.settings.hint == "latency"
        or pool_below_batch(facts)
    ):
        return None
    most = None if facts.throughput is None else facts.throughput * facts.optimal / facts.nireq
    how = "OPTIMAL_NUMBER_OF_INFER_REQUESTS; at most in proportion to the requests in flight"
    return Advice(
        "too-few-in-flight",
        "warning",
        f"{facts.nireq} requests in flight may leave part of {facts.serving[0]} idle: OpenVINO reports {facts.optimal} "
        "as optimal, try that",
        f"{_rate(facts)}/s with {facts.nireq} in flight, optimal number {facts.optimal}",
        {"nireq": facts.optimal},
        Claim("throughput", "rule of thumb", how, facts.throughput, None, most),
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
        f"are in flight: the rest waits; try a compile for {facts.nireq}, which may provide streams for them",
        f"PERFORMANCE_HINT_NUM_REQUESTS {tuned}, {facts.nireq} in flight, {_rate(facts)}/s",
        {"properties": {**facts.settings.properties, "PERFORMANCE_HINT_NUM_REQUESTS": str(facts.nireq)}},
        Claim("throughput", "rule of thumb", "a stream for each request, up to the cores", facts.throughput),
    )


def too_many_in_flight(facts: AdviceFacts) -> Advice | None:
    """Closed loop: by Little's law, requests in flight beyond the optimum only wait and lengthen latency. The answer is
    twice the optimum and not the optimum itself: with one waiting behind each that runs, no stream is idle between two
    requests. With the optimum alone throughput fell by 8 to 16 % in five pairs of runs (2 cores), also
    with benchmark_app."""
    service_ms = facts.service_ms
    useful = max(facts.optimal, facts.batch_size or 1)
    wanted = EXCESS_FACTOR * useful
    if not facts.closed_loop or facts.completed < MIN_REQUESTS or facts.nireq <= wanted or service_ms is None:
        return None
    if latency_hint_at_saturation(facts) or tuned_for_fewer(facts):  # these give better advice for the same problem
        return None
    if facts.mean_in_flight is None or facts.mean_in_flight < 0.7 * facts.nireq:
        return None
    expected_ms = service_ms * wanted / facts.nireq
    return Advice(
        "too-many-in-flight",
        "info",
        f"{facts.nireq} requests in flight queue for {useful} places: with {wanted} each would take about "
        f"{significant(expected_ms, 3)} ms, if throughput stays as it is",
        f"{_rate(facts)}/s x {milliseconds(service_ms)} ms = {significant(facts.mean_in_flight, 3)} in flight on "
        f"average (throughput x service time), optimal number {facts.optimal}",
        {"nireq": wanted},
        Claim(
            "response p50",
            "estimated",
            "in flight / throughput, from 20 % above to 20 % below",
            facts.response_p50,
            expected_ms / 1.2,
            expected_ms / 0.8,
        ),
    )


def pool_too_small(facts: AdviceFacts) -> Advice | None:
    """Open loop: requests come due while all infer requests are in use, although the device could work on more of
    them: fewer are in flight than its optimum. Beyond the optimum a larger pool would move the wait into OpenVINO's
    queue, and no request would be served earlier. Lateness of the load thread itself is not counted."""
    useful = max(facts.optimal, 2 * (facts.batch_size or 1) if facts.batch_size else 1)
    if (
        facts.closed_loop
        or facts.completed < MIN_REQUESTS
        or facts.kept_waiting < LATE_SHARE * facts.completed
        or facts.mean_in_flight is None
        or facts.nireq >= useful
    ):
        return None
    if facts.queue is None or facts.queue.state != "steady" or overloaded(facts) or pool_below_batch(facts):
        return None
    # A multiple of the batch size, because requests beyond it would wait for the timer.
    size = facts.batch_size or 1
    wanted = -(-useful // size) * size
    late = 100.0 * facts.kept_waiting / facts.completed
    how = f"the device works on up to {useful} at once"
    return Advice(
        "pool-too-small",
        "warning",
        f"requests come due while all {facts.nireq} are in flight, and are sent late: {wanted} are as many as "
        f"{facts.serving[0]} works on at once",
        f"{facts.kept_waiting:,} of {facts.completed:,} were sent over 1 ms late for that reason; "
        f"{significant(facts.mean_in_flight, 3)} in flight on average (throughput x service time)",
        {"nireq": wanted, **same_batch(facts)},
        Claim("late share", "estimated", how, late, None, late),
    )


def schedule_not_kept(facts: AdviceFacts) -> Advice | None:
    """Open loop: the load thread itself is late, mostly because the inference takes every core."""
    text = unkept_schedule_text(facts.schedule_error_p99_ms)
    if facts.closed_loop or not text:
        return None
    suggestion, remedy = "", dict[str, Any]()
    claim = None
    if facts.on_cpu and _spares_a_core(facts):
        remedy = {"nthreads": facts.cores - 1}
        suggestion = f"; try {facts.cores - 1} of {facts.cores} cores for the inference, which leaves one to the load"
        how = "at the present share of the device the other cores keep up"
        claim = Claim("schedule error p99", "rule of thumb", how, facts.schedule_error_p99_ms)
    return Advice(
        "schedule-not-kept",
        "warning",
        text + suggestion,
        "of the requests that found an idle infer request when they were due",
        remedy,
        claim,
    )


def _spares_a_core(facts: AdviceFacts) -> bool:
    """Whether the inference uses every core, and would keep up with one less."""
    if facts.cores < 2 or (facts.threads is not None and facts.threads < facts.cores):
        return False
    if facts.mean_in_flight is None or (facts.queue is not None and facts.queue.overloaded):
        return False
    busy = facts.mean_in_flight / max(facts.streams or facts.optimal, 1)
    return busy * facts.cores / (facts.cores - 1) <= SUSTAINABLE_SHARE


def throughput_hint_at_low_rate(facts: AdviceFacts) -> Advice | None:
    """The device is idle most of the time, yet configured for many requests at once."""
    if facts.closed_loop or facts.settings.hint != "throughput" or facts.completed < MIN_REQUESTS or facts.optimal < 2:
        return None
    if facts.settings.auto_batching == "yes":
        return None  # batching was asked for, and there is none without this hint
    if facts.mean_in_flight is None or facts.mean_in_flight > IDLE_BELOW * facts.optimal or facts.waits_for_batches:
        return None
    return Advice(
        "throughput-hint-at-low-rate",
        "info",
        f"the hint is THROUGHPUT at a rate that leaves {facts.serving[0]} idle: try LATENCY, which gives each request "
        "the whole device",
        f"{_rate(facts)}/s x the service time keep {significant(facts.mean_in_flight, 3)} of {facts.optimal} requests "
        "in flight",
        {"hint": "latency"},
        Claim("response p50", "rule of thumb", "one request at a time on all cores", facts.response_p50),
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
        f"the hint is LATENCY, and requests queue up: try THROUGHPUT, which lets {facts.serving[0]} work on several at "
        "once",
        f"{_rate(facts)}/s, {facts.nireq} in flight, optimal number {facts.optimal} under this hint",
        {"hint": "throughput"},
        Claim("throughput", "rule of thumb", "several streams instead of one", facts.throughput),
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
