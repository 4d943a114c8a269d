"""The rule about full batches that OpenVINO holds until the timer; docs/batching-details.md has how that happens."""

from __future__ import annotations

import math
from typing import Any

from ovtui.metrics.advice.advice import Advice, Claim
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.rules_batching import fill_timeout_ms
from ovtui.metrics.number_format import milliseconds

MIN_HELD = 3
"""Batches held until the timer that are worth a word."""
HELD_COST_SHARE = 0.05
"""The share of the mean latency from which on their waits are worth a warning."""
MIN_ADVISED_TIMEOUT_MS = 10
TIMEOUT_RUNS = 10
"""A timeout of this many typical latencies rarely runs out before a closed loop has filled a batch."""


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
    remedy, claim = dict[str, Any](), None
    if 2 * wanted <= facts.timeout_ms:
        text += f": try a timeout of {wanted} ms, in which batches still fill; each of these waits is that short then"
        remedy = {"batch_timeout_ms": wanted}
        how = "each of these waits is at most the timeout; how many batches are held is chance"
        claim = Claim("response p99", "rule of thumb", how, facts.response_p99)
    return Advice(
        "held-batches",
        "warning" if cost_ms >= HELD_COST_SHARE * service_ms else "info",
        text,
        f"{facts.held:,} of {facts.known:,} requests waited {milliseconds(wait_ms)} ms on average for that: "
        f"{milliseconds(cost_ms)} of the mean {milliseconds(service_ms)} ms a request",
        remedy,
        claim,
    )


def _timeout_over_runs_ms(facts: AdviceFacts, size: int) -> int:
    """A timeout that is many typical latencies long, and in an open loop long enough for batches to fill."""
    typical_ms = facts.latency["service"].p50 or 0.0
    fill_ms = 0 if facts.closed_loop else fill_timeout_ms(facts, size) or 0
    return max(MIN_ADVISED_TIMEOUT_MS, math.ceil(TIMEOUT_RUNS * typical_ms), fill_ms)
