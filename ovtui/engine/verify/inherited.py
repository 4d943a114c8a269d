"""Whether a layer that differs computes anything else itself: the other side computes that one operation from what the
device's own has got.

What a layer gets may agree and yet differ by some roundings, which a sine of large numbers, a softmax of large ones, a
division by almost nothing or a choice between almost equal numbers makes large."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

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

_MOST = 12
"""Layers that are looked at: each is compiled on both sides."""
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
    suspects = list(_suspects(plan, compared, limit, excused=f32, stateful=bool(models.model.get_variables())))
    began_s = time.monotonic()
    for done, (layer, number, excused) in enumerate(suspects[:_MOST]):
        now_s = time.monotonic()
        if now_s + (now_s - began_s) / max(done, 1) > deadline_s:
            break
        tell("looking again at layers that differ", done, min(len(suspects), _MOST))
        try:
            alike = _computes_alike(models, feed, places, layer, number, limit.of(layer.element_type))
        except (SetupError, RuntimeError, MemoryError, ValueError):
            continue
        if alike and not excused:
            compared.inherited.add(layer.key)
        if alike is False and excused:
            compared.at_fault.setdefault(layer.key, number)


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
) -> Iterator[tuple[Layer, int, bool]]:
    """Layers, the request to look at, and whether what they get was their measure."""
    inputs = {key: step.inputs for step in plan.steps for key in step.outputs}
    differs = compared.differs(plan, limit)
    related = relations(plan.steps, differs, compared.by_key.keys(), stateful=stateful)
    for layer in plan.layers:
        found = compared.by_key.get(layer.key, [])
        if related.get(layer.key) == "first":
            number = differs[layer.key][0]
            got = [compared.by_key[key][number] for key in inputs[layer.key] if key in compared.by_key]
            if any(each.unequal for each in got):
                yield layer, number, False
        elif excused and layer.operation in HANDS_ON and layer.operation not in _ADD_UP:
            share = limit.of(layer.element_type)
            for number, each in enumerate(found):
                if (each.max_absolute or 0.0) > share * each.scale > 0 and not related.get(layer.key):
                    yield layer, number, True
                    break


def _computes_alike(
    models: Models, feed: Feed, places: list[int], layer: Layer, number: int, share: float
) -> bool | None:
    """None where it cannot be told. Raises SetupError, and what OpenVINO raises."""
    built = _alone(models.other, layer.other_key)
    if built is None:
        return None
    single, at = built
    ops = models.model.get_ordered_ops()
    place_of = {node.friendly_name: place for place, node in enumerate(ops) if node.get_type_name() != "Result"}
    node = ops[place_of[layer.key.name]]
    constant = constant_names(ops)
    ports = [port for port in sources_of(node) if port.get_node().friendly_name not in constant]
    keys = [Key(port.get_node().friendly_name, port.get_index()) for port in ports]
    if [index for index, port in enumerate(sources_of(node)) if port in ports] != at:
        return None
    given = {each.friendly_name: index for index, each in enumerate(models.model.get_parameters())}
    read = list(dict.fromkeys([layer.key, *(key for key in keys if key.name not in given)]))
    with_them, indices = with_outputs(models.model, [(place_of[key.name], key) for key in read])
    device = models.for_device(with_them)
    feed.begin()
    device.request.reset_state()
    for each in range(number + 1):
        feed.fill(each, device.request, device.request, list(range(len(places))))
        device.infer()
    index_of = dict(zip(read, indices, strict=True))
    got = [
        device.request.get_input_tensor(given[key.name]) if key.name in given
        else device.request.get_output_tensor(index_of[key]) for key in keys
    ]  # fmt: skip
    single.reshape({index: ov.PartialShape(list(tensor.shape)) for index, tensor in enumerate(got)})
    truth = models.for_truth(single)
    kept = []
    for index, tensor in enumerate(got):
        own = ov.Tensor(tensor.element_type, tensor.shape)
        own.copy_from(tensor)
        kept.append(own)
        truth.request.set_input_tensor(index, own)
    truth.infer()
    computed = compare_held(
        Held(device.request.get_output_tensor(index_of[layer.key])),
        Held(truth.request.get_output_tensor(layer.other_key.port)),
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
