"""Whether a layer that differs computes anything else itself: the other side computes that one operation from what the
device's own has got.

What a layer gets may agree and yet differ by some roundings, which a sine of large numbers, a softmax of large ones, a
division by almost nothing or a choice between almost equal numbers makes large."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import openvino as ov
from openvino import opset13

from ovtui.engine.errors import SetupError
from ovtui.engine.verify.feed import Feed
from ovtui.engine.verify.layer_plan import Layer, LayerPlan, constant_names, sources_of
from ovtui.engine.verify.layer_run import HANDS_ON, LayersCompared, Models, with_outputs
from ovtui.engine.verify.roots import Key, relations
from ovtui.engine.verify.tally import why_not
from ovtui.engine.verify.tolerances import Limit
from ovtui.engine.verify.values import Held, compare_held

_MOST = 200
"""Layers that are looked at."""
_AT_ONCE = 16
"""For so many the device compiles once; each is compiled alone on the other side."""
_MADE_HERE = 0.1
"""A layer whose inputs differ by less than this share of its own difference has made it."""
_ADD_UP = ("ReduceSum", "ReduceMean", "AvgPool")
"""In another order they leave another rest where terms cancel."""


def look_again(
    models: Models, feed: Feed, places: list[int], plan: LayerPlan, compared: LayersCompared, limit: Limit,
    constants: Mapping[str, list[str]], deadline_s: float, tell: Callable[[str, int, int], None],
) -> None:  # fmt: skip
    """Adds to `compared` which layers only inherit their difference, and which are at fault although they were measured
    by what they get. `constants`: of an operation, those that differ between two models."""
    if any(compared.differs(plan, limit).values()):
        _blame_constants(plan, compared, constants)
    f32 = all(each in ("f32", "f64") for each in compared.precisions)
    suspects = list(_suspects(plan, compared, limit, excused=f32, stateful=bool(models.model.get_variables())))[:_MOST]
    done, slowest_s = 0, 0.0
    for number in sorted({each.number for each in suspects}):
        of_number = [each for each in suspects if each.number == number]
        for at in range(0, len(of_number), _AT_ONCE):
            began_s = time.monotonic()
            if began_s + slowest_s > deadline_s:
                return
            tell("looking again at layers that differ", done, len(suspects))
            group = of_number[at : at + _AT_ONCE]
            try:
                inferred = _Inferred(models, feed, places, group, number)
            except (SetupError, RuntimeError, MemoryError):
                continue
            for suspect in group:
                layer = suspect.layer
                try:
                    alike = inferred.computes_alike(layer, limit.of(layer.element_type))
                except (SetupError, RuntimeError, MemoryError, ValueError):
                    continue
                if alike and not suspect.excused:
                    compared.inherited.add(layer.key)
                if alike is False and suspect.excused:
                    compared.at_fault.setdefault(layer.key, number)
            done += len(group)
            slowest_s = max(slowest_s, time.monotonic() - began_s)


@dataclass(frozen=True, slots=True)
class _Suspect:
    layer: Layer
    number: int
    """Of the request to look at."""
    excused: bool
    """What it gets was its measure."""


def _blame_constants(plan: LayerPlan, compared: LayersCompared, constants: Mapping[str, list[str]]) -> None:
    """What other constants change is where it begins, also where layers behind it alone make it larger than the
    tolerance."""
    inputs = {key: step.inputs for step in plan.steps for key in step.outputs}
    for layer in plan.layers:
        if layer.key.name not in constants:
            continue
        for number, each in enumerate(compared.by_key.get(layer.key, ())):
            got = [
                compared.by_key[key][number].max_relative or 0.0 for key in inputs[layer.key] if key in compared.by_key
            ]
            if each.unequal and max(got, default=0.0) < _MADE_HERE * (each.max_relative or 0.0):
                compared.at_fault.setdefault(layer.key, number)
                break


def _suspects(
    plan: LayerPlan, compared: LayersCompared, limit: Limit, *, excused: bool, stateful: bool
) -> Iterator[_Suspect]:
    inputs = {key: step.inputs for step in plan.steps for key in step.outputs}
    differs = compared.differs(plan, limit)
    related = relations(plan.steps, differs, compared.by_key.keys(), stateful=stateful)
    for layer in plan.layers:
        found = compared.by_key.get(layer.key, [])
        if related.get(layer.key) == "first":
            number = differs[layer.key][0]
            got = [compared.by_key[key][number] for key in inputs[layer.key] if key in compared.by_key]
            if any(each.unequal for each in got):
                yield _Suspect(layer, number, excused=False)
        elif excused and layer.operation in HANDS_ON and layer.operation not in _ADD_UP:
            share = limit.of(layer.element_type)
            for number, each in enumerate(found):
                if (each.max_absolute or 0.0) > share * each.scale > 0 and not related.get(layer.key):
                    yield _Suspect(layer, number, excused=True)
                    break


class _Inferred:
    """One request on the device, with what some layers get and what they make of it."""

    def __init__(self, models: Models, feed: Feed, places: list[int], group: list[_Suspect], number: int) -> None:
        """Raises SetupError, and what OpenVINO raises."""
        self._models = models
        self._ops = models.model.get_ordered_ops()
        self._constant = constant_names(self._ops)
        self._place_of = {
            node.friendly_name: place for place, node in enumerate(self._ops) if node.get_type_name() != "Result"
        }
        self._given = {each.friendly_name: index for index, each in enumerate(models.model.get_parameters())}
        keys = [key for each in group for key in (each.layer.key, *self._inputs(each.layer))]
        self._read = list(dict.fromkeys(key for key in keys if key.name not in self._given))
        with_them, indices = with_outputs(models.model, [(self._place_of[key.name], key) for key in self._read])
        self._index_of = dict(zip(self._read, indices, strict=True))
        self._device = models.for_device(with_them)
        feed.begin()
        self._device.request.reset_state()
        for each in range(number + 1):
            feed.fill(each, self._device.request, self._device.request, list(range(len(places))))
            self._device.infer()

    def _inputs(self, layer: Layer) -> list[Key]:
        node = self._ops[self._place_of[layer.key.name]]
        ports = [port for port in sources_of(node) if port.get_node().friendly_name not in self._constant]
        return [Key(port.get_node().friendly_name, port.get_index()) for port in ports]

    def _tensor(self, key: Key) -> ov.Tensor:
        if key.name in self._given:
            return self._device.request.get_input_tensor(self._given[key.name])
        return self._device.request.get_output_tensor(self._index_of[key])

    def computes_alike(self, layer: Layer, share: float) -> bool | None:
        """None where it cannot be told. Raises SetupError, and what OpenVINO raises."""
        built = _alone(self._models.other, layer.other_key)
        if built is None:
            return None
        single, at = built
        node = self._ops[self._place_of[layer.key.name]]
        sources = enumerate(sources_of(node))
        if [index for index, port in sources if port.get_node().friendly_name not in self._constant] != at:
            return None
        got = [self._tensor(key) for key in self._inputs(layer)]
        single.reshape({index: ov.PartialShape(list(tensor.shape)) for index, tensor in enumerate(got)})
        truth = self._models.for_truth(single)
        kept = []
        for index, tensor in enumerate(got):
            own = ov.Tensor(tensor.element_type, tensor.shape)
            own.copy_from(tensor)
            kept.append(own)
            truth.request.set_input_tensor(index, own)
        truth.infer()
        computed = compare_held(
            Held(self._tensor(layer.key)), Held(truth.request.get_output_tensor(layer.other_key.port))
        )
        return not why_not(computed, share, inner=True)


def _alone(model: ov.Model, key: Key) -> tuple[ov.Model, list[int]] | None:
    """A model of that operation and its constants, and which of its inputs are the model's."""
    copied = model.clone()
    ops = copied.get_ordered_ops()
    node = next(each for each in ops if each.friendly_name == key.name and each.get_type_name() != "Result")
    if node.get_type_name() in ("ReadValue", "RandomUniform", "Multinomial"):
        return None
    constant = constant_names(ops)
    parameters, at = [], []
    for index, port in enumerate(sources_of(node)):
        if port.get_node().friendly_name in constant:
            continue
        parameter = opset13.parameter(port.partial_shape, port.element_type)
        node.input(index).replace_source_output(parameter.output(0))
        parameters.append(parameter)
        at.append(index)
    return ov.Model([opset13.result(port) for port in node.outputs()], parameters, "alone"), at
