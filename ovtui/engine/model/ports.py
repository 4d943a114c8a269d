"""Names and shapes of a model's ports, and option values by input: 'image[1,3,8,8],mask[1,1]', '[NCHW]', 'a:x.npy'."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import openvino as ov

from ovtui.engine.errors import UsageError

_PART = re.compile(r"\s*(?P<name>[^\[\],]*?)\s*(?P<lists>(\[[^\]]*\]\s*)+)(,|$)")
_LIST = re.compile(r"\[([^\]]*)\]")


def port_name(port: ov.Output) -> str:
    return str(min(port.names, default=port.get_node().friendly_name))


def port_shape(port: ov.Output) -> str:
    return str(port.partial_shape).replace(" ", "")


def port_names(port: ov.Output) -> set[str]:
    return set(port.names) | {port.get_node().friendly_name}


def input_index(name: str, model: ov.Model | ov.CompiledModel, flag: str) -> int:
    """The index of the input of that name. Raises UsageError with the inputs that the model has."""
    for index, port in enumerate(model.inputs):
        if name in port_names(port):
            return index
    known = ", ".join(f"{port_name(port)} {port_shape(port)}" for port in model.inputs)
    raise UsageError(f"{flag}: the model has no input {name!r}; its inputs are {known}")


def lists_by_port(text: str, model: ov.Model | ov.CompiledModel, flag: str) -> dict[int, list[str]]:
    """The texts in brackets by input index: {0: ['1,3,8,8', '1,3,16,16']}. Brackets without a name count for every
    input. `flag` is the option's name for the UsageError."""
    found: dict[int, list[str]] = {}
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            raise UsageError(f"{flag} {text!r}: write '[...]' for every input, or 'name[...],other[...]'")
        lists = _LIST.findall(part["lists"])
        if part["name"]:
            found[input_index(part["name"], model, flag)] = lists
        else:
            found |= dict.fromkeys(range(len(model.inputs)), lists)
        position = part.end()
    return found


def shapes_by_port(
    text: str, model: ov.Model | ov.CompiledModel, flag: str, optional: Collection[int] = ()
) -> dict[int, list[tuple[int, ...]]]:
    """The shapes by input index, one or more for every input. Raises UsageError when one does not fit its input or an
    input has none that is not `optional`."""
    found = {}
    for index, lists in lists_by_port(text, model, flag).items():
        try:
            found[index] = [tuple(int(dim) for dim in shape.split(",")) for shape in lists]
        except ValueError:
            raise UsageError(f"{flag} {text!r}: a shape is whole numbers: [1,3,224,224]") from None
        port = model.inputs[index]
        for shape in found[index]:
            if not port.partial_shape.compatible(ov.PartialShape(list(shape))):
                raise UsageError(
                    f"{flag}: [{','.join(map(str, shape))}] does not fit the input {port_name(port)} {port_shape(port)}"
                )
    missing = [port_name(port) for index, port in enumerate(model.inputs) if index not in {*found, *optional}]
    if missing:
        raise UsageError(f"{flag}: no shape for the input {', '.join(missing)}")
    return found


def values_by_port(text: str, model: ov.Model | ov.CompiledModel, flag: str) -> dict[int, str]:
    """Values by input index from 'name:value,other:value', 'name[value]', or one value alone for the first input.

    Raises UsageError."""
    if "[" in text:
        return {index: lists[0] for index, lists in lists_by_port(text, model, flag).items()}
    parts = [part.partition(":") for part in text.split(",")]
    known = {name for port in model.inputs for name in port_names(port)}
    named = all(colon for _, colon, _ in parts) and not Path(text.strip()).exists()
    if named or all(name.strip() in known for name, _, _ in parts):
        return {input_index(name.strip(), model, flag): value.strip() for name, _, value in parts}
    return {0: text.strip()}
