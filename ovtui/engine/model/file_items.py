"""Items of an input out of the files of --input, and the shapes that these give to an input that the model leaves open
(--data-shape files)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import openvino as ov

from ovtui.engine.errors import UsageError
from ovtui.engine.model.element_types import Array, ElementType, file_type, input_type
from ovtui.engine.model.input_files import (
    MAX_FILES,
    DataFacts,
    InputPort,
    array_shape,
    files_of,
    load_all,
    load_items,
    picture_form,
)
from ovtui.engine.model.layouts import picture_layout
from ovtui.engine.model.pictures import IMAGES, picture_size
from ovtui.engine.model.ports import paths_by_port, port_name, port_shape, ports_text
from ovtui.engine.model.preprocessing import known_layouts, steps_of
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.groups.inputs import FROM_FILES
from ovtui.settings.schema.settings import Settings

Shape = tuple[int, ...]


def files_by_input(settings: Settings, model: ov.Model | ov.CompiledModel) -> dict[int, list[Path]]:
    """Files and folders of --input by input index. Raises UsageError."""
    found = paths_by_port(settings.input, model) if settings.input else {}
    if found and not model.inputs:
        raise UsageError("--input: the model has no input")
    return {index: [Path(expand_home(path)) for path in paths] for index, paths in found.items()}


def gives_shapes(settings: Settings, model: ov.Model | ov.CompiledModel) -> bool:
    """Whether --data-shape tells shapes: 'files' does where files with a shape fill an input that is open. Raises
    UsageError."""
    if settings.data_shape == FROM_FILES:
        return bool(shapes_of_files(settings, model))
    return bool(settings.data_shape)


def shapes_of_files(settings: Settings, model: ov.Model | ov.CompiledModel) -> dict[int, list[tuple[Path, Shape]]]:
    """Of each input that is open and whose files all have a shape (.npy, pictures): the files and their shapes, in
    their order. An array without the first dimension is one item of it. Raises UsageError."""
    if not settings.input:
        raise UsageError(f"--data-shape {FROM_FILES}: there are no files; give them with --input")
    found = {}
    letters = [each for each, _ in known_layouts(model, settings)]
    for index, paths in files_by_input(settings, model).items():
        port = model.inputs[index]
        if port.partial_shape.is_static or input_type(port).family == "string":
            continue
        files = files_of(paths, input_port(settings, model, index, file_type(port), ()))[:MAX_FILES]
        if files and all(path.suffix.lower() in (".npy", *IMAGES) for path in files):
            found[index] = [(path, _shape_of(path, port, letters[index])) for path in files]
    return found


def _shape_of(path: Path, port: ov.Output, letters: str) -> Shape:
    own = port.partial_shape
    if path.suffix.lower() == ".npy":
        shape = array_shape(path)
        if own.rank.is_static and len(shape) == len(own) - 1:
            shape = (1, *shape)
    else:
        shape = _picture_shape(path, port, letters)
    if not own.compatible(ov.PartialShape(list(shape))):
        told = ",".join(map(str, shape))
        raise UsageError(
            f"--input {path}: its shape [{told}] does not fit the input {port_name(port)} {port_shape(port)}"
        )
    return shape


def _picture_shape(path: Path, port: ov.Output, letters: str) -> Shape:
    """One picture of the size that its file has; a side that the model fixes is the model's."""
    own = port.partial_shape
    if own.rank.is_dynamic:
        raise UsageError(f"--input {path}: how many dimensions {port_name(port)} has is open; give them with --shape")
    dims = [-1 if dim.is_dynamic else int(dim.get_length()) for dim in own]
    width, height = picture_size(path)
    sizes = {"N": 1, "C": 3, "H": height, "W": width}
    letters = picture_layout(port_name(port), dims, letters)
    return tuple(sizes.get(letter, 1) if dim < 0 else dim for dim, letter in zip(dims, letters, strict=True))


def completed_shapes(
    shaped: dict[int, list[tuple[Path, Shape]]], model: ov.Model | ov.CompiledModel, optional: Collection[int]
) -> dict[int, list[Shape]]:
    """The shapes of all inputs where files tell those of some. Raises UsageError where nothing tells that of another
    one."""
    found = {index: [shape for _, shape in files] for index, files in shaped.items()}
    missing = []
    for index, port in enumerate(model.inputs):
        if index in found or index in optional:
            continue
        if port.partial_shape.is_dynamic:
            missing.append(port)
        else:
            found[index] = [tuple(int(dim) for dim in port.shape)]
    if missing:
        raise UsageError(
            f"--input: no file tells the shape of {ports_text(missing)}; give it one, or all their shapes with "
            "--data-shape"
        )
    return found


def items_by_shape(
    settings: Settings,
    model: ov.Model | ov.CompiledModel,
    index: int,
    files: list[tuple[Path, Shape]],
    facts: DataFacts,
) -> list[Array]:
    """An item of each file, in the shape that `shapes_of_files` told."""
    kind = file_type(model.inputs[index])
    return [load_items(path, input_port(settings, model, index, kind, shape), facts=facts)[0] for path, shape in files]


def file_items(paths: list[Path], ports: list[InputPort], facts: DataFacts, notes: list[str]) -> list[Array]:
    """The items of files and folders. `ports`: the input in each shape of --data-shape in turn, or as the model has
    it; each item comes in all of them."""
    lists = [load_all(paths, ports[0], notes, facts), *(load_all(paths, each) for each in ports[1:])]
    for each in ports[1:]:
        facts.resized_to |= dict.fromkeys([picture_form(each).size] if facts.resized_to else [])
    return [turn[number % len(turn)] for number in range(max(map(len, lists))) for turn in lists]


def input_port(
    settings: Settings, model: ov.Model | ov.CompiledModel, index: int, kind: ElementType, shape: Shape
) -> InputPort:
    """The input of the model, to be filled from a file with values of the type `kind` in this shape."""
    port = model.inputs[index]
    letters = [letters for letters, _ in known_layouts(model, settings)][index]
    return InputPort(
        port_name(port),
        shape,
        kind.dtype,
        letters,
        settings.color,
        steps_of(port).model_type,
        kind,
    )
