"""Input data from files: numpy arrays, raw bytes, images, and folders of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovtui.engine.errors import Unusable

Array = npt.NDArray[Any]
IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp")
ARRAYS = (".npy", ".npz", ".bin")
MOST_ITEMS = 1000
"""Of a folder: all are held in memory, ready to be copied."""


@dataclass(frozen=True, slots=True)
class InputPort:
    """What an input wants. `layout` has a letter for each dimension ('NCHW'), or is empty where it is not known."""

    name: str
    shape: tuple[int, ...]
    kind: np.dtype[Any]
    layout: str = ""
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape)) * self.kind.itemsize

    def __str__(self) -> str:
        return f"{self.name} [{','.join(map(str, self.shape))}] {self.kind.name}"


def load(path: Path, port: InputPort) -> list[Array]:
    """Every item of a file or a folder, each of the port's shape and type. Raises Unusable."""
    if path.is_dir():
        found = sorted(child for child in path.iterdir() if child.suffix.lower() in IMAGES + ARRAYS)
        if not found:
            raise Unusable(f"--input {path}: no image, .npy, .npz or .bin file in this folder")
        single = [item for child in found[:MOST_ITEMS] for item in _parts(child, port)]
    elif path.is_file():
        single = _parts(path, port)
    else:
        raise Unusable(f"--input {path}: no such file or folder")
    return _grouped(single, path, port)


def _parts(path: Path, port: InputPort) -> list[Array]:
    """Items as they lie in the file: whole tensors, or single pictures of a batch."""
    suffix = path.suffix.lower()
    try:
        if suffix in IMAGES:
            return [_image(path, port)]
        if suffix == ".npy":
            return _of_array(np.load(path, allow_pickle=False), path, port)
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                key = port.name if port.name in arrays else arrays.files[0] if len(arrays.files) == 1 else None
                if key is None:
                    raise Unusable(
                        f"--input {path}: no array {port.name!r} in it (there are {', '.join(arrays.files)})"
                    )
                return _of_array(arrays[key], path, port)
        if suffix == ".bin":
            return _raw(path, port)
    except (ValueError, EOFError, OSError) as error:
        raise Unusable(f"--input {path}: cannot be read: {str(error).splitlines()[0]}") from None
    raise Unusable(f"--input {path}: not an image, .npy, .npz or .bin file")


def _of_array(array: Array, path: Path, port: InputPort) -> list[Array]:
    """A tensor of the port's shape, several of them stacked, or single ones of its batch."""
    shape = port.shape
    if array.shape == shape:
        return [array.astype(port.kind)]
    if array.ndim == len(shape) + 1 and array.shape[1:] == shape:
        return list(array.astype(port.kind))
    if array.ndim == len(shape) and array.shape[1:] == shape[1:] and len(array) % max(shape[0], 1) == 0:
        return list(array.reshape(-1, *shape).astype(port.kind))
    got = ",".join(map(str, array.shape))
    raise Unusable(f"--input {path}: its shape [{got}] does not fit the input {port}")


def _raw(path: Path, port: InputPort) -> list[Array]:
    data = path.read_bytes()
    if not data or len(data) % port.nbytes:
        raise Unusable(
            f"--input {path}: {len(data):,} bytes are no multiple of the {port.nbytes:,} of the input {port}"
        )
    return list(np.frombuffer(data, port.kind).reshape(-1, *port.shape))


def _image(path: Path, port: InputPort) -> Array:
    """One picture, resized to the port's height and width, its channels as RGB (or grey where there is one)."""
    try:
        from PIL import Image
    except ImportError:
        raise Unusable("images as input need Pillow: pip install 'ovtui[images]'") from None
    layout = port.layout or _guess_layout(port)
    height, width, channels = (port.shape[layout.index(letter)] for letter in "HWC")
    with Image.open(path) as image:
        mode = {1: "L", 3: "RGB", 4: "RGBA"}.get(channels)
        if mode is None:
            raise Unusable(f"--input {path}: the input {port} has {channels} channels, a picture has 1, 3 or 4")
        picture = image.convert(mode).resize((width, height), Image.Resampling.BILINEAR)
    values: Array = np.asarray(picture, np.float32).reshape(height, width, channels)
    if port.mean:
        values = values - np.asarray(port.mean, np.float32)
    if port.scale:
        values = values / np.asarray(port.scale, np.float32)
    axes = ["HWC".index(letter) for letter in layout if letter in "HWC"]
    single = values.transpose(axes)
    if port.kind.kind in "iu":
        limits = np.iinfo(port.kind)
        single = np.clip(np.rint(single), limits.min, limits.max)
    return single.astype(port.kind)


def _guess_layout(port: InputPort) -> str:
    """By where three channels (or one, or four) stand, as benchmark_app does. Raises Unusable where nothing fits."""
    shape = port.shape
    for channels in (3, 1, 4):
        for layout in ("NCHW", "NHWC", "CHW", "HWC"):
            if len(shape) == len(layout) and shape[layout.index("C")] == channels:
                return layout
    raise Unusable(f"the input {port} does not look like a picture; say which dimension is which with --layout NCHW")


def _grouped(single: Sequence[Array], path: Path, port: InputPort) -> list[Array]:
    """Pictures gathered into whole tensors; the last tensor is filled up from the start."""
    if single[0].shape == port.shape:
        return list(single)
    batch = int(np.prod(port.shape)) // max(single[0].size, 1)
    if batch < 1:
        raise Unusable(f"--input {path}: does not fit the input {port}")
    groups = range(0, len(single), batch)
    return [np.stack([single[(start + n) % len(single)] for n in range(batch)]).reshape(port.shape) for start in groups]
