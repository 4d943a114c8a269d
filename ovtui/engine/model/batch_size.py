"""The batch size of a model: it is set where a dimension is the batch's, and nowhere else.

Which one that is says the layout (N); of a decoder's inputs their meaning; else it is the first dimension where that is
open, or where it has the size that is the batch's now. An open dimension in another place, as of a state [2,?,128], is
the batch's where validation takes no other size (4 fits, 5 does not), and one of 1, as of a vector [1] or a state
[2,1,128], where the model does not fit otherwise."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

import openvino as ov

from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.model.decoder_ports import Role, decoder_ports, past_places
from ovtui.engine.model.layouts import batch_axis
from ovtui.engine.model.ports import MAX_NAMED, port_spellings, ports_text, spelled_name
from ovtui.settings.port_values import quoted

_PICTURE_OR_LAYERS = 4
"""The first of three dimensions up to this size may be the channels of a picture or the layers of a state."""

Places = dict[int, int]
"""The place of the batch dimension by input index."""


def set_batch_size(model: ov.Model, batch_size: int, layout: str) -> Places:
    """Gives the model the batch size, and returns where. `layout` is the setting's text.

    Raises UsageError where no input has a batch dimension, SetupError where the size does not fit the model."""
    places = batch_places(model)
    ones = _places_of_one(model, places)
    if not places and len(ones) == len(model.inputs) and all(len(port.partial_shape) == 1 for port in model.inputs):
        places, ones = ones, {}
    if not places:
        raise UsageError(_no_batch_text(model, batch_size, layout))
    failed = _reshape(model, places, batch_size)
    if failed is not None:
        more = ({**places, index: at} for index, at in ones.items())
        needed = next((each for each in (*more, {**places, **ones}) if not _reshape(model, each, batch_size)), None)
        if needed is None:
            raise SetupError(f"batch size {batch_size} does not fit the model: {reason_of(failed)}") from failed
        places = needed
    for index, at in _open_places(model, places).items():
        if _follows(model, {**places, index: at}, index, batch_size):
            places[index] = at
    return places


def put_batch_size(shapes: Mapping[int, ov.PartialShape], places: Places, batch_size: int) -> bool:
    """Puts the batch size into shapes that are going to be set, by input index. Returns whether one said another."""
    changed = False
    for index, at in places.items():
        if index in shapes and shapes[index].rank.is_static and len(shapes[index]) > at:
            changed |= not shapes[index][at].compatible(ov.Dimension(batch_size))
            shapes[index][at] = ov.Dimension(batch_size)
    return changed


def batch_places(model: ov.Model) -> Places:
    """The batch dimensions that layouts, meaning and sizes show."""
    roles = decoder_ports(model).roles
    places: Places = {}
    first: dict[int, ov.Dimension] = {}
    for index, port in enumerate(model.inputs):
        shape, layout = port.partial_shape, port.get_node().layout
        if shape.rank.is_dynamic or not len(shape):
            continue
        if not layout.empty:
            at = batch_axis(port)
        elif index in roles:
            at = _of_role(roles[index], shape)
        else:
            first[index], at = shape[0], 0 if shape[0].is_dynamic else None
        if at is not None:
            places[index] = at
    size = _size_now(model, places, first)
    for index, dimension in first.items():
        # A vector of one element may be anything, such as a threshold.
        vector_of_one = size == 1 and not _holds_items(model.inputs[index])
        if index not in places and dimension.get_length() == size and not vector_of_one:
            places[index] = 0
    return places


def _of_role(role: Role, shape: ov.PartialShape) -> int | None:
    """The batch dimension of a decoder's input; None of one that has none."""
    if role == "past":
        return past_places(shape)[0]
    if role == "beams":
        return 0
    if role == "branch" or len(shape) < 2:
        return None
    return len(shape) - 2 if role == "positions" else 0


def _size_now(model: ov.Model, places: Places, first: Mapping[int, ov.Dimension]) -> int | None:
    """The static batch size that the model has; None where none shows. `places`: batch dimensions that are known;
    `first`: the first dimensions of the other inputs."""
    known = [model.inputs[index].partial_shape[at] for index, at in places.items()]
    sizes = {dim.get_length() for dim in known if dim.is_static}
    if sizes:
        return int(sizes.pop()) if len(sizes) == 1 else None
    static = {
        index: dim.get_length() for index, dim in first.items() if dim.is_static and _holds_items(model.inputs[index])
    }
    if known or 1 in static.values():
        return 1
    sizes = set(static.values())
    if len(sizes) != 1:
        return None
    size = int(sizes.pop())
    outputs = [port.partial_shape for port in model.outputs if port.partial_shape.rank.is_static]
    carried = all(shape[0] == ov.Dimension(size) for shape in outputs if len(shape))
    doubtful = any(
        len(shape) == 3 and (size <= _PICTURE_OR_LAYERS or shape[1] == ov.Dimension(1))
        for shape in (model.inputs[index].partial_shape for index in static)
    )
    return size if carried and not doubtful else None


def _holds_items(port: ov.Output) -> bool:
    """Whether the first dimension may count items: one of several dimensions, or of texts."""
    return len(port.partial_shape) > 1 or port.element_type == ov.Type.string


