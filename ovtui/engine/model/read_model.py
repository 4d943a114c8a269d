"""Reads a model and gives it the shapes, batch size and preprocessing of the settings."""

from __future__ import annotations

import math

import openvino as ov

from ovtui.engine import free_memory
from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.model.batch_size import batch_text, output_shapes, put_batch_size, set_batch_size
from ovtui.engine.model.builtin_models import BUILTIN
from ovtui.engine.model.decoder_ports import decoder_ports
from ovtui.engine.model.element_types import check_input_types, feed_u1_as_boolean
from ovtui.engine.model.extensions import load_extensions, operations_hint
from ovtui.engine.model.file_items import gives_shapes
from ovtui.engine.model.layouts import set_layouts
from ovtui.engine.model.model_files import broken_text, capital_weights, find_model, locate_model
from ovtui.engine.model.no_inputs import refuse_settings_of_inputs
from ovtui.engine.model.odd_paths import way_to_model, with_path
from ovtui.engine.model.open_shapes import (
    OpenInput,
    OpenShapes,
    batch_shapes,
    dynamic_text,
    open_batch_text,
    open_inputs,
)
from ovtui.engine.model.ports import port_name, port_shape, shape_lists_by_port
from ovtui.engine.model.preprocessing import add_preprocessing
from ovtui.records.events import ModelRead, Port, Severity, Variable
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import readable

_UNKNOWN = (
    "its content is none that one of its frontends knows (IR, ONNX, TensorFlow, TensorFlow Lite, Paddle); give the "
    "file of a model, or download or copy it again"
)


def is_blob(settings: Settings) -> bool:
    """True for a compiled model, which is imported and not read. Raises SetupError where there is no model."""
    return locate_model(settings.model).path.endswith(".blob")


def refuse_shapes_of_blob(settings: Settings) -> None:
    """Raises UsageError where the settings give a compiled model a shape."""
    wanted = [flag for flag, given in (("--shape", settings.shape), ("--batch-size", settings.batch_size)) if given]
    if wanted:
        raise UsageError(
            f"{' and '.join(wanted)}: a compiled model (.blob) keeps its shapes; give the model that it was made of"
        )


def read_model(core: ov.Core, settings: Settings, notes: list[tuple[Severity, str]] | None = None) -> ov.Model:
    """The model with the shapes, batch size and preprocessing of the settings, and with a batch of 1 where it leaves
    only that open; `notes` gets what a person should know of them. Raises SetupError, of the kind OpenShapes where it
    needs shapes."""
    notes = [] if notes is None else notes
    model = read_as_set(core, settings, notes=notes)
    if not gives_shapes(settings, model):  # inputs_for checks those against the model
        close_batch(model, notes)
    return model


def close_batch(model: ov.Model, notes: list[tuple[Severity, str]]) -> None:
    """Gives a model that leaves only its batch open one of 1. Raises OpenShapes where other shapes are open."""
    needing = inputs_needing_shapes(model)
    if not needing:
        return
    shapes = batch_shapes(model, needing)
    if shapes is None:
        raise OpenShapes(dynamic_text(model, needing))
    text = open_batch_text(model, needing, shapes)
    try:
        model.reshape({model.inputs[index]: ov.PartialShape(shape) for index, shape in shapes.items()})
    except RuntimeError as error:
        reason = reason_of(error).rstrip(".:")
        raise OpenShapes(dynamic_text(model, needing), f"a batch of 1 does not fit the model: {reason}") from None
    notes.append(("info", text))


def read_file(core: ov.Core, settings: Settings, notes: list[tuple[Severity, str]] | None = None) -> ov.Model:
    """The model as it stands in its file; `notes` gets which of several was chosen. Raises SetupError."""
    load_extensions(core, settings)
    model = _read(core, settings, [] if notes is None else notes)
    refuse_settings_of_inputs(model, settings)
    return model


def read_as_set(
    core: ov.Core,
    settings: Settings,
    read: ov.Model | None = None,
    notes: list[tuple[Severity, str]] | None = None,
) -> ov.Model:
    """The model with what the settings say of its shapes, batch and preprocessing; others may be open. `read`: the
    model as it stands in its file, where it has been read; it may be changed. Raises SetupError."""
    notes = [] if notes is None else notes
    model = read or read_file(core, settings, notes)
    feed_u1_as_boolean(model)
    _set_shapes(model, settings, notes)
    _require_memory(model)
    model = add_preprocessing(model, settings)
    check_input_types(model)
    return model


