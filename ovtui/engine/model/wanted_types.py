"""The element types that `--input-precision` and `--output-precision` ask for, by port."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import openvino as ov

from ovtui.engine.errors import UsageError
from ovtui.engine.model.element_types import was_u1
from ovtui.engine.model.layouts import PortLayout, is_picture_to_benchmark_app
from ovtui.engine.model.ports import named_values, port_name, port_spellings, spelled_name
from ovtui.settings.errors import SettingsError
from ovtui.settings.port_values import parse_port_values, quoted, value_option
from ovtui.settings.schema.port_types import DEFAULT, PICTURES_U8, PORT_TYPES, port_type
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import in_quotes

INPUT_TYPE, OUTPUT_TYPE = "--input-precision", "--output-precision"


@dataclass(frozen=True, slots=True)
class _Ports:
    """Ports in the place of the inputs, for `named_values`."""

    inputs: Sequence[ov.Output]


def input_types(model: ov.Model, settings: Settings, layouts: Sequence[PortLayout]) -> dict[int, str]:
    """The wanted types by input index, of inputs whose own type is another one. Raises UsageError."""
    text = _of_this_side(settings.input_precision, settings.output_precision, model.inputs, model.outputs)
    pictures = [index for index, port in enumerate(model.inputs) if is_picture_to_benchmark_app(port, layouts[index])]
    return _types(text, model.inputs, INPUT_TYPE, pictures)


def wanted_output_types(model: ov.Model, settings: Settings) -> dict[int, str]:
    """As `input_types`, by output index."""
    text = _of_this_side(settings.output_precision, settings.input_precision, model.outputs, model.inputs)
    return _types(text, model.outputs, OUTPUT_TYPE, ())


def _of_this_side(text: str, other: str, ports: Sequence[ov.Output], other_ports: Sequence[ov.Output]) -> str:
    """The text without the names of the other side's ports that the other option gives as well: who does not know which
    names are inputs, as benchmark_app's -iop does not say, gives them to both options."""
    own = {name for port in ports for name in port_spellings(port)}
    theirs = {name for port in other_ports for name in port_spellings(port)} - own
    # Of a name that is a tensor's on one side and a node's on the other, the tensor is meant.
    theirs |= _tensors(other_ports) - _tensors(ports)
    try:
        parts, others = (parse_port_values(each, own | theirs) for each in (text, other))
    except SettingsError:
        return text  # told where it is read
    given = {part.name for part in others if part.name is not None}
    kept = [part for part in parts if part.name not in theirs or part.name not in given]
    if len(kept) == len(parts):
        return text
    words = [(quoted(part.name, own) + ":" if part.name is not None else "") + part.values[0] for part in kept]
    return ",".join(words) or DEFAULT


def _tensors(ports: Sequence[ov.Output]) -> set[str]:
    return {name for port in ports for name in port.get_names()}


def _types(text: str, ports: Sequence[ov.Output], flag: str, pictures: Sequence[int]) -> dict[int, str]:
    """`pictures`: the ports that u8-pictures means."""
    if text == DEFAULT:
        return {}
    alone = port_type(text)
    if alone is not None:
        words = dict.fromkeys(range(len(ports)), alone)
    else:
        try:
            words, other, _ = named_values(text, cast("ov.Model", _Ports(ports)), flag)
        except UsageError as error:
            if flag == INPUT_TYPE:
                raise
            raise UsageError(str(error).replace(" input", " output")) from None
        if other is not None and other.lower() == PICTURES_U8 and flag == INPUT_TYPE:
            words = {**dict.fromkeys(pictures, "u8"), **words}
        elif other is not None:
            words = {**dict.fromkeys(range(len(ports)), other), **words}
    found = {}
    for index, word in words.items():
        port, own, wanted = ports[index], ports[index].element_type.get_type_name(), port_type(word)
        side = f"the {'in' if flag == INPUT_TYPE else 'out'}put {port_name(port)}"
        if wanted is None and word.lower() != ("u1" if was_u1(port) else own):
            raise UsageError(f"{flag}: {in_quotes(word)} for {side} is not one of {', '.join(PORT_TYPES)}")
        if wanted is None or wanted == own:
            continue
        if own in ("string", "u1"):
            rest = [(spelled_name(each), wanted) for each in ports if each is not port]
            named = shlex.quote(value_option(rest) or DEFAULT)
            raise UsageError(f"{flag} {wanted}: {side} is {own}, which nothing converts; write {flag} {named}")
        found[index] = wanted
    return found
