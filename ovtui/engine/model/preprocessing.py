"""Element types, mean and scale of the settings as a part of the model, as benchmark_app makes them: the tensor's type
-> f32 -> minus the mean -> over the scale -> the model's type. They are measured with the model, whatever the data is.
Resizing and the order of colours are none of it (pictures.py). benchmark_app makes inputs u8 that look like pictures;
ovtui changes no type that it is not told to."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import openvino as ov
from openvino.preprocess import PrePostProcessor

from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.model.layouts import PortLayout, layouts_of, looks_like_picture, picture_layout
from ovtui.engine.model.pictures import IMAGES
from ovtui.engine.model.ports import named_values, paths_by_port, port_name, port_shape
from ovtui.engine.model.wanted_types import INPUT_TYPE, OUTPUT_TYPE, input_types, wanted_output_types
from ovtui.records.descriptions import LayoutOrigin
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.port_types import DEFAULT
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import decimal_number

MEAN, SCALE = "--mean-values", "--scale-values"
_STEPS = "ovtui_steps"
"""Key of the runtime info of an input that has steps before the model's own first node."""
_LARGEST = float(np.finfo(np.float32).max)
_FLOATS = ("f16", "bf16", "f32", "f64", "f8e4m3", "f8e5m2")


class InputSteps(msgspec.Struct, frozen=True):
    """What the model does to an input before its own first node."""

    model_type: str
    """The type of the model as it was read."""
    mean: list[float] = []
    scale: list[float] = []
    letters: str = ""
    """The layout by which channels were found, where it was guessed."""


def steps_of(port: ov.Output) -> InputSteps:
    """Of an input of a model that `add_preprocessing` made."""
    info = port.get_node().rt_info
    if _STEPS in info:
        return msgspec.json.decode(str(info[_STEPS].value), type=InputSteps)
    return InputSteps(port.element_type.get_type_name())


def refuse_for_blob(settings: Settings) -> None:
    """Raises UsageError where the settings ask for what a compiled model can no longer get."""
    given = [
        (INPUT_TYPE, settings.input_precision != DEFAULT),
        (OUTPUT_TYPE, settings.output_precision != DEFAULT),
        (MEAN, bool(settings.mean_values)),
        (SCALE, bool(settings.scale_values)),
    ]
    wanted = [flag for flag, is_given in given if is_given]
    if wanted:
        raise UsageError(
            f"{' and '.join(wanted)}: this cannot become a part of a compiled model (.blob); give the model that it "
            "was made of, or leave it out"
        )


def add_preprocessing(model: ov.Model, settings: Settings) -> ov.Model:
    """The model with the types, mean and scale of the settings; the names of its ports stay. Raises SetupError, and
    UsageError where the settings do not fit the model."""
    layouts = layouts_of(model, settings)
    types = input_types(model, settings, layouts)
    output_types = wanted_output_types(model, settings)
    means = _channel_numbers(settings.mean_values, MEAN, model, settings, layouts)
    scales = _channel_numbers(settings.scale_values, SCALE, model, settings, layouts)
    if not (types or output_types or means or scales):
        return model
    steps = PrePostProcessor(model)
    done: dict[int, InputSteps] = {}
    for index in sorted({*types, *means, *scales}):
        port, each = model.inputs[index], steps.input(index)
        kind = port.element_type.get_type_name()
        mean, scale = means.get(index, ()), scales.get(index, ())
        flag = MEAN if mean else SCALE
        _check_holds(port, kind, types.get(index, kind), mean, scale, flag)
        letters = ""
        if len(mean) > 1 or len(scale) > 1:
            letters = _with_channels(port, layouts[index], {MEAN: mean, SCALE: scale})
        done[index] = InputSteps(kind, list(mean), list(scale), letters)
        if index in types:
            each.tensor().set_element_type(getattr(ov.Type, types[index]))
        if letters:
            each.model().set_layout(ov.Layout(letters))
        if mean or scale:
            each.preprocess().convert_element_type(ov.Type.f32)
        if mean:
            each.preprocess().mean(_numbers_or_one(mean))
        if scale:
            each.preprocess().scale(_numbers_or_one(scale))
    for index, kind in output_types.items():
        steps.output(index).tensor().set_element_type(getattr(ov.Type, kind))
    made = _built(steps, model, settings)
    for index, what in done.items():
        made.inputs[index].get_node().rt_info[_STEPS] = msgspec.json.encode(what).decode()
    return made


