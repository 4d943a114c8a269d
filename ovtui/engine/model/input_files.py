"""Input data from files: numpy arrays, raw bytes, images, and folders of them."""

from __future__ import annotations

import sys
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovtui.engine.errors import UsageError
from ovtui.engine.model.held_items import content, items_within, mapped

Array = npt.NDArray[Any]
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp")
ARRAYS = (".npy", ".npz", ".bin")
MAX_FILES = 1000
"""Files read of a folder: all are held in memory, ready to be copied."""


@dataclass(frozen=True, slots=True)
class InputPort:
    """An input of the model, and how to fit data to it. `layout` has a letter for each dimension ('NCHW'), or is empty
    where it is unknown; `mean` and `scale` have one number, or one for each channel, in the channels' order."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layout: str = ""
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.name} [{','.join(map(str, self.shape))}] {self.dtype.name}"


def load_items(path: Path, port: InputPort, notes: list[str] | None = None) -> list[Array]:
    """Every item of a file or a folder, each of the port's shape and type; one item fills the input of one request. Of
    a folder as much as fits into memory; then `notes` gets a sentence. Raises UsageError."""
    if path.is_dir():
        found = sorted(child for child in path.iterdir() if child.suffix.lower() in IMAGES + ARRAYS)
        if not found:
            raise UsageError(f"--input {path}: no image, .npy, .npz or .bin file in this folder")
        some = found[:MAX_FILES]
        single, used = items_within(some, lambda child: _read_items(child, port), port.shape)
        if used < len(some) and notes is not None:
            notes.append(
                f"--input {path}: {used:,} of {len(found):,} files are used; more take over half of free memory"
            )
    elif path.is_file():
        single = _read_items(path, port)
    else:
        raise UsageError(f"--input {path}: no such file or folder")
    return _stacked(single, path, port)


def _read_items(path: Path, port: InputPort) -> list[Array]:
    """The items of one file: whole tensors, or single pictures, which `_stacked` makes into tensors."""
    suffix = path.suffix.lower()
    try:
        if suffix in IMAGES:
            return [_read_image(path, port)]
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


def _read_image(path: Path, port: InputPort) -> Array:
    """One picture, resized to the port's height and width, as RGB, RGBA or grey by the number of channels."""
    try:
        from PIL import Image
    except ImportError:
        raise UsageError(f"images as input need Pillow: {sys.executable} -m pip install pillow") from None
    layout = port.layout or _guess_layout(port)
    height, width, channels = (port.shape[layout.index(letter)] for letter in "HWC")
    with _open_image(path, Image) as image:
        mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(channels)
        if mode is None:
            raise UsageError(f"--input {path}: the input {port} has {channels} channels, a picture has 1, 3 or 4")
        picture = image.convert(mode).resize((width, height), Image.Resampling.BILINEAR)
    for flag, numbers in (("--mean-values", port.mean), ("--scale-values", port.scale)):
        if numbers and len(numbers) not in (1, channels):
            raise UsageError(f"{flag}: {len(numbers)} numbers, and the input {port} has {channels} channels")
    values: Array = np.asarray(picture, np.float32).reshape(height, width, channels)
    if port.mean:
        values = values - np.asarray(port.mean, np.float32)
    if port.scale:
        values = values / np.asarray(port.scale, np.float32)
    axes = ["HWC".index(letter) for letter in layout if letter in "HWC"]
    single = values.transpose(axes)
    if port.dtype.kind in "iu":
        limits = np.iinfo(port.dtype)
        single = np.clip(np.rint(single), limits.min, limits.max)
    return single.astype(port.dtype)


def _open_image(path: Path, pillow: Any) -> Any:
    try:
        return pillow.open(path)
    except pillow.DecompressionBombError as error:
        raise ValueError(str(error).partition(",")[0]) from None


def _guess_layout(port: InputPort) -> str:
    """The layout in which the input has three channels (or one, or four), as benchmark_app guesses it. Raises
    UsageError when there is none."""
    shape = port.shape
    for channels in (3, 1, 4):
        for layout in ("NCHW", "NHWC", "CHW", "HWC"):
            if len(shape) == len(layout) and shape[layout.index("C")] == channels:
                return layout
    raise UsageError(f"the input {port} does not look like a picture; name its dimensions with --layout NCHW")


def _stacked(single: Sequence[Array], path: Path, port: InputPort) -> list[Array]:
    """Stacks single pictures into whole tensors; the last tensor is filled up with the first pictures."""
    if single[0].shape == port.shape:
        return list(single)
    batch = int(np.prod(port.shape)) // max(single[0].size, 1)
    if batch < 1:
        raise UsageError(f"--input {path}: does not fit the input {port}")
    groups = range(0, len(single), batch)
    return [np.stack([single[(start + n) % len(single)] for n in range(batch)]).reshape(port.shape) for start in groups]
