"""Input data from files: numpy arrays, raw bytes, images, lines of text, and folders of them."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovtui.engine.errors import UsageError
from ovtui.engine.model.element_types import ElementType, convert, type_of_dtype, values_of_bytes
from ovtui.engine.model.file_limits import (
    TEXT_BYTES_EACH,
    require_file,
    require_member,
    require_npy,
    require_room,
    why_unreachable,
)
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
from ovtui.settings.listing import first_few_listed
from ovtui.settings.shown_text import in_quotes

Array = npt.NDArray[Any]
ARRAYS = (".npy", ".npz", ".bin")
STRINGS = (".txt", ".npy", ".npz")
MAX_FILES = 1000
"""Files read of a folder: all are held in memory, ready to be copied."""
MAX_LINES = 100_000
"""Lines read of a text: each is held in memory (0.5 kB), ready to be copied."""


@dataclass(frozen=True, slots=True)
class InputPort:
    """An input of the model, and how to fit data to it. `layout` has a letter for each dimension ('NCHW'), or is empty
    where it is unknown; `color` is the order of a picture's colours in the channels. `dtype` is that of the values, one
    element for each (`ElementType.dtype`)."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str = ""
    color: str = "rgb"
    model_type: str = ""
    """The model's own element type; empty where it is the input's."""
    kind: ElementType | None = None
    """The type of the values; None: the one of numpy's that `dtype` is."""
    open_axes: tuple[int, ...] = ()
    """The dimensions that the data may set, of an input of strings; `shape` has 1 there."""

    @property
    def type(self) -> ElementType:
        return self.kind or type_of_dtype(self.dtype)

    @property
    def count(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """The bytes of a tensor; 0 for strings."""
        return self.type.bytes_of(self.count)

    @property
    def takes(self) -> str:
        """The kinds of files that can fill it, for a sentence."""
        return ".txt, .npy or .npz file" if self.type.family == "string" else "image, .npy, .npz or .bin file"

    def __str__(self) -> str:
        dims = ["?" if axis in self.open_axes else str(size) for axis, size in enumerate(self.shape)]
        return f"{self.name} [{','.join(dims)}] {self.type.name}"


def _endings(kind: ElementType) -> tuple[str, ...]:
    """Of the files that can fill an input of the type."""
    return STRINGS if kind.family == "string" else IMAGES + ARRAYS


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
    if not why_unreachable(path) and path.is_dir():
        found = _data_files(path, port.type)
        if not found:
            raise UsageError(f"--input {path}: no {port.takes} in this folder, for the input {port}")
        some = found[:MAX_FILES]
        single, used = items_within(some, lambda child: _read_items(child, port, found_in), port.shape)
        found_in.files = used
        if used < len(some) and notes is not None:
            notes.append(
                f"--input {path}: {used:,} of {len(found):,} files are used; more take over half of free memory"
            )
    else:
        _require_reachable(path)
        single = _read_items(path, port, found_in)
    return _stacked(single, path, port)


def load_all(
    paths: Sequence[Path], port: InputPort, notes: list[str] | None = None, facts: DataFacts | None = None
) -> list[Array]:
    """As `load_items`, of several files and folders in their order: single pictures of different ones share a
    batch."""
    if len(paths) == 1:
        return load_items(paths[0], port, notes, facts)
    found_in, files = facts or DataFacts(), files_of(paths, port)
    if not files:
        raise UsageError(f"--input {paths[0]}: no {port.takes} in these folders, for the input {port}")
    single, used = items_within(files[:MAX_FILES], lambda each: _read_items(each, port, found_in), port.shape)
    found_in.files = used
    if used < len(files) and notes is not None:
        notes.append(f"--input {paths[0]} and others: {used:,} of {len(files):,} files are used")
    return _stacked(single, paths[0], port)


def files_of(paths: Sequence[Path], port: InputPort) -> list[Path]:
    """The files, with those of folders that the port takes. Raises UsageError."""
    files = list[Path]()
    for path in paths:
        if not why_unreachable(path) and path.is_dir():
            files += _data_files(path, port.type)
        else:
            _require_reachable(path)
            files.append(path)
    return files


def array_shape(path: Path) -> tuple[int, ...]:
    """Of a .npy, by its head alone. Raises UsageError."""
    try:
        require_file(path)
        shape: tuple[int, ...] = np.load(path, "r", allow_pickle=False).shape
    except (ValueError, EOFError, OSError, SyntaxError) as error:
        raise UsageError(f"--input {path}: cannot be read: {_reason(error)}") from None
    return shape


def _require_reachable(path: Path) -> None:
    if reason := why_unreachable(path):
        raise UsageError(f"--input {path}: it cannot be read: {reason}")
    if not path.is_file():
        what = "a pipe or a device; save the data to a file" if path.exists() else "no such file or folder"
        raise UsageError(f"--input {path}: {what}")


def _data_files(folder: Path, kind: ElementType) -> list[Path]:
    """By name, without hidden ones: a Mac leaves a `._cat.jpg`, which is no picture, beside each picture."""
    endings = _endings(kind)
    try:
        with os.scandir(folder) as entries:  # a million names take 1 s, and each as a Path 5 s
            names = [entry.name for entry in entries if entry.name.lower().endswith(endings) and not entry.is_dir()]
    except OSError as error:
        raise UsageError(f"--input {folder}: cannot be read: {_reason(error)}") from None
    return [folder / name for name in sorted(names) if not name.startswith(".")]


def _read_items(path: Path, port: InputPort, facts: DataFacts) -> list[Array]:
    """The items of one file: whole tensors, or single pictures or lines, which `_stacked` makes into tensors."""
    suffix = path.suffix.lower()
    if suffix not in _endings(port.type):
        article = "an" if port.takes.startswith("i") else "a"
        raise UsageError(
            f"--input {path}: the input {port} takes no {suffix or 'such'} file; give it {article} {port.takes}"
        )
    facts.add(path)
    try:
        require_file(path)
        if suffix in IMAGES:
            return [_read_image(path, port, facts)]
        itemsize = port.dtype.itemsize
        if suffix == ".npy":
            require_npy(path, itemsize, mapped=mapped(path))
            return _split_array(np.load(path, "r" if mapped(path) else None, allow_pickle=False), path, port)
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                key = port.name if port.name in arrays else arrays.files[0] if len(arrays.files) == 1 else None
                if key is None:
                    there = f"there are {first_few_listed(arrays.files, 8)}" if arrays.files else "there is none at all"
                    raise UsageError(f"--input {path}: no array {in_quotes(port.name)} in it ({there})")
                require_member(path, arrays.zip, f"{key}.npy", itemsize)
                return _split_array(arrays[key], path, port)
        return _read_lines(path) if suffix == ".txt" else _read_raw(path, port)
    except MemoryError:
        raise UsageError(f"--input {path}: it does not fit into memory; give it in parts") from None
    except (ValueError, EOFError, OSError, SyntaxError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"--input {path}: cannot be read: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if "pickle" in str(error):  # numpy's message advises to allow pickles
        return "it holds Python objects, or is not a numpy file"
    if "valid dtype descriptor" in str(error):  # float8_e5m2 of ml_dtypes
        return "numpy does not know the type of its elements; save it as float32"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0]


def _split_array(array: Array, path: Path, port: InputPort) -> list[Array]:
    """Splits an array into tensors of the port's shape: it is one tensor, with or without a batch of 1, several along a
    new first dimension, or several along the batch dimension."""
    shape = port.shape
    if not array.size:
        raise UsageError(f"--input {path}: it is empty")
    if port.open_axes and array.ndim == len(shape):
        # Each item is one along the first dimension; of the others the array tells how long they are.
        shape = tuple(
            array.shape[axis] if axis in port.open_axes and axis else shape[axis] for axis in range(len(shape))
        )
    if port.open_axes and not array.ndim:
        array = array.reshape(shape)
    if shape[:1] == (1,) and array.shape == shape[1:]:  # one item, without its dimension for the batch
        array = array.reshape(shape)
    if array.shape == shape:
        return [_cast(array, path, port)]
    if array.ndim == len(shape) + 1 and array.shape[1:] == shape:
        return [np.asarray(item) for item in _cast(array, path, port)]  # of a scalar input items are no arrays
    if array.ndim == len(shape) and array.shape[1:] == shape[1:] and len(array) % max(shape[0], 1) == 0:
        return list(_cast(array, path, port).reshape(-1, *shape))
    got = ",".join(map(str, array.shape))
    raise UsageError(f"--input {path}: its shape [{got}] does not fit the input {port}")


def _cast(array: Array, path: Path, port: InputPort) -> Array:
    """Converts to the port's type. A float may lose digits (numpy writes f64 by default); any other change of a value
    raises UsageError."""
    try:
        return convert(array, port.type)
    except ValueError as error:
        raise UsageError(f"--input {path}: {error} does not fit the input {port}; {_way_out(array, port)}") from None


def _way_out(array: Array, port: InputPort) -> str:
    if port.type.family == "string":
        return "give text, a line for each string, or an array of numpy's str"
    if array.dtype.kind not in "fiub":  # V: bf16, f8, i4 of ml_dtypes, of which the file does not tell which
        return "save it as float32"
    return "convert the file, or the port with --input-precision"


def _read_raw(path: Path, port: InputPort) -> list[Array]:
    if port.type.bits < 8:  # each of its elements becomes a byte
        require_room(path, path.stat().st_size * 8 // port.type.bits)
    data = content(path)
    if not data or not port.nbytes or len(data) % port.nbytes:
        raise UsageError(
            f"--input {path}: {len(data):,} bytes are no multiple of the {port.nbytes:,} of the input {port}"
        )
    return list(values_of_bytes(data, port.count, port.type).reshape(-1, *port.shape))


def _read_lines(path: Path) -> list[Array]:
    """Each line of a text in UTF-8, without its end; an empty one is an empty string."""
    require_room(path, path.stat().st_size * TEXT_BYTES_EACH)
    data = path.read_bytes()
    if not data:
        raise UsageError(f"--input {path}: it is empty")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1:,}"
        raise UsageError(f"--input {path}: {where} is not UTF-8; save the text in that encoding") from None
    if not lines[-1]:
        lines.pop()
    if not lines:  # of a byte order mark alone
        raise UsageError(f"--input {path}: it is empty")
    return [np.array(line.removesuffix("\r")) for line in lines[:MAX_LINES]]


def unused_files_text(path: Path, kind: ElementType) -> str:
    """A sentence where a folder has more files, or a text more lines, than are read; empty otherwise."""
    if path.is_dir():
        found, most, what = len(_data_files(path, kind)), MAX_FILES, "files"
    elif path.suffix.lower() == ".txt":
        text = path.read_bytes()
        found, most, what = text.count(b"\n") + (not text.endswith(b"\n")), MAX_LINES, "lines"
    else:
        return ""
    return f"--input {path}: the first {most:,} of {found:,} {what} are used" if found > most else ""


def _read_image(path: Path, port: InputPort, facts: DataFacts) -> Array:
    """One picture in the port's height, width, layout and type, with a batch of 1 where the layout has one."""
    check_type(port.name, port.type.name, port.model_type)
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
    """Whole tensors of single pictures and lines, the last filled up with the first of them; whole tensors as they
    are."""
    text = port.type.family == "string"
    parts = [item for item in single if (item.ndim != len(port.shape) if text else item.shape != port.shape)]
    if not parts:
        return list(single)
    if len(parts) < len(single):
        raise UsageError(f"--input {path}: pictures or lines beside whole arrays; give each a folder of its own")
    if not text:
        return list(batched(parts, picture_form(port)))
    starts = range(0, len(parts), port.count)
    return [
        np.stack([parts[(start + n) % len(parts)] for n in range(port.count)]).reshape(port.shape) for start in starts
    ]
