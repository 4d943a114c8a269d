"""The layers of a model that can be compared: the outputs of its operations, before any device fuses them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import openvino as ov

from ovtui.engine.verify.roots import Key, Step
from ovtui.records.verification import NotCompared

_NO_LAYERS = ("Parameter", "Constant", "Result", "Assign")
_ALWAYS_ANEW = ("ReadValue", "RandomUniform", "Multinomial", "Parameter")
"""Whose output is no constant although all that they get may be."""
_UNKNOWN_BYTES = 4 << 20
"""Of an output of open shape."""
_MOST_OUTPUTS = 64
_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Layer:
    key: Key
    label: str
    """The operation's name, with the output's number where it has several."""
    operation: str
    element_type: str
    bytes: int
    place: int
    """Of the operation in the model's order; `other_key` and `other_place` are its counterpart's in the model of the
    other side."""
    other_key: Key
    other_place: int


@dataclass(frozen=True, slots=True)
class LayerPlan:
    layers: list[Layer]
    steps: list[Step]
    left_out: list[NotCompared]


def plan_layers(model: ov.Model, other: ov.Model | None, places: Mapping[int, int] = MappingProxyType({})) -> LayerPlan:
    """`model` has the shapes of the request where that can be. `other`: of the other side, where it is another model;
    `places` are then those of each operation's counterpart in it."""
    ops = model.get_ordered_ops()
    others = ops if other is None else other.get_ordered_ops()
    constant = constant_names(ops)
    layers, steps = [], []
    folded, alone, inside = [], [], []
    for place, node in enumerate(ops):
        name, kind = node.friendly_name, node.get_type_name()
        keys = [Key(name, index) for index in range(node.get_output_size())]
        inputs = [Key(port.get_node().friendly_name, port.get_index()) for port in sources_of(node)]
        steps.append(Step(keys, [key for key in inputs if key.name not in constant]))
        if kind in _NO_LAYERS:
            continue
        if name in constant:
            folded.append(name)
            continue
        inside += [name] if kind in ("If", "Loop", "TensorIterator") else []
        other_place = place if other is None else places.get(place, -1)
        if other_place < 0:
            alone.append(name)
            continue
        other_name = others[other_place].friendly_name
        for key, port in zip(keys, node.outputs(), strict=True):
            label = f"{name}:{key.port}" if len(keys) > 1 else name
            layers.append(
                Layer(
                    key, label, kind, port.element_type.get_type_name(), _bytes(port), place,
                    Key(other_name, key.port), other_place,
                )
            )  # fmt: skip
    why = {
        "computed from constants alone, which OpenVINO does before any device": folded,
        "of these only what comes out is compared, not what is inside": inside,
    }
    left_out = [NotCompared(names=names, why=each, expected=True) for each, names in why.items() if names]
    if alone:
        # Of a converted model some are; where no layer is compared, nothing shows that they agree.
        left_out.append(
            NotCompared(names=alone, why="no operation of the other model is its like", expected=bool(layers))
        )
    return LayerPlan(layers, steps, left_out)


def chunks(layers: Sequence[Layer], most_bytes: int = _MOST_BYTES, most: int = _MOST_OUTPUTS) -> Iterator[list[Layer]]:
    """In their order, each of at most so many outputs and bytes; a layer that is larger stands alone."""
    held: list[Layer] = []
    size = 0
    for layer in layers:
        if held and (len(held) >= most or size + layer.bytes > most_bytes):
            yield held
            held, size = [], 0
        held.append(layer)
        size += layer.bytes
    if held:
        yield held


def constant_names(ops: Iterable[ov.Node]) -> set[str]:
    """The operations, in order, of which no input changes anything."""
    found: set[str] = set()
    for node in ops:
        kind = node.get_type_name()
        if kind == "Constant":
            found.add(node.friendly_name)
        elif kind not in _ALWAYS_ANEW and kind not in ("Result", "Assign"):
            sources = sources_of(node)
            if sources and all(port.get_node().friendly_name in found for port in sources):
                found.add(node.friendly_name)
    return found


def constants_of(node: ov.Node, constant: set[str]) -> list[ov.Node]:
    """The Constants that an operation computes with, also those behind what is computed from constants alone."""
    found, waiting = [], [port.get_node() for port in sources_of(node)]
    while waiting:
        each = waiting.pop(0)
        if each.get_type_name() == "Constant":
            found.append(each)
        elif each.friendly_name in constant:
            waiting += [port.get_node() for port in sources_of(each)]
    return found


def with_shapes(model: ov.Model, shapes: Sequence[tuple[int, ...]]) -> ov.Model:
    """A copy with the shapes of the request, which tells the sizes of what is inside; the model itself where it does
    not take them."""
    if not model.is_dynamic():
        return model
    copied = model.clone()
    try:
        copied.reshape({index: ov.PartialShape(list(shape)) for index, shape in enumerate(shapes)})
    except RuntimeError:
        return model
    return copied


def sources_of(node: ov.Node) -> list[ov.Output]:
    return [each.get_source_output() for each in node.inputs()]


def _bytes(port: ov.Output) -> int:
    if port.partial_shape.is_dynamic:
        return _UNKNOWN_BYTES
    return -(-math.prod(map(int, port.shape)) * int(port.element_type.bitwidth) // 8)
