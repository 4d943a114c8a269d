"""What is told of a model before it runs: its ports, its state, what each request would get, what is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import msgspec
import openvino as ov

from ovtui import __version__
from ovtui.engine import devices
from ovtui.engine.errors import SetupError
from ovtui.engine.model import compile as compiling
from ovtui.engine.model import read_model, shape_search
from ovtui.engine.model.batch_size import batch_places
from ovtui.engine.model.decoder_ports import decoder_ports
from ovtui.engine.model.file_facts import format_of, sizes_of
from ovtui.engine.model.file_items import gives_shapes
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.layouts import PortLayout, looks_like_picture, picture_layout, set_layouts
from ovtui.engine.model.model_content import model_content
from ovtui.engine.model.model_files import locate_model
from ovtui.engine.model.open_shapes import OpenShapes
from ovtui.engine.model.ports import port_name, port_names, port_shape, port_spellings, spelled_name
from ovtui.engine.model.preparations import input_preparations
from ovtui.engine.named_devices import devices_of, full_name
from ovtui.records.descriptions import InputPreparation, LayoutOrigin
from ovtui.records.events import Severity
from ovtui.records.inspection import (
    VERSION,
    InspectedInput,
    InspectedPort,
    InspectedVariable,
    Inspection,
    ShapeFrom,
)
from ovtui.settings.device_names import kind_of, virtual_of
from ovtui.settings.port_values import quoted
from ovtui.settings.schema.settings import Settings, fields

TOLD = (
    "shape", "data_shape", "batch_size", "layout", "color", "input", "mean_values", "scale_values", "input_precision",
    "output_precision", "extensions",
)  # fmt: skip
"""The settings that what is told depends on, beside model and device."""


def inspect_model(core: ov.Core, settings: Settings) -> Inspection:
    """Reads or imports the model of the settings. Shapes that ovtui chooses are tried by one inference in a process of
    their own. Raises SetupError, UsageError."""
    if read_model.is_blob(settings):
        return _inspect_blob(core, settings)
    original = read_model.read_file(core, settings)
    notes: list[tuple[Severity, str]] = []
    model = read_model.read_as_set(core, settings, original.clone(), notes)
    as_set = [port.partial_shape for port in model.inputs]
    try:
        if not gives_shapes(settings, model):
            read_model.close_batch(model, notes)
    except OpenShapes as error:
        found = shape_search.search(settings, defaults=False)
        return _with_suggestion(core, settings, original, as_set, str(error), found)
    sources = _shape_sources(core, settings, original, as_set, model)
    carried = None
    if {"batch 1", "decoder"} & set(sources):
        found = shape_search.search(settings, defaults=True)
        usual, reason = next(iter(found.tried.items()), ("", ""))
        # A slow machine is no reason to refuse shapes that a run would take, where nothing better is known.
        if reason and not found.is_default and (found.works or reason != shape_search.TOO_LONG):
            return _with_suggestion(core, settings, original, as_set, f"{usual} fails: {reason}", found)
        carried = True if found.works else None
    told = _inspection(settings, original, model, sources, notes)
    return msgspec.structs.replace(told, carried_inference=carried)


def _inspect_blob(core: ov.Core, settings: Settings) -> Inspection:
    device, _ = devices.choose_device(settings, _devices_for_blob(core, settings.device))
    compiled = compiling.import_blob(core, settings, device).compiled
    told = _inspection(settings, compiled, compiled, ["blob"] * len(compiled.inputs))
    return msgspec.structs.replace(told, device=device)


def _devices_for_blob(core: ov.Core, device: str) -> dict[str, str]:
    """Of a device named directly none but its kind is asked: another driver may crash."""
    named = [] if virtual_of(device) else devices_of(core, kind_of(device))
    return {name: full_name(core, name) for name in named} or devices.read_available_devices(core)


def _with_suggestion(
    core: ov.Core,
    settings: Settings,
    original: ov.Model,
    as_set: Sequence[ov.PartialShape],
    needs: str,
    found: shape_search.Search,
) -> Inspection:
    """Of a model that does not run with these settings. `as_set`: its inputs' shapes with them."""
    if not found.works:
        model = read_model.read_as_set(core, settings, original.clone())
        told = _inspection(settings, original, model, [None] * len(model.inputs))
        needs = f"{needs}; {shape_search.none_text(found)}"
        return msgspec.structs.replace(
            told, needs=needs, command=None, carried_inference=False if found.tried else None
        )
    settled = msgspec.structs.replace(settings, shape=found.works)
    model = read_model.read_as_set(core, settled, original.clone())
    found_by = _shape_sources(core, settings, original, as_set, model)
    sources: list[ShapeFrom | None] = ["suggestion" if each == "batch 1" else each for each in found_by]
    told = _inspection(settled, original, model, sources)
    command = ["ovtui", "run", settings.model, "--shape", found.works]
    return msgspec.structs.replace(
        told, settings=_settings_told(settings), needs=needs, command=command, carried_inference=True,
        suggested_shape=found.works,
    )  # fmt: skip


