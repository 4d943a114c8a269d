"""Pictures as input data: what Pillow reads, as 8-bit channels of the size, the order of colours and the layout of an
input. Mean and scale are a part of the model (preprocessing.py)."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ovtui.engine.errors import UsageError
from ovtui.settings.port_values import quoted
from ovtui.settings.value_text import readable

Bytes = npt.NDArray[np.uint8]
IMAGES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp"),
    *(".ppm", ".pgm", ".pbm", ".jp2", ".avif"),
)
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_UNFIT_TYPES = ("i8", "i4", "u4", "u1", "boolean", "string")
"""Element types that do not hold the 0 to 255 of a picture."""
_WIDE_FORMATS = ("PPM", "PNG")
"""Formats of which Pillow has pixels of 16 bits as I, PNG in older releases."""
_WIDE_MODES = ("I;16", "I;16L", "I;16B", "I;16N")

_QUARTER_TURNS = (5, 6, 7, 8)
"""Values of EXIF's orientation at which width and height change places."""
_NO_PILLOW = f"images as input need Pillow: {sys.executable} -m pip install pillow"


@dataclass(frozen=True, slots=True)
class PictureForm:
    """What an input makes of a picture. `letters` has one for each dimension, H and W among them. No C: grey."""

    name: str
    shape: tuple[int, ...]
    letters: str
    color: str = "rgb"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.shape[self.letters.index("W")], self.shape[self.letters.index("H")]

    @property
    def channels(self) -> int:
        return self.shape[self.letters.index("C")] if "C" in self.letters else 1

    @property
    def batch(self) -> int:
        """Pictures side by side in one tensor."""
        return self.shape[self.letters.index("N")] if "N" in self.letters else 1

    @property
    def order(self) -> str:
        """'rgb', 'bgra', 'grey': what stands in the channels, in their order."""
        ordered = {1: "grey", 3: "rgb", 4: "rgba"}.get(self.channels, "")
        return ordered.replace("rgb", "bgr") if self.color == "bgr" else ordered

    def check(self) -> None:
        """Raises UsageError where no picture has this form."""
        listed = f"the input {self.name} [{','.join(map(str, self.shape))}]"
        if self.channels not in _MODES:
            raise UsageError(
                f"--input: {listed} has {self.channels} channels ({self.letters}), a picture has 1, 3 or 4"
            )
        for letter, size in zip(self.letters, self.shape, strict=True):
            if letter not in "NCHW" and size != 1:
                raise UsageError(f"--input: {listed} is no picture: its dimension {letter} of {size} ({self.letters})")
        if 0 in self.shape:
            raise UsageError(f"--input: {listed} holds nothing")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as its file has it, upright, in as many colours as the input takes."""

    image: Any
    size: tuple[int, int]
    """Width and height before resizing."""
    remarks: tuple[str, ...]
    """What of the file is not taken as it is, as phrases."""


def check_type(name: str, kind: str, model_type: str = "") -> None:
    """Raises UsageError where the element type `kind` of the input cannot hold a picture's values. `model_type`: the
    model's own, where it is another one."""
    if kind not in _UNFIT_TYPES:
        return
    if kind == "string":
        raise UsageError(f"--input: the input {name} takes text, no picture")
    said = f"--input: the values of a picture go from 0 to 255, which the input {name} of {kind} does not hold"
    as_u8 = f"--input-precision {shlex.quote(f'{quoted(readable(name))}:u8')}"
    if (model_type or kind) not in _UNFIT_TYPES:
        raise UsageError(f"{said}; {as_u8} makes the conversion a part of the model")
    if (model_type or kind) == "i8":
        mean = f"--mean-values {shlex.quote(f'{quoted(readable(name))}:128')}"
        raise UsageError(f"{said}; {as_u8} {mean} makes it -128 to 127 in the model")
    raise UsageError(f"{said}; give the values as .npy")


def open_picture(path: Path, channels: int) -> Picture:
    """Reads a picture. 16 bits a channel become the upper 8, as libraries for PNG do it with colours; of an animated
    picture the first frame counts; one that its camera turned stands upright. Raises UsageError without Pillow, and
    ValueError, OSError or SyntaxError where it cannot be read."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise UsageError(_NO_PILLOW) from None
    remarks = []
    with _open(path, Image) as opened:
        frames = getattr(opened, "n_frames", 1)
        if frames > 1:
            remarks.append(f"the first of {frames} frames")
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        if opened.getexif().get(0x0112, 1) not in (0, 1):
            remarks.append("turned upright")
        image = upright
        if image.mode in _WIDE_MODES or (image.mode == "I" and opened.format in _WIDE_FORMATS):
            image = Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
            remarks.append("the upper 8 of 16 bits")
        elif image.mode in ("I", "F"):
            raise ValueError(f"its pixels are 32-bit numbers (mode {image.mode}); give them as .npy")
        if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
            image = image.convert("RGBA")  # at once to another mode Pillow warns of a palette's transparency
            if channels != 4:
                remarks.append("without its transparency")
        elif image.mode == "CMYK":
            remarks.append("from CMYK")
        try:
            return Picture(image.convert(_MODES[channels]), image.size, tuple(remarks))
        except ValueError:
            raise ValueError(f"its colours (mode {image.mode}) do not become {_MODES[channels]}") from None


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height, upright, by the head of the file. Raises UsageError."""
    try:
        from PIL import Image
    except ImportError:
        raise UsageError(_NO_PILLOW) from None
    try:
        with _open(path, Image) as opened:
            width, height = opened.size
            turned = opened.getexif().get(0x0112, 1) in _QUARTER_TURNS
    except (ValueError, OSError, SyntaxError) as error:
        said = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
        raise UsageError(f"--input {path}: cannot be read: {said.splitlines()[0]}") from None
    return (height, width) if turned else (width, height)


def _open(path: Path, pillow: Any) -> Any:
    try:
        return pillow.open(path)
    except pillow.DecompressionBombError as error:
        raise ValueError(str(error).partition(",")[0]) from None


def picture_values(picture: Picture, form: PictureForm) -> Bytes:
    """The picture in the form's size, order and layout, with a batch of 1 where the layout has N."""
    from PIL import Image

    # Band by band: of RGBA Pillow would mix the colours by their opacity.
    resized = [
        np.asarray(band.resize(form.size, Image.Resampling.BILINEAR), np.uint8) for band in picture.image.split()
    ]
    if form.color == "bgr" and len(resized) >= 3:
        resized[:3] = resized[2::-1]
    values = np.stack(resized)  # C, H, W
    kept = [letter for letter in form.letters if letter in "CHW"]
    values = values if "C" in kept else values[0]
    before = "CHW" if "C" in kept else "HW"
    laid = values.transpose([before.index(letter) for letter in kept])
    sizes = iter(laid.shape)
    return np.ascontiguousarray(laid.reshape([next(sizes) if letter in "CHW" else 1 for letter in form.letters]))


def batched(single: Sequence[Bytes], form: PictureForm) -> Iterator[Bytes]:
    """Whole tensors of single pictures; the last one is filled up with the first pictures."""
    axis = form.letters.index("N") if "N" in form.letters else 0
    for start in range(0, len(single), form.batch):
        group = [single[(start + n) % len(single)] for n in range(form.batch)]
        yield group[0] if form.batch == 1 else np.concatenate(group, axis)