def inputs_needing_shapes(model: ov.Model) -> list[OpenInput]:
    """The inputs of open shape, but those of a decoder, which have defaults, and strings with more open than a batch,
    whose data gives the shape."""
    known = decoder_ports(model).roles
    found = [each for each in open_inputs(model) if each.index not in known]
    return [each for each in found if each.kind != "string" or batch_shapes(model, [each]) is not None]


def _read(core: ov.Core, settings: Settings, notes: list[tuple[Severity, str]]) -> ov.Model:
    name = settings.model
    found = find_model(name)
    if found.note:
        notes.append(("info", found.note))
    if found.built_in:
        return BUILTIN[found.path]()
    shown = name if found.path == name else found.path
    try:
        with way_to_model(found.path) as way:
            return core.read_model(way, *capital_weights(way))
    except OSError as error:
        raise SetupError(readable(f"{shown}: cannot be read: {error.strerror}")) from None
    except (RuntimeError, UnicodeDecodeError) as error:
        reason = with_path(reason_of(error), way, found.path)
        hint = operations_hint(reason, settings)
        reason = reason.rstrip(".") if hint else _UNKNOWN if reason.startswith("Unable to read the model:") else reason
        why = broken_text(found.path) or f"OpenVINO cannot read this model: {reason}{hint}"
        raise SetupError(readable(f"{shown}: {why}")) from None


def _set_shapes(model: ov.Model, settings: Settings, notes: list[tuple[Severity, str]]) -> None:
    """Sets layouts, shapes and batch size. The batch size wins over the shapes, and both are of the model as it was
    read: there an open dimension shows."""
    set_layouts(model, settings)
    shapes = shape_lists_by_port(settings.shape, model, "--shape") if settings.shape else {}
    for lists in shapes.values():
        if len(lists) > 1:
            raise UsageError("--shape: an input has one shape; shapes in turn are given with --data-shape")
    wanted = {index: ov.PartialShape(lists[0]) for index, lists in shapes.items()}
    overruled, places, outputs = False, {}, output_shapes(model)
    if settings.batch_size:
        # Those whose number is open are as many as --shape says: one of them may be the batch.
        ranks = {
            index: ov.PartialShape([-1] * len(shape))
            for index, shape in wanted.items()
            if model.inputs[index].partial_shape.rank.is_dynamic
        }
        _reshape(model, ranks, settings)
        places = set_batch_size(model, settings.batch_size, settings.layout)
        overruled = put_batch_size(wanted, places, settings.batch_size)
    _reshape(model, wanted, settings)
    if settings.batch_size:
        text = batch_text(model, places, settings.batch_size, settings.layout, outputs)
        notes.append(("info", f"{text}; --batch-size wins over --shape" if overruled else text))


def _require_memory(model: ov.Model) -> None:
    """Raises SetupError where a tensor of an input or an output can never be in memory: OpenVINO would say bad_alloc,
    wrap the size round, or be killed. Counted in Python, whose numbers have no end."""
    found = free_memory.memory()
    for port in (*model.inputs, *model.outputs):
        if not port.partial_shape.is_static:
            continue
        dims = [int(dim.get_length()) for dim in port.partial_shape]
        bits = math.prod(dims) * port.element_type.bitwidth
        what = f"{port_name(port)} [{','.join(map(str, dims))}]"
        if reason := free_memory.why_too_large(what, bits // 8, found):
            raise SetupError(f"{reason}; give a smaller --shape or batch size")


def _reshape(model: ov.Model, shapes: dict[int, ov.PartialShape], settings: Settings) -> None:
    if not shapes:
        return
    try:
        model.reshape({model.inputs[index]: shape for index, shape in shapes.items()})
    except RuntimeError as error:
        raise SetupError(f"--shape {in_quotes(settings.shape)} does not fit the model: {reason_of(error)}") from None


def model_label(settings: Settings) -> str:
    """The model's name on the screen: its file name, that of its folder before it where the folder was given, or the
    built-in model's."""
    return locate_model(settings.model).label


def port_list(found: list[ov.Output]) -> list[Port]:
    return [
        Port(port_name(port), port_shape(port), port.element_type.get_type_name(), _node(port), str(port.node.layout))
        for port in found
    ]


def _node(port: ov.Output) -> str:
    """A result's own node says nothing: that of the value that it passes on."""
    node = port.node
    if node.get_type_name() == "Result":
        node = node.input_value(0).node
    return str(node.get_friendly_name())


def plugin_builds(core: ov.Core, device: str) -> dict[str, str]:
    """Of the device, and of those behind a virtual one: name to build. Empty where OpenVINO does not tell."""
    try:
        return {name: version.build_number for name, version in core.get_versions(device).items()}
    except RuntimeError:
        return {}


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
