"""The shapes that a model leaves open: where only its batch is open it runs with 1, and what is said where more is."""

from __future__ import annotations

import msgspec
import openvino as ov

from ovtui.engine.errors import SetupError
from ovtui.engine.model.layouts import batch_axis
from ovtui.engine.model.ports import MAX_NAMED, port_name, ports_text


class OpenShapes(SetupError):
    """The model cannot run with the shapes that it leaves open. engine.model.shape_search completes the text with some
    that work."""

    def __init__(self, what: str, why: str = "") -> None:
        """`what`: the inputs; `why`: what was tried already, and its reason."""
        super().__init__(f"{what}{why and '; '}{why}; give them with --shape")
        self.what = what


class OpenInput(msgspec.Struct, frozen=True):
    """An input whose shape is not static."""

    index: int
    name: str
    kind: str
    """The element type's name, such as 'f32' and 'i64'."""
    dims: list[tuple[int, int]] | None
    """Least and greatest size of each dimension, the greatest -1 where it has no bound; None where even their number is
    open."""
    batch: int | None = None
    """The dimension that the layout names as the batch."""


def open_inputs(model: ov.Model) -> list[OpenInput]:
    found = []
    for index, port in enumerate(model.inputs):
        shape = port.partial_shape
        if shape.is_static:
            continue
        dims = None
        if shape.rank.is_static:
            dims = [(dim.get_min_length(), dim.get_max_length()) for dim in shape]
        found.append(OpenInput(index, port_name(port), port.element_type.get_type_name(), dims, batch_axis(port)))
    return found


def open_dims(found: OpenInput) -> list[int]:
    """The positions of its open dimensions; none where even their number is open."""
    return [at for at, (least, most) in enumerate(found.dims or []) if least != most]


def batch_shapes(model: ov.Model, needing: list[OpenInput]) -> dict[int, list[int]] | None:
    """Shapes by input with the least batch, where nothing but the batch of these inputs is open; else None. A dimension
    further back is one where OpenVINO finds it equal to the batch of another input: the state [2,?,128] of speech."""
    shapes = {each.index: shape for each in needing if (shape := _batch_only(each)) is not None}
    rest = [each for each in needing if each.index not in shapes]
    if rest and shapes:
        batches = {(each.index, each.batch or 0) for each in needing if each.index in shapes}
        same = set().union(*(each for each in agreeing_dims(model) if each & batches))
        size = max(max(shapes[index][at] for index, at in batches), 1)
        for each in rest:
            places = [(each.index, at) for at in open_dims(each)]
            if len(places) == 1 and places[0] in same:
                shapes[each.index] = [size if least != most else least for least, most in each.dims or []]
    return shapes if len(shapes) == len(needing) else None


def _batch_only(found: OpenInput) -> list[int] | None:
    """The shape with a batch of 1, or the least that is allowed, where no other dimension is open; None where others
    are, or where nothing tells that it is the batch.

    It is the dimension that the layout names N, the first of two and more, or the only one of a string input. An only
    dimension of numbers may be a length, such as the samples of a sound."""
    if found.dims is None:
        return None
    dynamic = open_dims(found)
    known = found.batch is not None or len(found.dims) > 1 or found.kind == "string"
    if not known or dynamic != [found.batch or 0]:
        return None
    return [max(least, 1) if at in dynamic else least for at, (least, _) in enumerate(found.dims)]


def open_batch_text(model: ov.Model, needing: list[OpenInput], shapes: dict[int, list[int]]) -> str:
    """A note on the batch that is put into the open dimension of all these inputs, whose shapes are still open."""
    size = max(shapes[each.index][at] for each in needing for at in open_dims(each))
    runs = "run" if len(needing) > 1 else "runs"
    return f"batch left open by the model: {_inputs_text(model, needing)} {runs} with {size}; -b N gives another"


def dynamic_text(model: ov.Model, needing: list[OpenInput]) -> str:
    """The sentence on a model that needs shapes."""
    more = " (ovtui inspect MODEL lists them)" if len(needing) > MAX_NAMED else ""
    return f"the model has inputs of dynamic shape: {_inputs_text(model, needing)}{more}"


def _inputs_text(model: ov.Model, inputs: list[OpenInput]) -> str:
    return ports_text([model.inputs[each.index] for each in inputs])


def agreeing_dims(model: ov.Model) -> list[set[tuple[int, int]]]:
    """The open dimensions, by input and position, that OpenVINO found to be equal: it merges the symbols of dimensions
    that an operation takes as one, such as Concat, but not where one of them may be broadcast. Each set has two and
    more. `model` stays as it is."""
    probe = model.clone()
    given: dict[tuple[int, int], ov.Symbol] = {}
    try:
        for index, parameter in enumerate(probe.get_parameters()):
            shape = parameter.get_partial_shape()
            if shape.is_static or shape.rank.is_dynamic:
                continue
            for at, dim in enumerate(shape):
                if dim.is_dynamic:
                    marked = ov.Dimension(dim.get_min_length(), dim.get_max_length())
                    marked.set_symbol(given.setdefault((index, at), ov.Symbol()))
                    shape[at] = marked
            parameter.set_partial_shape(shape)
        probe.validate_nodes_and_infer_types()
    except RuntimeError:
        return []
    sets: list[set[tuple[int, int]]] = []
    for place, symbol in given.items():
        same = next((each for each in sets if given[next(iter(each))] == symbol), None)
        if same is None:
            sets.append({place})
        else:
            same.add(place)
    return [each for each in sets if len(each) > 1]


def leaves_shapes_open(model: ov.Model) -> bool:
    return any(port.partial_shape.is_dynamic for port in model.inputs)
