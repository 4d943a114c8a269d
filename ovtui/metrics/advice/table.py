"""Every rule there is, the more pressing first. A new one is added here, with a case in tests/unit/test_advice.py where
it must speak and one where it must be silent."""

from __future__ import annotations

from ovtui.metrics.advice import batching, device, load
from ovtui.metrics.advice.rules import Rule

RULES: tuple[Rule, ...] = (
    load.overloaded,
    batching.in_flight_no_multiple,
    batching.batch_over_requests,
    batching.rate_too_low,
    batching.gathering_gains_nothing,
    batching.cannot_batch,
    batching.hint_does_not_batch,
    batching.never_seen_together,
    batching.tail_waits,
    batching.could_batch,
    load.too_few_in_flight,
    load.pool_too_small,
    load.latency_hint_at_saturation,
    device.cpu_quota,
    device.streams_over_cores,
    device.accelerator_slower,
    load.tuned_for_fewer,
    load.not_steady,
    load.too_many_in_flight,
    load.throughput_hint_at_low_rate,
    device.streams_under_cores,
    device.wide_precision,
    load.two_modes,
    device.no_model_cache,
)