def _inspection(
    settings: Settings,
    original: ov.Model | ov.CompiledModel,
    model: ov.Model | ov.CompiledModel,
    sources: Sequence[ShapeFrom | None],
    notes: Sequence[tuple[Severity, str]] = (),
) -> Inspection:
    """`original`: as its file has it; `model`: as it would run. `sources`: where the shape of each input of a request
    is from, None where there is none."""
    located = locate_model(settings.model)
    file = None if located.built_in else located.path
    name, version = ("compiled model", None) if isinstance(model, ov.CompiledModel) else format_of(file)
    size, weights = sizes_of(file)
    remarks = [located.note, *(text for _, text in notes)]
    shapes: list[tuple[int, ...] | None] = [None] * len(model.inputs)
    inputs = None
    if None not in sources:
        inputs = inputs_for(settings, model)
        remarks += [text for _, text in inputs.notes]
        shapes = [
            tuple(int(size) for size in port.shape) if shape is None else shape
            for shape, port in zip(inputs.first_shapes, model.inputs, strict=True)
        ]
    prepared = {each.input: each for each in input_preparations(model, settings, inputs)}
    batch = _batch_dimensions(original, settings) if isinstance(original, ov.Model) else {}
    told = [_port(port, original.inputs) for port in original.inputs]
    return Inspection(
        schema=VERSION,
        ovtui=__version__,
        openvino=ov.__version__,
        model=settings.model,
        file=file,
        size_bytes=size,
        weights_bytes=weights,
        format=name,
        format_version=version,
        device=None,
        settings=_settings_told(settings),
        inputs=[
            _input(port, each, prepared.get(each.name), batch.get(index), shapes[index], sources[index])
            for index, (port, each) in enumerate(zip(model.inputs, told, strict=True))
        ],
        outputs=[_port(port, model.outputs) for port in model.outputs],
        variables=[InspectedVariable(id=v.id, shape=v.shape, type=v.type) for v in read_model.variable_list(model)],
        content=model_content(original),
        needs=None,
        suggested_shape=None,
        carried_inference=None,
        devices=[],
        notes=[text for text in remarks if text],
        command=["ovtui", "run", settings.model],
    )


def _batch_dimensions(original: ov.Model, settings: Settings) -> dict[int, int]:
    model = original.clone()
    set_layouts(model, settings)
    return batch_places(model)


def _settings_told(settings: Settings) -> dict[str, Any]:
    """Those that are no defaults."""
    known = {name: field for name, field in fields().items() if name in TOLD}
    return {name: value for name, field in known.items() if (value := getattr(settings, name)) != field.default}


def _shape_sources(
    core: ov.Core, settings: Settings, original: ov.Model, as_set: Sequence[ov.PartialShape], model: ov.Model
) -> list[ShapeFrom | None]:
    """Where the shape of each input of a request is from. `as_set`: the shapes by the settings, open dimensions as they
    are."""
    own = [port.partial_shape for port in original.inputs]
    unbatched = own if settings.batch_size else as_set
    if settings.batch_size and settings.shape:
        without = msgspec.structs.replace(settings, batch_size=0)
        with contextlib.suppress(SetupError):  # shapes that only fit together with the batch
            made = read_model.read_as_set(core, without, original.clone())
            unbatched = [port.partial_shape for port in made.inputs]
    known = decoder_ports(model).roles
    found: list[ShapeFrom | None] = []
    for index, port in enumerate(model.inputs):
        if port.partial_shape.is_dynamic:
            found.append("--data-shape" if gives_shapes(settings, model) else "decoder" if index in known else "data")
        elif port.partial_shape != as_set[index]:
            found.append("batch 1")
        elif as_set[index] != unbatched[index]:
            found.append("--batch-size")
        else:
            found.append("--shape" if unbatched[index] != own[index] else "model")
    return found


def _input(
    port: ov.Output,
    told: InspectedPort,
    prepared: InputPreparation | None,
    batch: int | None,
    shape: tuple[int, ...] | None,
    shape_from: ShapeFrom | None,
) -> InspectedInput:
    layout, layout_from = _layout(port, prepared)
    return InspectedInput(
        **{**msgspec.structs.asdict(told), "type": port.element_type.get_type_name()},
        layout=layout or None,
        layout_from=layout_from or None,
        dynamic="?" in told.shape or ".." in told.shape,
        batch_dimension=batch,
        request_shape=None if shape is None else f"[{','.join(map(str, shape))}]",
        request_shape_from=shape_from,
        preparation=prepared,
    )


def _layout(port: ov.Output, prepared: InputPreparation | None) -> tuple[str, LayoutOrigin]:
    """Also of an input that looks like a picture: as which one it would be read."""
    if prepared is not None and prepared.layout:
        return prepared.layout, prepared.layout_from
    if not looks_like_picture(port, PortLayout()):
        return "", ""
    sizes = [-1 if dim.is_dynamic else dim.get_length() for dim in port.partial_shape]
    return picture_layout(port_name(port), sizes), "guessed"


def _port(port: ov.Output, among: Sequence[ov.Output]) -> InspectedPort:
    return InspectedPort(
        name=port_name(port),
        names=sorted(port_names(port)),
        option_name=quoted(spelled_name(port), {name for each in among for name in port_spellings(each)}),
        shape=port_shape(port),
        type=port.element_type.get_type_name(),
    )
