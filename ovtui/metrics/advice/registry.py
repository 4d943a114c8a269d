"""The list of all rules, most urgent first. To add a rule, add it to this list, and to
tests/unit/metrics/advice/test_advice.py two cases: one in which it must give advice, one in which it must not."""

from __future__ import annotations

from dataclasses import replace

from ovtui.metrics.advice import rules_batching, rules_device, rules_load, rules_state
from ovtui.metrics.advice.advice import Advice, Rule
from ovtui.metrics.advice.advice_facts import AdviceFacts

RULES: tuple[Rule, ...] = (
    rules_load.overloaded,
    rules_batching.in_flight_no_multiple,
    rules_batching.batch_over_requests,
    rules_batching.rate_too_low,
    rules_batching.batching_gains_nothing,
    rules_batching.cannot_batch,
    rules_batching.hint_does_not_batch,
    rules_batching.never_batched,
    rules_batching.tail_waits,
    rules_batching.could_batch,
    rules_load.too_few_in_flight,
    rules_load.pool_too_small,
    rules_load.schedule_not_kept,
    rules_load.latency_hint_at_saturation,
    rules_device.cpu_quota,
    rules_device.streams_over_cores,
    rules_device.accelerator_slower,
    rules_load.tuned_for_fewer,
    rules_state.state_grows,
    rules_load.not_steady,
    rules_load.too_many_in_flight,
    rules_load.throughput_hint_at_low_rate,
    rules_device.streams_under_cores,
    rules_device.wide_precision,
    rules_load.two_modes,
    rules_device.no_model_cache,
)


def advise(facts: AdviceFacts | None) -> list[Advice]:
    """The advice that applies, warnings first; empty if there are no facts yet."""
    if facts is None:
        return []
    found = [_with_api(advice, facts) for rule in RULES if (advice := rule(facts)) is not None]
    return sorted(found, key=lambda advice: advice.severity != "warning")


def _with_api(advice: Advice, facts: AdviceFacts) -> Advice:
    """More requests in flight need the asynchronous API, which the settings may rule out."""
    if facts.settings.api != "sync" or advice.remedy.get("nireq", 1) == 1:
        return advice
    return replace(advice, remedy={**advice.remedy, "api": "auto"})