def _numbers_or_one(numbers: Sequence[float]) -> Any:
    return numbers[0] if len(numbers) == 1 else list(numbers)


def _built(steps: PrePostProcessor, model: ov.Model, settings: Settings) -> ov.Model:
    names = [set(port.names) for port in model.outputs]
    sources = [port.get_node().input_value(0) for port in model.outputs]
    kept = [{key: node.rt_info[key].value for key in node.rt_info if key.startswith("ovtui")} for node in _nodes(model)]
    try:
        made = steps.build()
    except RuntimeError as error:
        given = {INPUT_TYPE: settings.input_precision, OUTPUT_TYPE: settings.output_precision}
        wanted = [f"{flag} {value}" for flag, value in given.items() if value != DEFAULT]
        wanted += [
            f"{flag} {text}" for flag, text in ((MEAN, settings.mean_values), (SCALE, settings.scale_values)) if text
        ]
        raise SetupError(f"{' '.join(wanted)} does not fit the model: {reason_of(error)}") from None
    for node, infos in zip(_nodes(made), kept, strict=True):  # an input with steps is another node
        for key, value in infos.items():
            node.rt_info[key] = value
    for port, known, source in zip(made.outputs, names, sources, strict=True):
        # A conversion leaves the output's names with what it converts, and an output without them cannot be found.
        if known and not port.names and source.get_node().get_type_name() != "Parameter":
            source.get_tensor().set_names(set())
            port.get_tensor().set_names(known)
    return made


def _nodes(model: ov.Model) -> list[ov.Node]:
    return [port.get_node() for port in model.inputs]


def _channel_numbers(
    text: str, flag: str, model: ov.Model, settings: Settings, layouts: Sequence[PortLayout]
) -> dict[int, tuple[float, ...]]:
    """The numbers of `--mean-values` or `--scale-values` by input index. What has no name is for the inputs that take
    pictures, or for the only input. Raises UsageError."""
    if not text.strip():
        return {}
    named, other, _ = named_values(text, model, flag)
    found: dict[int, tuple[float, ...]] = {}
    if other is not None:
        numbers = _numbers(other, flag)
        found = dict.fromkeys(_picture_inputs(model, settings, layouts, flag), numbers)
    return found | {index: _numbers(value, flag) for index, value in named.items()}


def _numbers(text: str, flag: str) -> tuple[float, ...]:
    try:
        numbers = tuple(decimal_number(part.strip()) for part in text.replace(";", ",").split(","))
    except ValueError:  # also where one is missing: '127.5,' would be one for all channels
        numbers = ()
    if not numbers:
        raise UsageError(
            f"{flag} {in_quotes(text)}: write numbers, one for all channels or one for each: [123.7,116.3,103.5]"
        )
    if not all(math.isfinite(number) and abs(number) <= _LARGEST for number in numbers):
        raise UsageError(f"{flag} {in_quotes(text)}: each number must be a finite f32")
    if flag == SCALE and not all(np.float32(number) for number in numbers):
        raise UsageError(f"{SCALE}: a channel cannot be divided by 0")
    return numbers


def _picture_inputs(model: ov.Model, settings: Settings, layouts: Sequence[PortLayout], flag: str) -> list[int]:
    files = paths_by_port(settings.input, model) if settings.input else {}
    found = [
        index
        for index, port in enumerate(model.inputs)
        if looks_like_picture(port, layouts[index]) or any(map(_holds_pictures, files.get(index, ())))
    ]
    if not found and len(model.inputs) == 1:
        return [0]
    if not found:
        example = f"{port_name(model.inputs[0])}[127.5]" if model.inputs else "name[127.5]"
        raise UsageError(
            f"{flag}: no input of the model looks like a picture; say which one is meant: {flag} '{example}'"
        )
    return found


def _holds_pictures(text: str) -> bool:
    path = Path(expand_home(text or "none"))
    if path.suffix.lower() in IMAGES:
        return True
    try:
        return path.is_dir() and any(child.suffix.lower() in IMAGES for child in path.iterdir())
    except (OSError, ValueError):  # told where its content is read
        return False


