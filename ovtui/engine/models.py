"""From a path to a model with known shapes."""

from __future__ import annotations

import re
from pathlib import Path

import openvino as ov

from ovtui.engine.builtin import BUILTIN
from ovtui.engine.errors import Unusable, reason_of
from ovtui.records.events import Port
from ovtui.settings.schema import Settings

_SHAPE = re.compile(r"\s*(?P<name>[^\[\],]*)\[(?P<dims>[^\]]*)\]\s*(,|$)")


def read_model(core: ov.Core, settings: Settings) -> ov.Model:
    """The model with the shape and batch that the settings ask for. Raises Unusable."""
    model = _read(core, settings.model)
    if settings.shape:
        _reshape(model, settings.shape)
    if settings.batch_size:
        _set_batch(model, settings.batch_size)
    dynamic = [port for port in model.inputs if port.partial_shape.is_dynamic]
    if dynamic:
        wanted = ", ".join(f"{name_of(port)} {shape_of(port)}" for port in dynamic)
        example = ",".join(f"{name_of(port)}{_example(port)}" for port in dynamic)
        raise Unusable(f"the model has inputs of dynamic shape: {wanted}; say which with --shape '{example}'")
    return model


def _read(core: ov.Core, name: str) -> ov.Model:
    if name in BUILTIN and not Path(name).exists():
        return BUILTIN[name]()
    if not Path(name).exists():
        raise Unusable(f"{name}: no such model file; built-in models are {', '.join(BUILTIN)}")
    try:
        return core.read_model(name)
    except RuntimeError as error:
        raise Unusable(f"{name}: OpenVINO cannot read this model: {reason_of(error)}") from None


def _reshape(model: ov.Model, text: str) -> None:
    shapes: dict[str, ov.PartialShape] = {}
    position = 0
    while position < len(text):
        found = _SHAPE.match(text, position)
        if found is None:
            raise Unusable(f"--shape {text!r}: write '[1,3,224,224]' or 'name[1,3,224,224],other[1,8]'")
        try:
            shapes[found["name"].strip()] = ov.PartialShape(f"[{found['dims']}]")
        except RuntimeError as error:
            raise Unusable(f"--shape {text!r}: {reason_of(error)}") from None
        position = found.end()
    by_name = {name: port for port in model.inputs for name in _names(port)}
    wanted: dict[ov.Output, ov.PartialShape] = {}
    for name, shape in shapes.items():
        if name == "" and len(shapes) == 1:
            wanted = dict.fromkeys(model.inputs, shape)
        elif name in by_name:
            wanted[by_name[name]] = shape
        else:
            known = ", ".join(f"{name_of(port)} {shape_of(port)}" for port in model.inputs)
            raise Unusable(f"--shape: the model has no input {name!r}; its inputs are {known}")
    try:
        model.reshape(wanted)
    except RuntimeError as error:
        raise Unusable(f"--shape {text!r} does not fit the model: {reason_of(error)}") from None


def _set_batch(model: ov.Model, batch_size: int) -> None:
    for port in model.inputs:
        if port.partial_shape.rank.is_static and len(port.partial_shape) and port.get_node().layout.empty:
            port.get_node().set_layout(ov.Layout("N..."))
    try:
        ov.set_batch(model, batch_size)
    except RuntimeError as error:
        raise Unusable(f"batch size {batch_size} does not fit the model: {reason_of(error)}") from None


def ports(found: list[ov.Output]) -> list[Port]:
    return [Port(name_of(port), shape_of(port), port.element_type.get_type_name()) for port in found]


def name_of(port: ov.Output) -> str:
    return str(min(port.names, default=port.get_node().friendly_name))


def _names(port: ov.Output) -> set[str]:
    return set(port.names) | {port.get_node().friendly_name}


def shape_of(port: ov.Output) -> str:
    return str(port.partial_shape).replace(" ", "")


def _example(port: ov.Output) -> str:
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return "[1,...]"
    return "[" + ",".join(str(dim.get_length()) if dim.is_static else "1" for dim in shape) + "]"
