"""Rules about the inputs of the model."""

from __future__ import annotations

from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.rules_batching import without_batching


def shared_inputs(facts: AdviceFacts) -> Advice | None:
    """An input without a batch dimension, of a model that really runs in batches: the auto_batch plugin has one tensor
    of it for each batch, into which the members write one after another (docs/batching-details.md)."""
    if not facts.shared_inputs or not facts.batched or facts.batch_size is None:
        return None
    names = " and ".join(facts.shared_inputs)
    return Advice(
        "shared-inputs",
        "warning",
        f"all {facts.batch_size} requests of a batch get one request's {names}: requests that differ in it get wrong "
        "results; give it a batch dimension, or do not batch",
        f"{facts.batched:,} of {facts.known:,} requests ran in batches",
        without_batching(facts.device),
    )