def _with_channels(port: ov.Output, layout: PortLayout, numbers: dict[str, tuple[float, ...]]) -> str:
    """The layout by which the channels of an input are found, where it was guessed; empty where it is known. Raises
    UsageError where there is none, or other than as many channels as numbers."""
    several = next((flag, each) for flag, each in numbers.items() if len(each) > 1)
    what = f"{several[0]}: {len(several[1])} numbers"
    named = f"the input {port_name(port)} {port_shape(port)}"
    letters, guessed = layout.letters, ""
    if port.partial_shape.rank.is_dynamic:
        raise UsageError(f"{what} for {named}, which has no fixed channels: give one number, or the shape with --shape")
    if "C" not in letters:
        known = f", whose layout {letters} has no channels (C)" if letters.strip("?") else ""
        sizes = [dim.get_length() if dim.is_static else -1 for dim in port.partial_shape]
        try:
            letters = guessed = "" if known else picture_layout(port_name(port), sizes)
        except UsageError:
            letters = ""
        if "C" not in letters:
            raise UsageError(
                f"{what} for {named}{known or ', which does not tell its channels'}: give one number for all, or "
                f"{'another' if known else 'its'} layout with --layout"
            )
    channels = port.partial_shape[letters.index("C")]
    if channels.is_dynamic:
        raise UsageError(f"{what} for {named}, which leaves the number of channels open: give it with --shape")
    count = channels.get_length()
    for flag, each in numbers.items():
        if len(each) > 1 and len(each) != count:
            raise UsageError(
                f"{flag}: {len(each)} numbers, and {named} has {count} channel{'s' * (count != 1)} ({letters}): give "
                "one number for all, or one for each"
            )
    return guessed


def _check_holds(
    port: ov.Output, kind: str, tensor: str, mean: Collection[float], scale: Collection[float], flag: str
) -> None:
    """Raises UsageError where the model's type does not hold what mean and scale make of the tensor's values: digits
    would be cut off, or an integer become another one."""
    if kind in _FLOATS or not (mean or scale):
        return
    named = f"the input {port_name(port)}"
    if kind in ("string", "boolean", "u1"):
        raise UsageError(f"{flag}: {named} is {kind}, which has no mean and no scale")
    whole = all(number.is_integer() for number in mean) and all(number == 1 for number in scale)
    own, given = _span(kind), _span(tensor)
    if whole and own and given and given[1] < 2**16:  # f32 is exact up to 2 ** 24
        low, high = min(mean, default=0), max(mean, default=0)
        if own[0] <= given[0] - high and given[1] - low <= own[1]:
            return
    raise UsageError(
        f"{flag}: {named} of the model is {kind}, and values of {tensor} do not all stay whole numbers of that type "
        "after mean and scale; leave them out, or give a model that takes f32"
    )


def lost_in_conversion(tensor: str, steps: InputSteps) -> str:
    """InputPreparation.loses. Mean and scale are taken only where nothing is lost."""
    kind = steps.model_type
    own, given = _span(kind), _span(tensor)
    if tensor == kind or kind in _FLOATS or own is None or steps.mean or steps.scale:
        return ""
    if kind == "boolean":
        return "all values but 0 become true"
    if given is None:
        return f"{kind} cuts off the fractions of {tensor}"
    if own[0] <= given[0] and given[1] <= own[1]:
        return ""
    return f"values of {tensor} that {kind} does not hold become other values"


def _span(kind: str) -> tuple[int, int] | None:
    """The smallest and the largest value of an integer type; None of any other."""
    if kind == "boolean":
        return 0, 1
    if kind[:1] not in ("i", "u") or not kind[1:].isdigit():
        return None
    bits = int(kind[1:])
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "i" else (0, (1 << bits) - 1)


def known_layouts(model: ov.Model | ov.CompiledModel, settings: Settings) -> Iterator[tuple[str, LayoutOrigin]]:
    """The letters of each input, and who says so: also those that were guessed for its channels."""
    for port, layout in zip(model.inputs, layouts_of(model, settings), strict=True):
        guessed = steps_of(port).letters
        if guessed and layout.origin != "given":
            yield guessed, "guessed"
        else:
            yield layout.letters, layout.origin
