"""What the dimensions of an input are: by the letters of --layout (NCHW, N..., ?N?, [N,C,H,W]), by the model, or
guessed by the shape of a picture."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import openvino as ov

from ovtui.engine.errors import UsageError
from ovtui.engine.model.ports import named_values, port_name, port_shape, ports_text
from ovtui.records.descriptions import LayoutOrigin
from ovtui.settings.guessed_layout import MOST_CHANNELS, guessed_layout
from ovtui.settings.port_values import quoted
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import readable

FLAG = "--layout"
_GUESSES = ("NCHW", "NHWC", "CHW", "HWC")
"""benchmark_app's rule: of a picture's dimensions the channels are at most four, height and width are more."""


@dataclass(frozen=True, slots=True)
class PortLayout:
    """A letter for each dimension of an input, '?' for one that has none; empty where nothing is known."""

    letters: str = ""
    origin: LayoutOrigin = ""

    @property
    def channel_axis(self) -> int | None:
        return self.letters.index("C") if "C" in self.letters else None


def batch_axis(port: ov.Output, layout: ov.Layout | None = None) -> int | None:
    """The dimension that the input's layout, or the one that is given, names as the batch (N); None where it names
    none. Negative, and counted from the end, where the number of dimensions is open."""
    layout = port.get_node().layout if layout is None else layout
    if layout.empty or not layout.has_name("N"):
        return None
    at, rank = int(layout.get_index_by_name("N")), port.partial_shape.rank
    return at % rank.get_length() if rank.is_static else at


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
            f"{FLAG}: {in_quotes(written)} is no layout; write a letter for each dimension, each once, ? "
            "where it does not "
            "matter: NCHW, ?N?, N..."
        )
    return "".join(places)


def _fits(letters: str, port: ov.Output) -> bool:
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return True
    named = len(letters.replace("...", ""))
    return named <= len(shape) if "..." in letters else named == len(shape)


def layouts_of(model: ov.Model | ov.CompiledModel, settings: Settings) -> list[PortLayout]:
    """The layout of each input, as far as the settings or the model tell it. Raises UsageError."""
    given = given_layouts(model, settings)
    found = []
    for index, port in enumerate(model.inputs):
        if index in given:
            found.append(PortLayout(_expanded(given[index], port), "given"))
        else:
            own = _expanded(port.get_node().layout.to_string().strip("[]").replace(",", ""), port)
            found.append(PortLayout(own, "model") if own.strip("?N") else PortLayout())
    return found


def _expanded(letters: str, port: ov.Output) -> str:
    """'N...C' of four dimensions as 'N??C'; empty where that is not known."""
    shape = port.partial_shape
    head, dots, tail = letters.partition("...")
    if not dots:
        return letters if letters.isascii() and (shape.rank.is_dynamic or len(letters) == len(shape)) else ""
    if shape.rank.is_dynamic:
        return ""
    return head + "?" * (len(shape) - len(head) - len(tail)) + tail


def looks_like_picture(port: ov.Output, layout: PortLayout) -> bool:
    """True where the layout has height, width and one, three or four channels, or where nothing tells the layout and
    the shape speaks for a picture in three colours."""
    shape = port.partial_shape
    if shape.rank.is_dynamic:
        return False
    if layout.letters:
        axis = layout.channel_axis
        known = {"H", "W"} <= set(layout.letters) and axis is not None
        return known and axis is not None and shape[axis].is_static and shape[axis].get_length() in (1, 3, 4)
    # An open dimension is a size that a person will give: a height, a width, or the batch. Of three dimensions
    # [1,128,3] is no picture.
    sizes = [dim.get_length() if dim.is_static else MOST_CHANNELS + 1 for dim in shape]
    if len(sizes) == 4:
        return sizes[1] == 3 or sizes[3] == 3
    return len(sizes) == 3 and any(sizes[at] == 3 and sizes[2 - at] > MOST_CHANNELS for at in (0, 2))


def is_picture_to_benchmark_app(port: ov.Output, layout: PortLayout) -> bool:
    """By its rule: three channels, where the layout, given or guessed by the sizes, is a picture's. An open height or
    width lets it guess none."""
    shape, letters = port.partial_shape, layout.letters
    if shape.rank.is_dynamic:
        return False
    sizes = [int(dim.get_max_length()) for dim in shape]  # -1 of an open one
    if not letters and port.get_node().layout.empty:
        letters = guessed_layout(sizes)
    return letters in _GUESSES and bool(shape[letters.index("C")] == 3)


def picture_layout(name: str, shape: Sequence[int], letters: str = "") -> str:
    """The layout of an input that takes pictures: `letters` where they name height and width, else the one in which the
    shape has three channels, or one, or four. `shape` has -1 for an open dimension. Raises UsageError."""
    if {"H", "W"} <= set(letters):
        return letters
    for channels in (3, 1, 4):
        for guess in _GUESSES:
            if len(shape) != len(guess) or shape[guess.index("C")] != channels:
                continue
            if all(known in ("?", letter) for known, letter in zip(letters or "?" * len(guess), guess, strict=True)):
                return guess
    listed = ",".join("?" if size < 0 else str(size) for size in shape)
    raise UsageError(
        f"the input {name} [{listed}] does not look like a picture; name its dimensions with --layout "
        f"{shlex.quote(f'{quoted(readable(name))}[NCHW]')}"
    )
