"""What was found of the layers, as it is told: each with its worst difference, and where it begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ovtui.engine.verify.layer_plan import LayerPlan
from ovtui.engine.verify.layer_run import LayersCompared
from ovtui.engine.verify.roots import Key, relations
from ovtui.engine.verify.tally import difference, discrete_note, own_measure
from ovtui.engine.verify.tolerances import Limit
from ovtui.records.verification import Difference
from ovtui.settings.listing import first_few

_MOST_NAMED = 3
_MADE_LARGE = "relative difference above none, within the tolerance"
"""Of a layer with another constant."""


def told_layers(
    plan: LayerPlan, compared: LayersCompared, limit: Limit, constants: Mapping[str, list[str]], *, stateful: bool
) -> tuple[list[Difference], list[str], list[str]]:
    """The layers, the names of the first ones that differ, and notes. `constants`: of an operation, those that differ
    between two models."""
    limits = {layer.key: limit.of(layer.element_type) for layer in plan.layers}
    differs = compared.differs(plan, limit)
    inputs = {key: step.inputs for step in plan.steps for key in step.outputs}
    related = relations(plan.steps, differs, compared.by_key.keys(), stateful=stateful)
    layers, firsts = [], []
    for layer in plan.layers:
        found = compared.by_key.get(layer.key)
        if not found:
            continue
        relation = related.get(layer.key, "")
        if relation == "first" and layer.key in compared.inherited:
            relation = "inherits"
        if layer.key in compared.at_fault:
            found = [own_measure(each) for each in found]
        told = difference(
            layer.label, layer.element_type, found, limits[layer.key], operation=layer.operation, inner=True,
            relation=relation,
        )  # fmt: skip
        if layer.key in compared.at_fault and told.agrees:
            told = msgspec.structs.replace(told, agrees=False, why=_MADE_LARGE)
        if relation in ("first", "inherits"):
            told = msgspec.structs.replace(told, inputs_relative=_most(inputs[layer.key], compared))
        if relation == "first":
            firsts.append(layer.label)
            if named := constants.get(layer.key.name, []):
                what = f"so does what it computes with: {first_few(named, _MOST_NAMED)}"
                told = msgspec.structs.replace(told, why=f"{told.why}; {what}")
        layers.append(told)
    notes = discrete_note(each for each in layers if each.relation == "first")
    return layers, firsts, notes


def _most(keys: Iterable[Key], compared: LayersCompared) -> float | None:
    found = [each.max_relative for key in keys for each in compared.by_key.get(key, [])]
    return max((each for each in found if each is not None), default=None)
