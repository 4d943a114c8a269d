"""Rules about whether requests are batched at all; docs/batching-details.md explains how it works."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.rules_batching import MIN_REQUESTS
from ovtui.settings.schema.arrival import is_closed_loop

MIN_QUEUE = 4
"""Requests queue up for a device if at least twice this number is in flight."""


def cannot_batch(facts: AdviceFacts) -> Advice | None:
    """Batching was requested, and the model prevents it, or nothing would show it."""
    by_hint = facts.settings.auto_batching == "yes" and (facts.settings.hint == "throughput" or not _has_gpu(facts))
    requested = facts.device.upper().startswith("BATCH") or by_hint
    if not requested or facts.batching.evidence != "none" or not facts.batching.why_not:
        return None
    return Advice(
        "cannot-batch",
        "warning",
        f"batching is requested, but {facts.batching.why_not}",
        f"device {facts.device}, auto batching {facts.settings.auto_batching}",
        {"probe": "auto"} if facts.settings.probe == "no" else {},
    )


def hint_does_not_batch(facts: AdviceFacts) -> Advice | None:
    """OpenVINO batches automatically under one hint only."""
    if facts.settings.auto_batching != "yes" or facts.settings.hint == "throughput":
        return None
    if facts.device.upper().startswith("BATCH") or not _has_gpu(facts):
        return None
    return Advice(
        "hint-does-not-batch",
        "warning",
        f"auto batching is on, but OpenVINO batches requests only under the hint THROUGHPUT, and the hint is "
        f"{facts.settings.hint.upper()}: every request runs alone until one of the two is changed",
        f"{facts.single:,} of {facts.known:,} requests ran alone" if facts.known else f"device {facts.device}",
        {"hint": "throughput"},
    )


def never_batched(facts: AdviceFacts) -> Advice | None:
    """Batching is possible, enough requests are in flight, and no batch was ever seen: the device's optimal batch size
    is too small, or its memory is."""
    on_gpu = any(name.startswith("GPU") for name in facts.serving)
    declined = facts.batching.optimal is not None and facts.batching.optimal <= 2
    if (
        not on_gpu
        or not (facts.batching.evidence != "none" or declined)
        or facts.batch_size is not None
        or not is_closed_loop(facts.settings)
    ):
        return None
    if facts.batched or facts.single < 20 * MIN_REQUESTS or facts.nireq < 2:
        return None
    return Advice(
        "never-together",
        "info",
        f"the hint is THROUGHPUT, yet {facts.serving[0]} runs every request alone: it finds no batch above 2 "
        f"worthwhile for this model, though BATCH:{facts.serving[0].partition('.')[0]}(4) would force batches of 4",
        f"{facts.single:,} of {facts.known:,} requests ran alone with {facts.nireq} in flight",
    )


def could_batch(facts: AdviceFacts) -> Advice | None:
    """Batching is switched off although requests queue up for a GPU, which is when batching pays."""
    if (
        facts.settings.auto_batching != "no"
        or facts.settings.hint != "throughput"
        or facts.completed < 20 * MIN_REQUESTS
    ):
        return None
    on_gpu = len(facts.serving) == 1 and facts.serving[0].startswith("GPU")
    overloaded = facts.queue is not None and facts.queue.overloaded
    crowded = overloaded or (is_closed_loop(facts.settings) and facts.nireq >= 2 * MIN_QUEUE)
    if not on_gpu or not crowded or facts.device.upper().startswith("BATCH"):
        return None
    return Advice(
        "could-batch",
        "info",
        f"auto batching is off, and requests queue up for {facts.serving[0]}: whether batches serve more of them "
        "depends on the model and the device, so try it and compare; each request then waits for its batch",
        f"{facts.nireq} in flight, {number_format.rate(facts.throughput)}/s, each request runs alone",
        {"auto_batching": "yes"},
    )


def _has_gpu(facts: AdviceFacts) -> bool:
    """Only a GPU batches by itself."""
    return "GPU" in facts.device.upper() or any(name.startswith("GPU") for name in facts.serving)
