"""What the dimensions of an input are, by the letters of --layout: NCHW, N..., ?N?, [N,C,H,W]."""

from __future__ import annotations

import openvino as ov

from ovtui.engine.errors import UsageError
from ovtui.engine.model.ports import named_values, port_name, port_shape, ports_text
from ovtui.settings.schema.settings import Settings

FLAG = "--layout"


def set_layouts(model: ov.Model, settings: Settings) -> None:
    """Gives the inputs the layouts of the settings, in place of the model's own. Raises UsageError."""
    for index, letters in given_layouts(model, settings).items():
        model.inputs[index].get_node().set_layout(ov.Layout(letters))


def given_layouts(model: ov.Model | ov.CompiledModel, settings: Settings) -> dict[int, str]:
    """The letters of `--layout` by input index. A layout without a name is that of every input that is not named and
    has as many dimensions. Raises UsageError where one is no layout, or fits no input."""
    text = settings.layout.strip()
    if not text:
        return {}
    named, other, _ = named_values(text, model, FLAG)
    found = {index: _letters(written) for index, written in named.items()}
    for index, letters in found.items():
        port = model.inputs[index]
        if not _fits(letters, port):
            raise UsageError(
                f"{FLAG} {letters} does not fit the input {port_name(port)} {port_shape(port)}: write a letter for "
                f"each of {len(port.partial_shape)} dimensions, ? where it does not matter"
            )
    if other is None:
        return found
    letters = _letters(other)
    left = [index for index in range(len(model.inputs)) if index not in found]
    fitting = [index for index in left if _fits(letters, model.inputs[index])]
    if left and not fitting:
        raise UsageError(
            f"{FLAG} {letters}: a letter for each dimension; no input has as many: "
            f"{ports_text([model.inputs[index] for index in left])}"
        )
    return {**dict.fromkeys(fitting, letters), **found}


def _letters(written: str) -> str:
    """The layout in OpenVINO's short notation: 'NCHW' of 'n, c, h, w'. Raises UsageError."""
    written = written.replace(" ", "")
    try:
        layout = ov.Layout(f"[{written}]" if "," in written else written)
    except RuntimeError:
        layout = ov.Layout()
    places = layout.to_string().strip("[]").split(",")
    if layout.empty or not all(each in ("?", "...") or (len(each) == 1 and each.isalpha()) for each in places):
        raise UsageError(
            f"{FLAG}: {written!r} is no layout; write a letter for each dimension, each once, ? where it does not "
            "matter: NCHW, ?N?, N..."
        )
    return "".join(places)


def _fits(letters: str, port: ov.Output) -> bool:
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return True
    named = len(letters.replace("...", ""))
    return named <= len(shape) if "..." in letters else named == len(shape)
