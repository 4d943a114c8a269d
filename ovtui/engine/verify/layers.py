"""What was found of the layers, as it is told: each with its worst difference, and where it begins."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import openvino as ov

from ovtui.engine.verify.layer_plan import LayerPlan, constant_names, constants_of, repeated_names
from ovtui.engine.verify.layer_run import LayersCompared, same_constant
from ovtui.engine.verify.roots import Key, relations
from ovtui.engine.verify.tally import difference, discrete_note, why_not
from ovtui.engine.verify.tolerances import Limit
from ovtui.records.verification import Difference
from ovtui.settings.listing import first_few

_MOST_NAMED = 3


def told_layers(
    plan: LayerPlan, compared: LayersCompared, limit: Limit, model: ov.Model, other: ov.Model
) -> tuple[list[Difference], list[str], list[str]]:
    """The layers, the names of the first ones that differ, and notes."""
    limits = {layer.key: limit.of(layer.element_type) for layer in plan.layers}
    differs = {
        key: [number for number, each in enumerate(found) if why_not(each, limits[key], inner=True)]
        for key, found in compared.by_key.items()
    }
    inputs = {key: step.inputs for step in plan.steps for key in step.outputs}
    related = relations(plan.steps, differs, compared.by_key.keys(), stateful=bool(model.get_variables()))
    layers, firsts = [], []
    for layer in plan.layers:
        found = compared.by_key.get(layer.key)
        if not found:
            continue
        relation = related.get(layer.key, "")
        told = difference(
            layer.label, layer.element_type, found, limits[layer.key], operation=layer.operation, inner=True,
            relation=relation,
        )  # fmt: skip
        if relation == "first":
            firsts.append(layer.label)
            told = msgspec.structs.replace(told, inputs_relative=_most(inputs[layer.key], compared))
            if other is not model and (named := _other_constants(layer.key.name, model, other)):
                told = msgspec.structs.replace(told, why=f"{told.why}; so does what it computes with: {named}")
        layers.append(told)
    notes = discrete_note(each for each in layers if each.relation == "first")
    if repeated := repeated_names(model):
        notes.append(f"several operations have the same name, so that layers may be mixed up: {first_few(repeated, 3)}")
    return layers, firsts, notes


def _most(keys: Iterable[Key], compared: LayersCompared) -> float | None:
    found = [each.max_relative for key in keys for each in compared.by_key.get(key, [])]
    return max((each for each in found if each is not None), default=None)


def _other_constants(name: str, model: ov.Model, other: ov.Model) -> str:
    """The Constants of an operation that are others in the two models."""
    found = []
    for of in (model, other):
        ops = of.get_ordered_ops()
        node = next(each for each in ops if each.friendly_name == name)
        found.append(constants_of(node, constant_names(ops)))
    pairs = zip(*found, strict=False)
    names = [mine.friendly_name for mine, theirs in pairs if not same_constant(mine, theirs)]
    return first_few(names, _MOST_NAMED) if names else ""
