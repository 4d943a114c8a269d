"""Names and shapes of a model's ports, and which inputs the parts of an option mean (settings/port_values.py)."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import openvino as ov

from ovtui.engine.errors import SetupError, UsageError
from ovtui.settings.did_you_mean import nearest
from ovtui.settings.errors import SettingsError
from ovtui.settings.listing import first_few
from ovtui.settings.paths import expand_home
from ovtui.settings.port_values import PortValue, parse_port_values, shape_option
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import readable

MAX_NAMED = 4
"""Ports that a sentence names; a language model has dozens."""
_DIMENSION = re.compile(r"\?|-1|\d+|\d+\.\.\d*|\.\.\d+", re.ASCII)
_CACHE = re.compile(r"past|cache", re.IGNORECASE)
_GREATEST_DIMENSION = 2**48
"""More elements than any machine holds. OpenVINO takes 2**63 - 1 for an open dimension, and wraps products beyond."""


def port_name(port: ov.Output) -> str:
    return str(min(port.names, default=port.get_node().friendly_name))


def port_shape(port: ov.Output) -> str:
    return str(port.partial_shape).replace(" ", "")


def port_names(port: ov.Output) -> set[str]:
    return set(port.names) | {port.get_node().friendly_name}


def spelled_name(port: ov.Output) -> str:
    """Its name as a sentence shows it and as an option that is pasted back has it."""
    return readable(port_name(port))


def port_spellings(port: ov.Output) -> set[str]:
    """Its names as an option may spell them: one with a tab in it as it is, and with an escape."""
    names = port_names(port)
    return names | {readable(name) for name in names}


def ports_text(found: Sequence[ov.Output]) -> str:
    """Names and shapes for a sentence, the first few: 'image [1,3,?,?] and rate []'."""
    return first_few([f"{spelled_name(port)} {port_shape(port)}" for port in found], MAX_NAMED) or "none"


def shape_text(model: ov.Model | ov.CompiledModel, shapes: Mapping[int, Sequence[int | str]]) -> str:
    """The text of --shape or --data-shape that gives these shapes, by input index: '"a:0"[1,3],b[1]'."""
    names = {name for port in model.inputs for name in port_spellings(port)}
    return shape_option(((spelled_name(model.inputs[index]), shape) for index, shape in shapes.items()), names)


def input_index(name: str, model: ov.Model | ov.CompiledModel, flag: str) -> int:
    """The index of the input of that name. Raises UsageError with the inputs that the model has."""
    for names_of in (
        lambda port: port.names,
        port_names,
        port_spellings,
    ):  # a node may be called as another's tensor is
        for index, port in enumerate(model.inputs):
            if name in names_of(port):
                return index
    raise UsageError(f"{flag}: {_no_input_text(name, model)}")


def lists_by_port(text: str, model: ov.Model | ov.CompiledModel, flag: str) -> dict[int, list[str]]:
    """The texts in brackets by input index: {0: ['1,3,8,8', '1,3,16,16']}. Brackets without a name count for every
    input that is not named. `flag` is the option's name for the UsageError."""
    named, others = _split(_parts(text, model, flag, lists_only=True), model, flag)
    return {**dict.fromkeys(range(len(model.inputs)), others), **named} if others else named


def shape_lists_by_port(text: str, model: ov.Model | ov.CompiledModel, flag: str) -> dict[int, list[ov.PartialShape]]:
    """The shapes by input index, as they are written. Shapes without a name count for the inputs that are not named and
    that they fit; where there is none, for those of as many dimensions. Raises UsageError where a text is no shape, and
    where none of the inputs is meant; then, for --shape, SetupError, as for any shape that does not fit the model."""
    parts = _parts(text, model, flag, lists_only=True)
    if flag == "--data-shape" and len(parts) > 1 and all(part.name is None for part in parts):
        found = _dealt_out([each for part in parts for each in part.values], model)
    else:
        named, others = _split(parts, model, flag)
        found = {index: [_partial_shape(each, flag) for each in lists] for index, lists in named.items()}
        found = {**_of_no_name(others, found, model, flag), **found}
    _refuse_empty(found, model, flag)
    return found


