"""Many straight lines at once, from the upper to the lower edge of a canvas of dots, in layers of one colour each.

What a frame costs depends on lines times rows of dots and hardly on their length: each line is one run of dots in each
row, and all runs of all lines are added up in two counts. 1,000 lines over 4 rows of cells take 0.5 ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.dashboard.charts.glyphs import Glyphs

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SPACE = 32
_BRAILLE = 0x2800
_WEIGHTS = {
    "braille": np.array([[1, 8], [2, 16], [4, 32], [64, 128]], np.uint32),
    "block": np.array([[8, 4], [2, 1]], np.uint32),
}
"""[up][across] what a dot adds to the number of a cell's glyph."""
_QUADRANTS = np.array([ord(c) for c in " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█"], np.uint32)


@dataclass(frozen=True, slots=True)
class Lines:
    """[n] lines: where each leaves the upper edge and reaches the lower one, in cells from the left edge, and the layer
    that it lies in. Ends may lie outside; what is outside is not drawn."""

    upper: Floats
    lower: Floats
    layer: Ints


def draw(
    lines: Lines, layers: int, dashed: frozenset[int], width: int, height: int, glyphs: Glyphs
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int8]]:
    """[height, width] code points, and the layer that each cell shows: the highest that has a dot in it, -1 for none.

    Lines of `dashed` layers have gaps, so that they are told apart without colour."""
    codes = np.full((height, width), SPACE, np.uint32)
    tops = np.full((height, width), -1, np.int8)
    if width <= 0 or height <= 0 or not len(lines.upper):
        return codes, tops
    if glyphs.slopes:
        return _draw_slopes(lines, layers, dashed, codes, tops, glyphs)
    across, up = glyphs.dots
    dots = _dots(lines.upper * across, lines.lower * across, lines.layer, layers, width * across, height * up)
    for layer in dashed:
        dots[layer] &= (np.arange(height * up) % up < up // 2)[:, None]
    cells = dots.reshape(layers, height, up, width, across)
    drawn = dots.any(axis=0).reshape(height, up, width, across)
    numbers = np.einsum("hywx,yx->hw", drawn, _WEIGHTS[glyphs.name], dtype=np.uint32)
    glyph = _BRAILLE + numbers if glyphs.name == "braille" else _QUADRANTS[numbers]
    codes[:] = np.where(numbers > 0, glyph, SPACE)
    for layer in range(layers):
        tops[cells[layer].any(axis=(1, 3))] = layer
    return codes, tops


def _draw_slopes(
    lines: Lines, layers: int, dashed: frozenset[int], codes: npt.NDArray[np.uint32], tops: npt.NDArray[np.int8],
    glyphs: Glyphs,
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int8]]:  # fmt: skip
    """One character a cell: its slope is what tells lines apart."""
    height, width = codes.shape
    steepness = np.abs(lines.lower - lines.upper) / height
    slope = np.digitize(steepness, (0.5, 2.0))
    slope[np.isin(lines.layer, list(dashed))] = len(glyphs.slopes) - 1
    kinds = len(glyphs.slopes)
    dots = _dots(lines.upper, lines.lower, lines.layer * kinds + slope, layers * kinds, width, height)
    for layer in range(layers):
        for kind, glyph in enumerate(glyphs.slopes):
            here = dots[layer * kinds + kind]
            codes[here] = ord(glyph)
            tops[here] = layer
    return codes, tops


def _dots(upper: Floats, lower: Floats, layer: Ints, layers: int, width: int, height: int) -> Bools:
    """[layers, height, width] whether a line of the layer goes through that dot."""
    left, right = np.minimum(upper, lower), np.maximum(upper, lower)
    seen = np.flatnonzero(np.isfinite(left) & np.isfinite(right) & (right >= 0) & (left <= width))
    # Far ends are brought near, on the line: what is seen keeps its slope, and no number grows too large to count.
    upper, lower = upper[seen], lower[seen]
    share = np.arange(height + 1)[:, None] / height
    x = upper + (lower - upper) * share
    low = np.floor(np.minimum(x[:-1], x[1:])).clip(0, width).astype(np.int64)
    # Up to the dot where the next row takes over, and never nothing.
    high = np.floor(np.maximum(x[:-1], x[1:])).clip(-1, width - 1).astype(np.int64) + 1
    row = (layer[seen] * height + np.arange(height)[:, None]) * (width + 1)
    drawn = low < high
    size = layers * height * (width + 1)
    change = np.bincount((row + low)[drawn], minlength=size) - np.bincount((row + high)[drawn], minlength=size)
    return (np.cumsum(change.reshape(layers, height, width + 1), axis=2) > 0)[:, :, :width]
