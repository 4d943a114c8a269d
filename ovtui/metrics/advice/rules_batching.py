"""Rules about requests that wait for a batch to fill or for its timer; docs/batching-details.md has how it works."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics.advice.advice import Advice, Claim
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.runs_after_timer import RUN_SPREAD, run_after_timer
from ovtui.metrics.number_format import milliseconds, share, significant

MIN_REQUESTS = 8
"""Requests of a segment that are needed before a rule uses shares of them."""
MIN_TIMER_SHARE = 0.01
"""A smaller share of timer runs is ignored."""
MAJORITY = 0.5
MAX_UTILIZATION = 0.7
"""A device that is busy for at most this share of the time serves an open loop with hardly any queue."""
MIN_WAIT_SHARE = 0.3
"""A wait below this share of the latency is the normal cost of batching."""
MIN_WAIT_MS = 1.0
TIMEOUT_SLACK = 3
"""With a timeout of this many times the mean fill time of a batch nearly all batches fill: 98 to 100 % on BATCH:CPU(4)
at 50, 100 and 200/s; with 1.5 times it was 78 to 87 % (docs/batching-details.md, the order of dispatch)."""
SHORTEST_TIMEOUT_MS = 1
"""0 lets OpenVINO spin (0.3 of a core)."""
SHORT_TIMEOUT_MS = 2
"""A timeout up to this costs a request about a millisecond: no advice."""
LONGEST_HELPFUL_TIMEOUT_MS = 1000
"""OpenVINO's default. A longer one that fills batches is no help: the last request of a load waits that long."""
PHR = "PERFORMANCE_HINT_NUM_REQUESTS"