def _dealt_out(texts: list[str], model: ov.Model | ov.CompiledModel) -> dict[int, list[ov.PartialShape]]:
    count = len(model.inputs)
    if not count or len(texts) % count:
        in_turn = "".join(f"[{each}]" for each in texts)
        raise UsageError(
            f"--data-shape: {len(texts)} shapes with commas are for the inputs one after another, and the model has "
            f"{count}; name the inputs, or leave out the commas for shapes in turn: {in_turn}"
        )
    shapes = [_partial_shape(each, "--data-shape") for each in texts]
    return {index: shapes[index::count] for index in range(count)}


def _other_batch(shape: ov.PartialShape, model: ov.Model | ov.CompiledModel) -> str:
    """What to do about data that differs in nothing but the first dimension of a model's only input."""
    given = model.inputs[0].partial_shape
    if isinstance(model, ov.CompiledModel) or len(model.inputs) > 1 or given.rank.is_dynamic or given == shape:
        return ""
    opened = ov.PartialShape(["?", *list(given)[1:]]) if len(given) else given
    return f"; --shape '{_written(opened)}' opens its first dimension" if opened.compatible(shape) else ""


def _of_no_name(
    others: list[str], named: Collection[int], model: ov.Model | ov.CompiledModel, flag: str
) -> dict[int, list[ov.PartialShape]]:
    """The shapes of the inputs that shapes without a name count for, as `shape_lists_by_port` says."""
    if not others:
        return {}
    shapes = [_partial_shape(each, flag) for each in others]
    left = [(index, port.partial_shape) for index, port in enumerate(model.inputs) if index not in named]
    fitting = [(index, own) for index, own in left if all(own.compatible(shape) for shape in shapes)]
    as_long = [(index, own) for index, own in left if all(own.rank.compatible(shape.rank) for shape in shapes)]
    meant = fitting or as_long
    if left and not meant:
        written = "".join(f"[{each}]" for each in others)
        text = f"{flag}: {written} fits no input that is left: {ports_text([model.inputs[index] for index, _ in left])}"
        raise SetupError(text) if flag == "--shape" else UsageError(text)
    return dict.fromkeys((index for index, _ in meant), shapes)


def _refuse_empty(found: Mapping[int, list[ov.PartialShape]], model: ov.Model | ov.CompiledModel, flag: str) -> None:
    """Raises UsageError for a dimension of 0. A cache may have one, not the first, which is empty at the first step:
    an input of three dimensions and more that is called so, or stands beside others of dynamic shape."""
    dynamic = sum(port.partial_shape.is_dynamic for port in model.inputs)
    for index, shapes in found.items():
        for shape in shapes:
            empty = [at for at, dim in enumerate(shape) if dim.is_static and not dim.get_length()]
            cache = len(shape) >= 3 and (dynamic > 1 or _CACHE.search(port_name(model.inputs[index])))
            if empty and not (cache and empty[0] > 0):
                raise UsageError(
                    f"{flag}: {_written(shape)} of the input {port_name(model.inputs[index])} has a dimension of 0: "
                    "there would be no data"
                )


