"""The list of all rules, most urgent first: of two whose remedies contradict each other or are the same, the first one
keeps its. To add a rule, add it to this list, and to tests/unit/metrics/advice/test_advice.py two cases: one in which
it must give advice, one in which it must not."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from ovtui.metrics.advice import (
    rules_batchable,
    rules_batching,
    rules_device,
    rules_held,
    rules_inputs,
    rules_load,
    rules_machine,
    rules_state,
)
from ovtui.metrics.advice.advice import Advice, Rule
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.contradictions import merge_rivals

RULES: tuple[Rule, ...] = (
    rules_load.overloaded,
    rules_inputs.shared_inputs,
    rules_batching.in_flight_no_multiple,
    rules_batching.pool_below_batch,
    rules_batching.rate_too_low,
    rules_held.held_batches,
    rules_batching.batching_gains_nothing,
    rules_batchable.cannot_batch,
    rules_batchable.hint_does_not_batch,
    rules_batchable.never_batched,
    rules_batching.tail_waits,
    rules_batchable.could_batch,
    rules_load.too_few_in_flight,
    rules_load.pool_too_small,
    rules_device.cpu_quota,
    rules_machine.disturbed,
    rules_load.schedule_not_kept,
    rules_load.latency_hint_at_saturation,
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
    found.sort(key=lambda advice: advice.severity != "warning")
    # The number in flight as it is: a setting of 0 leaves it to the device.
    in_force = {**msgspec.structs.asdict(facts.settings), "nireq": facts.nireq, "device": facts.device}
    return merge_rivals(found, in_force)


def _with_api(advice: Advice, facts: AdviceFacts) -> Advice:
    """More requests in flight need the asynchronous API, which the settings may rule out."""
    if facts.settings.api != "sync" or advice.remedy.get("nireq", 1) == 1:
        return advice
    return replace(advice, remedy={**advice.remedy, "api": "auto"})