def _places_of_one(model: ov.Model, places: Places) -> Places:
    """The static inputs without a batch dimension in which one dimension is 1, and its place."""
    found = {}
    for index, port in enumerate(model.inputs):
        shape = port.partial_shape
        if index in places or shape.is_dynamic or not port.get_node().layout.empty:
            continue
        is_one = [at for at, dim in enumerate(shape) if dim.get_length() == 1]
        if len(is_one) == 1:
            found[index] = is_one[0]
    return found


def _open_places(model: ov.Model, places: Places) -> Places:
    """The inputs without a batch dimension in which one dimension is open, and its place."""
    found = {}
    for index, port in enumerate(model.inputs):
        shape = port.partial_shape
        if index in places or shape.rank.is_dynamic or not port.get_node().layout.empty:
            continue
        is_open = [at for at, dim in enumerate(shape) if dim.is_dynamic]
        if len(is_open) == 1:
            found[index] = is_open[0]
    return found


def _follows(model: ov.Model, places: Places, index: int, batch_size: int) -> bool:
    """Whether an input takes the batch's size at its place, whatever that is, and no other size. Leaves the model with
    the batch size there if so, and else as it was."""
    before = {port: ov.PartialShape(port.partial_shape) for port in model.inputs}
    if (
        _reshape(model, {index: places[index]}, batch_size + 1)
        and not _reshape(model, places, batch_size + 1)
        and not _reshape(model, places, batch_size)
    ):
        return True
    model.reshape(before)
    return False


def _reshape(model: ov.Model, places: Places, batch_size: int) -> RuntimeError | None:
    """Sets the batch size in these dimensions; returns OpenVINO's exception where it does not fit, the model is then as
    it was, and None where it does."""
    wanted = {}
    for index, at in places.items():
        shape = ov.PartialShape(model.inputs[index].partial_shape)
        shape[at] = ov.Dimension(batch_size)
        wanted[model.inputs[index]] = shape
    try:
        model.reshape(wanted)
    except RuntimeError as error:
        return error
    return None


def output_shapes(model: ov.Model) -> list[ov.PartialShape]:
    return [ov.PartialShape(port.partial_shape) for port in model.outputs]


def batch_text(
    model: ov.Model, places: Places, batch_size: int, layout: str, outputs: Sequence[ov.PartialShape] = ()
) -> str:
    """What has the batch size and what has not: 'batch 4: input [4,512]; state [2,1,128] and rate [] as they are'.
    `outputs`: the shapes of the outputs before it was set."""
    text = f"batch {batch_size}: {ports_text([model.inputs[index] for index in sorted(places)])}"
    joined = [
        port for port, before in zip(model.outputs, outputs, strict=False) if _is_joined(port, before, batch_size)
    ]
    if joined:
        one = len(joined) == 1
        text += (
            f"; the output{'' if one else 's'} {ports_text(joined)} ha{'s' if one else 've'} no batch dimension, the "
            "items stand one behind the other"
        )
    left = [index for index in range(len(model.inputs)) if index not in places]
    if not left:
        return text
    text += f"; {ports_text([model.inputs[index] for index in left])} as {'they are' if len(left) > 1 else 'it is'}"
    option = _layout_option(model, left, layout)
    return f"{text}; name a batch dimension with --layout {shlex.quote(option)}" if option else text


def _is_joined(port: ov.Output, before: ov.PartialShape, batch_size: int) -> bool:
    """Whether an output has grown in another dimension than the first, as behind a Reshape to [1,-1]."""
    after = port.partial_shape
    if before.is_dynamic or after.is_dynamic or len(before) != len(after) or batch_size == 1:
        return False
    sizes = list(zip(before.to_shape(), after.to_shape(), strict=True))
    return sizes[:1] == [(1, 1)] and any(now == batch_size * size and size > 1 for size, now in sizes[1:])


def _no_batch_text(model: ov.Model, batch_size: int, layout: str) -> str:
    if not model.inputs:
        return f"--batch-size {batch_size}: the model has no input"
    text = f"--batch-size {batch_size}: no batch dimension shows in the inputs {ports_text(model.inputs)}"
    option = _layout_option(model, list(range(len(model.inputs))), layout, any_size=True)
    if any(port.partial_shape.rank.is_dynamic for port in model.inputs):
        text += "; say with --shape how many dimensions there are"
    return f"{text}; name it with --layout {shlex.quote(option)}" if option else text


def _layout_option(model: ov.Model, left: list[int], layout: str, *, any_size: bool = False) -> str:
    """The text of --layout that names the likely batch dimension of inputs that have none: an open one or one of 1.
    `layout`: its text now. `any_size`: where there is none, the first dimension."""
    parts = []
    names = {name for port in model.inputs for name in port_spellings(port)}
    for port in (model.inputs[index] for index in left):
        shape = port.partial_shape
        if shape.rank.is_dynamic or not port.get_node().layout.empty or not len(shape):
            continue
        likely = [at for at, dim in enumerate(shape) if dim.is_dynamic or dim.get_length() == 1]
        if (likely or any_size) and (len(shape) > 1 or any_size):
            letters = "".join("N" if at == (likely or [0])[0] else "?" for at in range(len(shape)))
            parts.append(f"{quoted(spelled_name(port), names)}[{letters}]")
    if not parts:
        return ""
    return ",".join([*([layout] if layout else []), *parts[: 1 if any_size else MAX_NAMED]])
