"""Input data from files: numpy arrays, raw bytes, images, and folders of them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.errors import UsageError
from ovtui.engine.model.held_items import content, items_within, mapped
from ovtui.engine.model.layouts import picture_layout
from ovtui.engine.model.pictures import (
    IMAGES,
    PictureForm,
    batched,
    check_type,
    open_picture,
    picture_values,
)
from ovtui.records.descriptions import DataKind

Array = npt.NDArray[Any]
ARRAYS = (".npy", ".npz", ".bin")
MAX_FILES = 1000
"""Files read of a folder: all are held in memory, ready to be copied."""


@dataclass(frozen=True, slots=True)
class InputPort:
    """An input of the model, and how to fit data to it. `layout` has a letter for each dimension ('NCHW'), or is empty
    where it is unknown; `color` is the order of a picture's colours in the channels."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str = ""
    color: str = "rgb"
    model_type: str = ""
    """The model's own element type; empty where it is the input's."""

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.name} [{','.join(map(str, self.shape))}] {self.dtype.name}"


@dataclass(slots=True)
class DataFacts:
    """What was found in the files of an input, to be told to a person."""

    files: int = 0
    first: str = ""
    """The name of the first file."""
    kinds: set[DataKind] = field(default_factory=set)
    sizes: dict[tuple[int, int], None] = field(default_factory=dict)
    """Width and height of the pictures."""
    remarks: dict[str, None] = field(default_factory=dict)
    resized_to: dict[tuple[int, int], None] = field(default_factory=dict)
    layout: str = ""
    """By which pictures were laid out."""
    order: str = ""
    """What stands in the channels of pictures: PictureForm.order."""

    def add(self, path: Path) -> None:
        kinds: dict[str, DataKind] = {".npy": "array", ".npz": "array", ".bin": "bytes", ".txt": "text"}
        self.files += 1
        self.first = self.first or path.name
        self.kinds.add(kinds.get(path.suffix.lower(), "picture"))


def load_items(
    path: Path, port: InputPort, notes: list[str] | None = None, facts: DataFacts | None = None
) -> list[Array]:
    """Every item of a file or a folder, each of the port's shape and type; one item fills the input of one request. Of
    a folder as much as fits into memory; then `notes` gets a sentence. `facts` is filled in with what was found. Raises
    UsageError."""
    found_in = facts or DataFacts()
    if path.is_dir():
        found = sorted(child for child in path.iterdir() if child.suffix.lower() in IMAGES + ARRAYS)
        if not found:
            raise UsageError(f"--input {path}: no image, .npy, .npz or .bin file in this folder")
        some = found[:MAX_FILES]
        single, used = items_within(some, lambda child: _read_items(child, port, found_in), port.shape)
        found_in.files = used
        if used < len(some) and notes is not None:
            notes.append(
                f"--input {path}: {used:,} of {len(found):,} files are used; more take over half of free memory"
            )
    elif path.is_file():
        single = _read_items(path, port, found_in)
    else:
        raise UsageError(f"--input {path}: no such file or folder")
    return _stacked(single, path, port)


def _read_items(path: Path, port: InputPort, facts: DataFacts) -> list[Array]:
    """The items of one file: whole tensors, or single pictures, which `_stacked` makes into tensors."""
    suffix = path.suffix.lower()
    facts.add(path)
    try:
        if suffix in IMAGES:
            return [_read_image(path, port, facts)]
        if suffix == ".npy":
            return _split_array(np.load(path, "r" if mapped(path) else None, allow_pickle=False), path, port)
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                key = port.name if port.name in arrays else arrays.files[0] if len(arrays.files) == 1 else None
                if key is None:
                    there = f"there are {', '.join(arrays.files)}" if arrays.files else "there is none at all"
                    raise UsageError(f"--input {path}: no array {port.name!r} in it ({there})")
                return _split_array(arrays[key], path, port)
        if suffix == ".bin":
            return _read_raw(path, port)
    except (ValueError, EOFError, OSError, SyntaxError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"--input {path}: cannot be read: {_reason(error)}") from None
    raise UsageError(f"--input {path}: not an image, .npy, .npz or .bin file")


