"""Reads a model and gives it the shapes, batch size and element types of the settings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from ovtui.engine.errors import SetupError, reason_of
from ovtui.engine.model.builtin_models import BUILTIN
from ovtui.engine.model.decoder_ports import decoder_ports
from ovtui.engine.model.ports import lists_by_port, port_name, port_shape
from ovtui.records.events import ModelRead, Port, Variable
from ovtui.settings.schema.settings import Settings

NUMPY_TYPES = {"f32": "f4", "f16": "f2", "u8": "u1", "i32": "i4", "i64": "i8"}


def is_blob(settings: Settings) -> bool:
    """True for a compiled model, which is imported and not read."""
    return settings.model.endswith(".blob") and Path(settings.model).is_file()


def read_model(core: ov.Core, settings: Settings) -> ov.Model:
    """The model with the shapes, batch size and element types of the settings. Raises SetupError."""
    model = _read(core, settings.model)
    if settings.shape:
        _reshape(model, settings.shape)
    if settings.batch_size:
        _set_batch(model, settings.batch_size)
    model = _set_precision(model, settings)
    if settings.data_shape:
        return model  # inputs_for checks these shapes against the model
    known = decoder_ports(model).roles
    dynamic = [port for index, port in enumerate(model.inputs) if port.partial_shape.is_dynamic and index not in known]
    if dynamic:
        wanted = ", ".join(f"{port_name(port)} {port_shape(port)}" for port in dynamic)
        example = ",".join(f"{port_name(port)}{_example_shape(port)}" for port in dynamic)
        raise SetupError(f"the model has inputs of dynamic shape: {wanted}; give them with --shape '{example}'")
    return model


def _read(core: ov.Core, name: str) -> ov.Model:
    if name in BUILTIN and not Path(name).exists():
        return BUILTIN[name]()
    if not Path(name).exists():
        raise SetupError(f"{name}: no such model file; built-in models are {', '.join(BUILTIN)}")
    if name.endswith(".ovtui"):
        raise SetupError(f"{name}: a recording, not a model; ovtui replay {name} shows it")
    try:
        return core.read_model(name)
    except RuntimeError as error:
        raise SetupError(f"{name}: OpenVINO cannot read this model: {reason_of(error)}") from None


def _reshape(model: ov.Model, text: str) -> None:
    shapes = lists_by_port(text, model, "--shape")
    try:
        model.reshape({model.inputs[index]: ov.PartialShape(f"[{lists[0]}]") for index, lists in shapes.items()})
    except RuntimeError as error:
        raise SetupError(f"--shape {text!r} does not fit the model: {reason_of(error)}") from None


def _set_precision(model: ov.Model, settings: Settings) -> ov.Model:
    """The model with the element types of the settings on its ports; conversions become part of the model."""
    if settings.input_precision == settings.output_precision == "default":
        return model
    steps = PrePostProcessor(model)
    if settings.input_precision != "default":
        for index in range(len(model.inputs)):
            steps.input(index).tensor().set_element_type(ov.Type(np.dtype(NUMPY_TYPES[settings.input_precision])))
    if settings.output_precision != "default":
        for index in range(len(model.outputs)):
            steps.output(index).tensor().set_element_type(ov.Type(np.dtype(NUMPY_TYPES[settings.output_precision])))
    try:
        return steps.build()
    except RuntimeError as error:
        wanted = f"--input-precision {settings.input_precision} --output-precision {settings.output_precision}"
        raise SetupError(f"{wanted} does not fit the model: {reason_of(error)}") from None


def _set_batch(model: ov.Model, batch_size: int) -> None:
    for port in model.inputs:
        if port.partial_shape.rank.is_static and len(port.partial_shape) and port.get_node().layout.empty:
            port.get_node().set_layout(ov.Layout("N..."))
    try:
        ov.set_batch(model, batch_size)
    except RuntimeError as error:
        raise SetupError(f"batch size {batch_size} does not fit the model: {reason_of(error)}") from None


def model_label(settings: Settings) -> str:
    """The model's name on the screen: its file name, or that of the built-in model."""
    return Path(settings.model).name


def port_list(found: list[ov.Output]) -> list[Port]:
    return [Port(port_name(port), port_shape(port), port.element_type.get_type_name()) for port in found]


def describe_model(
    model: ov.Model | ov.CompiledModel,
    settings: Settings,
    available: dict[str, str],
    read_ms: float,
    engine: int,
    t_ns: int,
) -> ModelRead:
    """The event that tells what was read. `available`: the devices of this machine, name to full name."""
    return ModelRead(
        t_ns=t_ns,
        engine=engine,
        openvino=ov.__version__,
        name=model_label(settings),
        inputs=port_list(model.inputs),
        outputs=port_list(model.outputs),
        read_ms=read_ms,
        available=available,
        variables=variable_list(model),
    )


def variable_list(model: ov.Model | ov.CompiledModel) -> list[Variable]:
    """The variables (ReadValue/Assign). A compiled model tells of them by the state of an infer request."""
    if isinstance(model, ov.Model):
        infos = [variable.info for variable in model.get_variables()]
        return [
            Variable(info.variable_id, str(info.data_shape).replace(" ", ""), info.data_type.get_type_name())
            for info in infos
        ]
    try:
        states = model.create_infer_request().query_state()
    except RuntimeError:
        return []
    return [
        Variable(each.name, f"[{','.join(map(str, each.state.shape))}]", each.state.element_type.get_type_name())
        for each in states
    ]


def _example_shape(port: ov.Output) -> str:
    """An example for --shape: static dimensions as they are, batch 1, and the usual size of a picture or a sequence."""
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return "[1,...]"
    likely = ["1", *["224" if len(shape) == 4 else "128"] * (len(shape) - 1)]
    return (
        "["
        + ",".join(str(dim.get_length()) if dim.is_static else size for dim, size in zip(shape, likely, strict=False))
        + "]"
    )