def shapes_by_port(
    text: str, model: ov.Model | ov.CompiledModel, flag: str, optional: Collection[int] = ()
) -> dict[int, list[tuple[int, ...]]]:
    """The shapes by input index, one or more for every input; static ones keep theirs. Raises UsageError when one does
    not fit its input, or a dynamic input has none that is not `optional`."""
    found = {}
    for index, shapes in sorted(shape_lists_by_port(text, model, flag).items()):
        port = model.inputs[index]
        for shape in shapes:
            if shape.is_dynamic:
                raise UsageError(f"{flag}: {_written(shape)} is open; data has a size in every dimension")
            if not port.partial_shape.compatible(shape):
                raise UsageError(
                    f"{flag}: {_written(shape)} does not fit the input {port_name(port)} {port_shape(port)}"
                    + _other_batch(shape, model)
                )
        found[index] = [tuple(int(dim) for dim in shape.to_shape()) for shape in shapes]
    missing = []
    for index, port in enumerate(model.inputs):
        if index in found or index in optional:
            continue
        if port.partial_shape.is_dynamic:
            missing.append(port)
        else:
            found[index] = [tuple(int(dim) for dim in port.shape)]
    if missing:
        raise UsageError(f"{flag}: no shape for the input{'s' * (len(missing) > 1)} {ports_text(missing)}")
    return found


def named_values(
    text: str, model: ov.Model | ov.CompiledModel, flag: str, *, paths: bool = False
) -> tuple[dict[int, str], str | None, bool]:
    """Values of the named inputs by index, the value without a name (None where there is none), and whether that one
    stands in brackets. `paths`: values are paths of files and folders. Raises UsageError."""
    lists, others, in_brackets = _named_lists(text, model, flag, paths=paths)
    for values in (*lists.values(), others):
        if len(values) > 1:
            both = "".join(f"[{each}]" for each in values)
            raise UsageError(
                f"{flag}: {both} stand side by side, and an input has one value; write name[...],other[...]"
            )
    return {index: values[0] for index, values in lists.items()}, others[0] if others else None, in_brackets


def _named_lists(
    text: str, model: ov.Model | ov.CompiledModel, flag: str, *, paths: bool
) -> tuple[dict[int, list[str]], list[str], bool]:
    """As `named_values`, with all values that stand in brackets side by side."""
    parts = _parts(text, model, flag, paths=paths)
    alone = [part.values[0] for part in parts if part.name is None and not part.in_brackets]
    named, in_brackets = _split([part for part in parts if part.name or part.in_brackets], model, flag)
    if len(alone) + bool(in_brackets) > 1:
        raise UsageError(f"{flag} {in_quotes(text)}: two values have no name; write name:value,other:value")
    return named, in_brackets or alone, bool(in_brackets)


def values_by_port(text: str, model: ov.Model | ov.CompiledModel, flag: str) -> dict[int, str]:
    """Values by input index from 'name:value,other:value', 'name[value]', or one value alone for the first input;
    '[value]' counts for every input that is not named. With `flag` --input a value is the path of a file or a folder.

    Raises UsageError."""
    named, other, in_brackets = named_values(text, model, flag, paths=flag == "--input")
    if other is None:
        return named
    if in_brackets:
        return {**dict.fromkeys(range(len(model.inputs)), other), **named}
    if 0 in named:
        raise UsageError(f"{flag}: the input {port_name(model.inputs[0])} is given twice, with its name and without")
    return {0: other, **named}


def paths_by_port(text: str, model: ov.Model | ov.CompiledModel) -> dict[int, list[str]]:
    """The paths of --input by input index: as `values_by_port`, and with brackets several for one: 'image[a.png][b]'.
    '[a.npy],[b.npy]' are for the inputs one after another, as shapes of --data-shape are; several of one input stand in
    the order of their paths. Raises UsageError."""
    parts = _parts(text, model, "--input", paths=True)
    if len(parts) > 1 and all(part.name is None and part.in_brackets for part in parts):
        return _files_dealt_out([each for part in parts for each in part.values], model)
    named, others, in_brackets = _named_lists(text, model, "--input", paths=True)
    if not any(len(values) > 1 for values in (*named.values(), others)):
        return {index: [value] for index, value in values_by_port(text, model, "--input").items()}
    return {**dict.fromkeys(range(len(model.inputs)), others), **named} if in_brackets else named