def _reason(error: Exception) -> str:
    if "pickle" in str(error):  # numpy's message advises to allow pickles
        return "it holds Python objects, or is not a numpy file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0]


def _split_array(array: Array, path: Path, port: InputPort) -> list[Array]:
    """Splits an array into tensors of the port's shape: it is one tensor, several along a new first dimension, or
    several along the batch dimension."""
    shape = port.shape
    if not array.size:
        raise UsageError(f"--input {path}: it is empty")
    if array.shape == shape:
        return [_cast(array, path, port)]
    if array.ndim == len(shape) + 1 and array.shape[1:] == shape:
        return list(_cast(array, path, port))
    if array.ndim == len(shape) and array.shape[1:] == shape[1:] and len(array) % max(shape[0], 1) == 0:
        return list(_cast(array, path, port).reshape(-1, *shape))
    got = ",".join(map(str, array.shape))
    raise UsageError(f"--input {path}: its shape [{got}] does not fit the input {port}")


def _cast(array: Array, path: Path, port: InputPort) -> Array:
    """Converts to the port's type. A float may lose digits (numpy writes f64 by default); any other change of a value
    raises UsageError."""
    if array.dtype == port.dtype:
        return array  # which may be mapped
    if array.dtype.kind in "fiub" and port.dtype.kind in "fiub":
        with np.errstate(all="ignore"):
            values = array.astype(port.dtype)
        same = np.isfinite(values) == np.isfinite(array) if port.dtype.kind == "f" else values == array
        if same.all():
            return values
    raise UsageError(
        f"--input {path}: its type {array.dtype.name} does not fit the input {port}; convert the file, or the port "
        "with --input-precision"
    )


def _read_raw(path: Path, port: InputPort) -> list[Array]:
    data = content(path)
    if not data or len(data) % port.nbytes:
        raise UsageError(
            f"--input {path}: {len(data):,} bytes are no multiple of the {port.nbytes:,} of the input {port}"
        )
    return list(np.frombuffer(data, port.dtype).reshape(-1, *port.shape))


def unused_files_text(path: Path) -> str:
    """A sentence where a folder has more files than are read; empty otherwise."""
    if not path.is_dir():
        return ""
    found = sum(child.suffix.lower() in IMAGES + ARRAYS for child in path.iterdir())
    return f"--input {path}: the first {MAX_FILES:,} of {found:,} files are used" if found > MAX_FILES else ""


def _read_image(path: Path, port: InputPort, facts: DataFacts) -> Array:
    """One picture in the port's height, width, layout and type, with a batch of 1 where the layout has one."""
    check_type(port.name, ov.Type(port.dtype).get_type_name(), port.model_type)
    form = picture_form(port)
    picture = open_picture(path, form.channels)
    facts.sizes[picture.size] = None
    facts.remarks |= dict.fromkeys(picture.remarks)
    facts.resized_to[form.size] = None
    facts.layout, facts.order = form.letters, form.order
    return _cast(picture_values(picture, form), path, port)


def picture_form(port: InputPort) -> PictureForm:
    """What the input makes of pictures. Raises UsageError where it takes none."""
    form = PictureForm(port.name, port.shape, picture_layout(port.name, port.shape, port.layout), port.color)
    form.check()
    return form


def _stacked(single: Sequence[Array], path: Path, port: InputPort) -> list[Array]:
    """Whole tensors of single pictures; whole tensors as they are."""
    parts = [item for item in single if item.shape != port.shape]
    if not parts:
        return list(single)
    if len(parts) < len(single):
        raise UsageError(f"--input {path}: single pictures beside whole arrays; put them into folders of their own")
    return list(batched(parts, picture_form(port)))
