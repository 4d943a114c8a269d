"""What a verification found, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ovtui.metrics.number_format import deviation, quantity
from ovtui.records.verification import ConstantDifference, Difference, Side, Verification

_MOST_NAMED = 3
_BUILT_UP = 0.1
"""A layer whose inputs differ by this share of its own difference has not made all of it."""


def side_names(found: Verification) -> tuple[str, str]:
    """What tells both sides apart: 'GPU' and 'CPU', 'CPU in bf16' and 'CPU in f32', 'small.xml' and 'model.xml'."""
    device, truth = found.sides
    if device.model != truth.model:
        names = [each.model.rpartition("/")[2] for each in (device, truth)]
        if names[0] == names[1]:
            names = [device.model, truth.model]
        return f"{names[0]} on {device.device}", f"{names[1]} on {truth.device}"
    if device.device != truth.device:
        return device.device, truth.device
    if device.precision != truth.precision:
        return f"{device.device} in {device.precision}", f"{truth.device} in {truth.precision}"
    return device.device, f"{truth.device} itself"


def verdict_sentence(found: Verification) -> str:
    """Of the outputs; without what was found of layers."""
    device, truth = side_names(found)
    match found.verdict:
        case "agree":
            if not found.outputs:
                return f"{device} and {truth} both run the model, which has no outputs to compare"
            most = _most(found.outputs)
            reached = f": the largest relative difference is {deviation(most)}" if most is not None else ""
            return f"{device} and {truth} agree within {_tolerance(found.tolerance)}{reached}"
        case "precision":
            own = precision_text(found.sides[0]) or "its own precision"
            most = _most(found.f32_outputs or [])
            again = f"{deviation(most)} with both in f32" if most is not None else "none with both in f32"
            return (
                f"{device} differs from {truth} by precision: {_worst(found.outputs)} in {own}, where "
                f"{_tolerance(found.tolerance)} is allowed, and {again}"
            )
        case "fault":
            if _both_not_finite(found.outputs):
                return f"{device} and {truth} cannot agree: {_worst(found.outputs)}, and none of them equals anything"
            return f"{device} differs from {truth} by a fault: {_worst(found.outputs)}, and {_again(found)}"
        case _:
            return (
                f"{device} differs from {truth}: {_worst(found.outputs)}, where {_tolerance(found.tolerance)} is "
                f"allowed; whether by precision or by a fault is not known: {found.why_no_f32}"
            )


def precision_text(side: Side) -> str:
    """'bf16', 'f32 with its state in u8'; empty where nothing is told."""
    state = side.state_precision
    return f"{side.precision} with its state in {state}" if state and state != side.precision else side.precision


def layers_sentence(found: Verification) -> str:
    """Empty where layers were not asked for."""
    if found.layers is None:
        return ""
    layers = found.layers
    within = f"within {_tolerance(found.layers_tolerance or found.tolerance)}"
    how = f" in {found.layers_precisions[0]}" if found.layers_precisions and found.layers_precisions[0] else ""
    wrong = [each for each in layers if not each.agrees]
    unknown = sum(len(each.names) for each in found.not_compared if not each.expected)
    if not layers:
        return f"No layer was compared, of {unknown:,}" if unknown else "The model has no layers to compare"
    if not wrong:
        all_of = f"All {len(layers):,} layers" if not unknown else f"The {len(layers):,} layers that were compared"
        said = f"{all_of if len(layers) > 1 else 'The one layer'} agree{'s' * (len(layers) == 1)} {within}{how}"
        infinite = next((each for each in layers if any(each.infinities)), None)
        if found.verdict == "fault" and _both_not_finite(found.outputs):
            said += f"; infinities begin in {infinite.name} ({infinite.operation})" if infinite is not None else ""
        elif found.verdict == "fault":
            said += (
                ", although the outputs do not: either the fault is in what is fused, which a layer that is read is "
                "not, or small differences are left where large terms cancel"
            )
        elif found.verdict == "precision" and how == " in f32" and found.sides[0].precision in ("f16", "bf16"):
            said += f"; --infer-precision {found.sides[0].precision} shows where the precision is lost"
        return said
    firsts = [each for each in wrong if each.relation == "first"]
    inheriting = [each for each in wrong if each.relation == "inherits"]
    others = len(wrong) - len(firsts) - len(inheriting)
    behind = "it" if len(firsts) + len(inheriting) == 1 else "them"
    too = f"; {quantity(others, 'layer')} behind {behind} differ{'s' * (others == 1)} too" if others else ""
    if not firsts:
        who = "this one differs" if len(inheriting) == 1 else f"these {len(inheriting)} differ"
        return (
            f"From the same inputs each layer computes the same{how}; {who} by roundings before, made large: "
            f"{_named(inheriting)}{too}"
        )
    what = "First layer that differs" if len(firsts) == 1 else f"The {len(firsts)} layers in which it begins"
    said = f"{what}{how}: {_named(firsts)}"
    if inheriting:
        compute = "computes" if len(inheriting) == 1 else "compute"
        said += f"; {quantity(len(inheriting), 'layer')} {compute} the same from the same inputs: {_named(inheriting)}"
    said += too
    if found.verdict == "agree":
        looser = found.tolerance > (found.layers_tolerance or found.tolerance)
        why = (
            f"their tolerance is {_tolerance(found.tolerance)}" if looser else "what follows takes the difference away"
        )
        said += f"; the outputs agree all the same: {why}"
    return said


def _named(layers: Sequence[Difference]) -> str:
    named = "; ".join(f"{each.name} ({each.operation}): {phrase(each)}" for each in layers[:_MOST_NAMED])
    return named + (f"; and {len(layers) - _MOST_NAMED:,} more" if len(layers) > _MOST_NAMED else "")


def constants_sentence(found: Verification) -> str:
    """Of two models; empty where their constants are the same."""
    others = [each for each in found.constants or [] if not each.rounding]
    rounded = len(found.constants or []) - len(others)
    also = f"{quantity(rounded, 'constant')} differ{'s' * (rounded == 1)} by rounding alone" if rounded else ""
    if not others:
        return f"Of the two models, {also}" if also else ""
    named = "; ".join(f"{each.name} of {each.layer}, {_values(each)}" for each in others[:_MOST_NAMED])
    more = f"; and {len(others) - _MOST_NAMED:,} more" if len(others) > _MOST_NAMED else ""
    behind = f"; {also}" if also else ""
    return f"The two models have other values in {quantity(len(others), 'constant')}: {named}{more}{behind}"


def _values(each: ConstantDifference) -> str:
    """'1 of 256 elements, relative difference 0.05'."""
    told = f"{each.unequal:,} of {quantity(each.elements, 'element')}"
    if any(each.nans):
        told += f", NaN {each.nans[0]:,} against {each.nans[1]:,}"
    elif each.max_relative is not None:
        told += f", relative difference {deviation(each.max_relative)}"
    return told


def phrase(each: Difference) -> str:
    """'relative difference 0.5, above 1e-4', 'NaN: 3 against 0'."""
    said = each.why.replace(" above none,", f" {deviation(each.max_relative)},", 1)
    said = said.replace(" above ", f" {deviation(each.max_relative)}, above ", 1)
    got, reached = each.inputs_relative, each.max_relative
    if each.relation == "inherits":
        return f"{said}, where what it gets differs by {deviation(got)}"
    if got is not None and reached is not None and got > reached * _BUILT_UP:
        return f"{said}, which has built up: what it gets differs by {deviation(got)}"
    return said


def _again(found: Verification) -> str:
    """What the worst output is with both in f32."""
    name = _worst_of(found.outputs).name
    still = next((each for each in found.f32_outputs or [] if each.name == name and each.why), None)
    if still is None or not still.why.startswith("relative"):
        return "no better with both in f32"
    allowed = _tolerance(found.f32_tolerance or 0.0)
    return f"{deviation(still.max_relative)} with both in f32, where {allowed} is allowed"


def _worst(outputs: Sequence[Difference]) -> str:
    worst = _worst_of(outputs)
    told = f"relative difference {deviation(worst.max_relative)}" if worst.why.startswith("relative") else worst.why
    others = sum(not each.agrees for each in outputs) - 1
    more = f" and {quantity(others, 'other')}" if others > 0 else ""
    what = "state" if worst.operation == "state" else "output"
    return f"{what} {worst.name}{more}, {told}"


def _worst_of(outputs: Sequence[Difference]) -> Difference:
    """What cannot be compared before what is far off."""
    wrong = [each for each in outputs if not each.agrees]
    return max(wrong, key=lambda each: (not each.why.startswith("relative"), each.max_relative or 0.0))


def _both_not_finite(outputs: Iterable[Difference]) -> bool:
    """Nothing is wrong but NaN and infinities, which both sides have."""
    wrong = [each for each in outputs if not each.agrees]
    return all(
        each.why.startswith(("NaN", "infinite"))
        and each.nans[0] == each.nans[1]
        and each.infinities[0] == each.infinities[1]
        for each in wrong
    )


def _most(outputs: Iterable[Difference]) -> float | None:
    return max((each.max_relative for each in outputs if each.max_relative is not None), default=None)


def _tolerance(value: float) -> str:
    return deviation(value)
