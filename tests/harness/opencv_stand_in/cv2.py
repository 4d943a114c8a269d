"""What benchmark_app asks of OpenCV, made of Pillow, for its side of a comparison: 90 MB less to install. A picture
that has the input's size already is the same here and there; where it is resized, the values differ a little."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

COLOR_BGR2GRAY = 6


def imread(path: str) -> np.ndarray[Any, Any]:
    """[height, width, 3], u8, in the order blue, green, red."""
    with Image.open(path) as picture:
        return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])


def resize(picture: np.ndarray[Any, Any], size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """`size`: width, height."""
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def cvtColor(picture: np.ndarray[Any, Any], code: int) -> np.ndarray[Any, Any]:
    assert code == COLOR_BGR2GRAY
    return np.asarray(Image.fromarray(picture[:, :, ::-1]).convert("L"))
