"""How far the values of one tensor are from those that are taken for the truth."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LARGE_SHARE = 0.01
"""An element's own relative difference counts from this share of the largest magnitude on: below it rounding of the
large ones is all that is left."""
_BLOCK = 1 << 18
"""Elements that are converted to f64 at a time: memory stays at a few MiB whatever the tensor's size, and in the
cache."""
_ZERO = float(np.finfo(np.float32).tiny)
"""A tensor whose largest magnitude is below this is zero: devices flush such numbers."""
_MOST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Compared:
    """One tensor of one request on both sides."""

    shape: tuple[int, ...]
    elements: int
    exact: bool
    """Integers, booleans, strings, bits: any other value is a difference."""
    unequal: int
    max_absolute: float | None = None
    max_relative: float | None = None
    max_elementwise: float | None = None
    cosine: float | None = None
    scale: float = 0.0
    """The largest magnitude of the truth."""
    nans: tuple[int, int] = (0, 0)
    infinities: tuple[int, int] = (0, 0)
    same_infinities: int = 0
    """Of the same sign in the same place."""
    flat: bool = False
    """All elements of the truth are one number, other than zero."""
    why: str = ""
    """Why nothing can be compared, as a phrase."""


def compare(device: Array, truth: Array, *, exact: bool, floor: float = 0.0) -> Compared:
    """`exact`: the values are no floats. `floor`: the least magnitude that relative differences are taken of."""
    shape = device.shape
    if shape != truth.shape:
        why = f"shape {_text(shape)} against {_text(truth.shape)}"
        return Compared(shape, device.size, exact, max(device.size, truth.size), why=why)
    kinds = device.dtype.kind + truth.dtype.kind
    if "S" in kinds or "U" in kinds:
        if len(set(kinds)) > 1:
            return Compared(shape, device.size, exact, device.size, why="text against numbers")
        return Compared(shape, device.size, True, int((device != truth).sum()))
    a, b = np.ascontiguousarray(device).reshape(-1), np.ascontiguousarray(truth).reshape(-1)
    if exact and set(kinds) <= set("iub") and device.dtype == truth.dtype:
        return _integers(shape, a, b)
    return _floats(shape, a, b, exact, floor)


def compare_bits(device: bytes, truth: bytes, shape: tuple[int, ...]) -> Compared:
    """Of a type whose values numpy has no form for."""
    a, b = np.frombuffer(device, np.uint8), np.frombuffer(truth, np.uint8)
    unequal = int((a != b).sum()) if a.size == b.size else max(a.size, b.size)
    return Compared(shape, int(np.prod(shape, dtype=np.int64)), True, unequal)


def _integers(shape: tuple[int, ...], a: Array, b: Array) -> Compared:
    """Exact also where f64 is not: 2**63 and 2**63 - 1 differ."""
    if a.dtype.kind == "b":
        a, b = a.view(np.uint8), b.view(np.uint8)
    found = _floats(shape, a, b, True, 0.0)
    at = np.flatnonzero(a != b)
    x, y = a[at], b[at]
    with np.errstate(over="ignore"):
        far = np.where(x > y, x.astype(np.uint64) - y.astype(np.uint64), y.astype(np.uint64) - x.astype(np.uint64))
    absolute = float(int(far.max())) if far.size else 0.0 if a.size else None
    return Compared(
        shape, a.size, True, at.size, absolute, _relative(absolute, found.scale), found.max_elementwise, found.cosine,
        found.scale,
    )  # fmt: skip


def _floats(shape: tuple[int, ...], a: Array, b: Array, exact: bool, floor: float) -> Compared:
    nans, infinities, same, unequal, compared = [0, 0], [0, 0], 0, 0, 0
    absolute = scale = magnitude = 0.0
    low, high = math.inf, -math.inf
    for x, y in _blocks(a, b):
        finite = np.isfinite(x) & np.isfinite(y)
        if not finite.all():
            nans[0] += int(np.isnan(x).sum())
            nans[1] += int(np.isnan(y).sum())
            infinities[0] += int(np.isinf(x).sum())
            infinities[1] += int(np.isinf(y).sum())
            same += int((np.isinf(x) & (x == y)).sum())
            unequal += int((~finite).sum())
            x, y = x[finite], y[finite]
        if not x.size:
            continue
        compared += x.size
        far = _distance(x, y)
        unequal += int(np.count_nonzero(far))
        absolute = max(absolute, float(far.max()))
        magnitude = max(magnitude, float(np.abs(x).max()))
        low, high = min(low, float(y.min())), max(high, float(y.max()))
        scale = max(scale, abs(low), abs(high))
    if not compared:
        return Compared(
            shape, a.size, exact, unequal, nans=(nans[0], nans[1]), infinities=(infinities[0], infinities[1]),
            same_infinities=same,
        )  # fmt: skip
    dot = xx = yy = elementwise = 0.0
    for x, y in _blocks(a, b):
        finite = np.isfinite(x) & np.isfinite(y)
        if not finite.all():
            x, y = x[finite], y[finite]
        large = np.abs(y) >= max(LARGE_SHARE * scale, _ZERO)
        if large.any():
            with np.errstate(over="ignore"):
                shares = _distance(x[large], y[large]) / np.abs(y[large])
            elementwise = max(elementwise, float(shares.max()))
        if magnitude > 0 and scale > 0:
            x, y = x / magnitude, y / scale
            dot, xx, yy = dot + float(x @ y), xx + float(x @ x), yy + float(y @ y)
    cosine = max(-1.0, min(1.0, dot / (xx * yy) ** 0.5)) if xx > 0 and yy > 0 else None
    return Compared(
        shape, a.size, exact, unequal, absolute, _relative(absolute, max(scale, floor)), min(elementwise, _MOST),
        cosine, scale, (nans[0], nans[1]), (infinities[0], infinities[1]), same,
        flat=compared > 1 and low == high != 0,
    )  # fmt: skip


def _relative(absolute: float | None, scale: float) -> float | None:
    return absolute if absolute is None or scale < _ZERO else min(absolute / scale, _MOST)


def _distance(x: Array, y: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(np.abs(x - y), _MOST))


def _blocks(a: Array, b: Array) -> Iterator[tuple[Array, Array]]:
    for at in range(0, a.size, _BLOCK):
        yield a[at : at + _BLOCK].astype(np.float64), b[at : at + _BLOCK].astype(np.float64)


def _text(shape: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, shape))}]"