def _files_dealt_out(paths: list[str], model: ov.Model | ov.CompiledModel) -> dict[int, list[str]]:
    count = max(len(model.inputs), 1)
    if len(paths) > count and len(paths) % count:
        raise UsageError(
            f"--input: {len(paths)} files with commas are for the inputs one after another, and the model has {count}; "
            "name the inputs: name[FILE][FILE],other[FILE][FILE]"
        )
    return {index: sorted(paths[index::count], key=os.path.abspath) for index in range(min(count, len(paths)))}


def _parts(
    text: str, model: ov.Model | ov.CompiledModel, flag: str, *, lists_only: bool = False, paths: bool = False
) -> list[PortValue]:
    known = {name for port in model.inputs for name in port_spellings(port)}
    try:
        return parse_port_values(text, known, lists_only=lists_only, exists=_exists if paths else lambda _: False)
    except SettingsError as error:
        raise UsageError(f"{flag} {in_quotes(text)}: {error}") from None


def _split(
    parts: list[PortValue], model: ov.Model | ov.CompiledModel, flag: str
) -> tuple[dict[int, list[str]], list[str]]:
    """The texts of the named inputs by index, and those in brackets without a name. Raises UsageError."""
    named: dict[int, list[str]] = {}
    others: list[str] = []
    for part in parts:
        if part.name is None:
            if others:
                raise UsageError(f"{flag}: brackets without a name stand twice; name the inputs")
            others = list(part.values)
            continue
        try:
            index = input_index(part.name, model, flag)
        except UsageError:
            written = f"{part.name}:{part.values[0]}"
            if flag == "--input" and not part.in_brackets and len(parts) == 1:
                raise UsageError(
                    f"{flag}: {_no_input_text(part.name, model)}; and no file is called {written}"
                ) from None
            raise
        if index in named:
            raise UsageError(f"{flag}: the input {port_name(model.inputs[index])} is given twice")
        named[index] = list(part.values)
    return named, others


def _no_input_text(name: str, model: ov.Model | ov.CompiledModel) -> str:
    if not model.inputs:
        return f"the model has no input {in_quotes(name)}; it has none at all"
    near = nearest(name, sorted({each for port in model.inputs for each in port_names(port)}))
    meant = f" (did you mean {in_quotes(near)}?)" if near else ""
    if len(model.inputs) > MAX_NAMED:
        return (
            f"the model has no input {in_quotes(name)}{meant} among its {len(model.inputs)}; ovtui "
            "inspect MODEL lists them"
        )
    what = "inputs are" if len(model.inputs) > 1 else "input is"
    return f"the model has no input {in_quotes(name)}{meant}; its {what} {ports_text(model.inputs)}"


def _exists(path: str) -> bool:
    try:
        return Path(expand_home(path)).exists()
    except (OSError, ValueError):  # too long, with a NUL
        return False


def _partial_shape(text: str, flag: str) -> ov.PartialShape:
    """The shape of a text such as '1,3,?,1..8'; empty for a scalar. OpenVINO itself takes -2 and 10**20 for 0."""
    sizes = [size.strip() for size in text.split(",")] if text.strip() else []
    for size in sizes:
        numbers = re.findall(r"[0-9]+", size)
        too_large = [n for n in numbers if len(n) > 400 or int(n) > _GREATEST_DIMENSION]
        if too_large and _DIMENSION.fullmatch(size):
            most = f"{_GREATEST_DIMENSION:,}"
            raise UsageError(f"{flag}: [{text}]: {in_quotes(too_large[0])} is no dimension; the largest is {most}")
        if not _DIMENSION.fullmatch(size):
            if re.fullmatch(r"-\d+", size):
                raise UsageError(f"{flag}: [{text}] has a negative dimension")
            kinds = "whole numbers" if flag == "--data-shape" else "whole numbers, ? or ranges such as 1..8"
            raise UsageError(f"{flag}: [{text}]: {in_quotes(size)} is no dimension; a shape is {kinds}: [1,3,224,224]")
    return ov.PartialShape(f"[{','.join(sizes)}]")


def _written(shape: ov.PartialShape) -> str:
    return str(shape).replace(" ", "")