def in_flight_no_multiple(facts: AdviceFacts) -> Advice | None:
    """A worker fires when all its B requests are queued. Requests in excess of a multiple of B wait for the timer."""
    size = facts.batch_size
    if size is None or not facts.closed_loop or facts.known < MIN_REQUESTS or facts.nireq % size == 0:
        return None
    if facts.timer_share < MIN_TIMER_SHARE or facts.nireq < size:
        return None
    wanted = -(-facts.nireq // size) * size
    workers = facts.nireq // size
    high = None if facts.throughput is None else facts.throughput * (workers + 1) / workers
    return Advice(
        "in-flight-no-multiple",
        "warning",
        f"{facts.nireq} requests in flight are not a multiple of the batch size {size}, so some always wait for the "
        f"timer: with {wanted} each worker of OpenVINO has the {size} that it waits for",
        f"{share(facts.timer_share)} of {facts.known:,} requests waited for the timer of {facts.timeout_ms} ms"
        f"{_inference_cost_text(facts)}",
        {"nireq": wanted},
        Claim(
            "throughput",
            "estimated",
            f"as now, and at most in proportion to the workers with a full batch, {workers} to {workers + 1}",
            facts.throughput,
            facts.throughput,
            high,
        ),
    )


def pool_below_batch(facts: AdviceFacts) -> Advice | None:
    """No batch fills while fewer requests can be in flight than a batch takes: all wait for the timer, and with it for
    the next place in the pool."""
    size = facts.batch_size
    if size is None or facts.nireq >= size or facts.known < MIN_REQUESTS or facts.timer_share < MAJORITY:
        return None
    if facts.timeout_ms <= SHORT_TIMEOUT_MS or (facts.collected is not None and facts.collected < size):
        return None  # a larger pool would not fill it either: rate_too_low
    problem = f"{facts.serving[0]} batches {size} requests and at most {facts.nireq} are in flight, so no batch fills"
    evidence = (
        f"{share(facts.timer_share)} of {facts.known:,} requests waited for the timer of {facts.timeout_ms} ms"
        f"{_inference_cost_text(facts)}"
    )
    by_device = not facts.device.upper().startswith("BATCH")
    if not facts.closed_loop:
        # Twice: the next batch gathers while one runs. B must not grow with the pool.
        fill_ms = 1e3 * size / facts.settings.rate if facts.settings.rate else None
        wanted = 2 * size
        how = "with twice the batch in flight one fills while another runs"
        claim = Claim("response p50", "rule of thumb", how, facts.response_p50)
        if fill_ms is not None and facts.shortest_ms is not None and facts.settings.rate * facts.shortest_ms < 1e3:
            # One by one the device would keep up, so it does in batches.
            high = fill_ms + size * facts.shortest_ms
            how = f"half of the {milliseconds(fill_ms)} ms in which {size} come due, and the run"
            claim = Claim("response p50", "estimated", how, facts.response_p50, 0.4 * fill_ms, high)
        text = f"{problem}: {wanted} in flight let one batch gather while another runs"
        return Advice("batch-over-requests", "warning", text, evidence, {"nireq": wanted, **same_batch(facts)}, claim)
    claim = Claim(
        "throughput", "measured", "no request waits for the timer any more", facts.throughput, facts.throughput
    )
    if not by_device:
        text = f"{problem}: {size} in flight fill it"
        return Advice("batch-over-requests", "warning", text, evidence, {"nireq": size}, claim)
    remedy = {"properties": {**facts.settings.properties, PHR: str(facts.nireq)}}
    text = f"{problem}: set {PHR} to the requests in flight"
    return Advice("batch-over-requests", "warning", text, evidence, remedy, claim)


def rate_too_low(facts: AdviceFacts) -> Advice | None:
    """At this rate fewer than B requests come due within one period of the timer. What helps follows from the rate, B
    and the run time: the shortest timeout, or no batching where no two requests ever share a period; and where the
    device does not keep up without batches, a timeout that lets them fill."""
    size, rate, collected = facts.batch_size, facts.settings.rate, facts.collected
    if size is None or not rate or collected is None or facts.known < MIN_REQUESTS or facts.timer_share < MAJORITY:
        return None
    if collected >= size or facts.timeout_ms <= SHORT_TIMEOUT_MS:
        return None
    evidence = f"{facts.timed_out:,} of {facts.known:,} requests ran alone after the timer{_inference_cost_text(facts)}"
    run_ms = RUN_SPREAD * facts.shortest_ms if facts.shortest_ms is not None else None
    bound = "" if facts.shortest_ms is None else f" (the shortest latency was {milliseconds(facts.shortest_ms)} ms)"
    in_a_row = run_after_timer(facts)
    if in_a_row is not None and (run_ms is None or in_a_row.most_ms < run_ms):
        run_ms, bound = in_a_row.most_ms, f": {in_a_row.how}"
    if rate * facts.timeout_ms < 1e3:
        claim = Claim(
            "response p50",
            "estimated",
            f"no wait, and a run{bound}",
            facts.response_p50,
            None,
            _no_longer(run_ms, facts),
        )
        return Advice(
            "rate-too-low",
            "warning",
            f"a request comes every {significant(1e3 / rate, 3)} ms and the batch timeout is "
            f"{facts.timeout_ms} ms: no two requests ever share a batch, and each waits for the timer; without "
            f"batching they would not wait{_expected(claim)}",
            evidence,
            without_batching(facts.device),
            claim,
        )
    fill_ms = 1e3 * size / rate
    problem = (
        f"{significant(rate, 3)} requests/s collect {collected} of {size} in {facts.timeout_ms} ms: "
        f"{share(facts.timer_share)} waited for the timer"
    )
    if facts.lone_run_ms is not None and rate * facts.lone_run_ms / 1e3 > MAX_UTILIZATION:
        wanted = math.ceil(TIMEOUT_SLACK * fill_ms)
        how = f"half of the {milliseconds(fill_ms)} ms in which {size} come due, and the run"
        claim = Claim(
            "response p50",
            "estimated",
            how,
            facts.response_p50,
            0.4 * fill_ms,
            fill_ms + RUN_SPREAD * facts.lone_run_ms,
        )
        return Advice(
            "rate-too-low",
            "warning",
            f"{problem}, and run alone {share(rate * facts.lone_run_ms / 1e3)} of the device is taken: a timeout of "
            f"{wanted} ms lets batches fill{_expected(claim)}",
            evidence,
            {"batch_timeout_ms": wanted},
            claim,
        )
    claim = Claim(
        "response p50",
        "estimated",
        f"half the timeout, and a run{bound}",
        facts.response_p50,
        SHORTEST_TIMEOUT_MS / 2,
        _no_longer(None if run_ms is None else SHORTEST_TIMEOUT_MS + run_ms, facts),
    )
    return Advice(
        "rate-too-low",
        "warning",
        f"{problem}; {_filling_text(size, fill_ms)}; the shortest timeout, {SHORTEST_TIMEOUT_MS} ms, is the shortest "
        f"wait{_expected(claim)}; without batching there is none",
        evidence,
        {"batch_timeout_ms": SHORTEST_TIMEOUT_MS},
        claim,
    )


def _filling_text(size: int, fill_ms: float) -> str:
    """What a timeout that fills batches of `size` would cost, where it is one that helps."""
    due = f"{size} come due in {significant(fill_ms, 3)} ms"
    wanted = math.ceil(TIMEOUT_SLACK * fill_ms)
    if wanted > LONGEST_HELPFUL_TIMEOUT_MS:
        return f"{due}, so no timeout fills a batch in reasonable time"
    return f"{due}, so a timeout of {wanted} ms would fill batches, in which each waits {milliseconds(fill_ms / 2)} ms"


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
    evidence = (
        f"single requests, each as long as the quickest run ({milliseconds(facts.lone_run_ms)} ms), "
        f"would keep one stream busy {share(busy_alone)} of the time"
        if certain
        else f"in batches they keep the device busy about {share(busy)} of the time"
    )
    waits = f"requests wait {milliseconds(waited_ms)} of {milliseconds(service_ms)} ms for a batch of {size} to fill"
    if certain:
        how = "no wait; a run takes at most as long as the quickest batch, and at this share of the device few queue"
        claim = Claim("response p50", "estimated", how, facts.response_p50, None, RUN_SPREAD * facts.lone_run_ms)
        text = (
            f"{waits}, and at {significant(rate, 3)}/s the device keeps up without: batching gains nothing "
            f"here{_expected(claim)}"
        )
    else:
        claim = Claim("response p50", "rule of thumb", "if batching no more than halves the work", facts.response_p50)
        text = f"{waits}, and at {significant(rate, 3)}/s the device would most likely keep up without: try it"
    return Advice(
        "gathering-gains-nothing",
        "warning" if certain else "info",
        text,
        evidence,
        without_batching(facts.device),
        claim,
    )


def tail_waits(facts: AdviceFacts) -> Advice | None:
    """Open loop: most batches fill, and the last requests of a burst or of a slow phase wait for the timer."""
    size = facts.batch_size
    if size is None or facts.closed_loop or facts.known < 20 * size:
        return None
    if not MIN_TIMER_SHARE <= facts.timer_share < MAJORITY:
        return None
    wanted = (
        _timeout_of_bursts_ms(facts) if facts.settings.arrival.startswith("burst") else fill_timeout_ms(facts, size)
    )
    if wanted is None or 2 * wanted > facts.timeout_ms:
        return None
    run_ms = RUN_SPREAD * (facts.shortest_ms or 0.0)
    return Advice(
        "tail-waits",
        "info",
        f"{share(facts.timer_share)} of requests were left over from a batch of {size} and waited for the timer of "
        f"{facts.timeout_ms} ms: in {wanted} ms nearly every batch fills, and what is left over waits no longer",
        f"{facts.timed_out:,} of {facts.known:,} requests ran alone after the timer{_inference_cost_text(facts)}",
        {"batch_timeout_ms": wanted},
        Claim(
            "response p99",
            "estimated",
            "the new timeout, the time to fill a batch, and a run",
            facts.response_p99,
            None,
            2.0 * wanted + run_ms if facts.shortest_ms is not None else None,
        ),
    )


def _expected(claim: Claim) -> str:
    """': response p50 0.5 to 2.6 ms expected, 534 now'; empty where nothing is promised."""
    if claim.high is None or (claim.now is not None and claim.high >= claim.now):
        return ""
    low = "" if claim.low is None else f"{milliseconds(claim.low)} to "
    now = "" if claim.now is None else f", {milliseconds(claim.now)} now"
    return f" ({'' if low else 'at most '}{low}{milliseconds(claim.high)} ms expected{now})"


def _no_longer(most_ms: float | None, facts: AdviceFacts) -> float | None:
    """`most_ms`, but no more than the response p50 as it is: the shorter wait alone makes it no longer."""
    bounds = [bound for bound in (most_ms, facts.response_p50) if bound is not None]
    return min(bounds, default=None)


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


def same_batch(facts: AdviceFacts) -> dict[str, Any]:
    """The setting that keeps B where the number in flight is raised: a GPU takes B from it, up to its optimum."""
    size = facts.batch_size
    if size is None or facts.device.upper().startswith("BATCH"):
        return {}
    return {"properties": {**facts.settings.properties, PHR: str(size)}}


def fill_timeout_ms(facts: AdviceFacts, size: int) -> int | None:
    """The timeout in which nearly every batch of an open loop fills; None without a rate."""
    rate = facts.settings.rate or facts.throughput
    return math.ceil(TIMEOUT_SLACK * 1e3 * size / rate) if rate else None


def _timeout_of_bursts_ms(facts: AdviceFacts) -> int:
    """A burst comes at once, so its batches fill at once; while one runs, the rest of the burst must not run alone."""
    inference = facts.latency.get("inference")
    run_ms = max(facts.shortest_ms or 0.0, (inference.p50 or 0.0) if inference is not None else 0.0)
    return max(math.ceil(TIMEOUT_SLACK * min(run_ms, facts.timeout_ms)), 10)
