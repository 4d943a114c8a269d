"""The outputs and the layers of a verification as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics.number_format import cosine, deviation
from ovtui.records.verification import Difference, Verification

OUTPUT_HEAD = ("output", "shape", "type", "max abs", "max rel", "cosine", "NaN", "inf", "")
LAYER_HEAD = ("layer", "operation", "max rel", "cosine", "NaN", "inf", "")
MOST_LAYERS = 20
"""That are listed; the JSON has all."""


def output_rows(outputs: Sequence[Difference]) -> list[tuple[str, ...]]:
    return [
        (
            f"state {each.name}" if each.operation == "state" else each.name,
            f"[{','.join(map(str, each.shape))}]",
            each.element_type,
            deviation(each.max_absolute),
            deviation(each.max_relative),
            cosine(each.cosine),
            _counts(each.nans),
            _counts(each.infinities),
            "agrees" if each.agrees else "differs",
        )
        for each in outputs
    ]


def layer_rows(found: Verification) -> list[tuple[str, ...]]:
    """The layers that differ, first ones before others, at most MOST_LAYERS; where none does, the ones that are the
    furthest off."""
    layers = found.layers or []
    wrong = [each for each in layers if not each.agrees]
    chosen = sorted(wrong, key=lambda each: ("first", "inherits", "downstream").index(each.relation or "downstream"))
    if not wrong:
        chosen = sorted(layers, key=lambda each: -(each.max_relative or 0.0))[:3]
    return [
        (
            each.name,
            each.operation,
            deviation(each.max_relative),
            cosine(each.cosine),
            _counts(each.nans),
            _counts(each.infinities),
            each.relation or "agrees",
        )
        for each in chosen[:MOST_LAYERS]
    ]


def _counts(counts: tuple[int, int]) -> str:
    """'0', or '3/0': on the device, and on the other."""
    return f"{counts[0]:,}/{counts[1]:,}" if any(counts) else "0"


def output_remarks(outputs: Sequence[Difference]) -> list[str]:
    """Below each row: why an output differs, where its figures do not say it; else empty."""
    return ["" if each.agrees or each.why.startswith("relative") else each.why for each in outputs]
