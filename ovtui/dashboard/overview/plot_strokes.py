"""The data of the latency plot, drawn by plotext: the line of medians, and the stems up to the worst of each column.

plotext takes about 9 us a point, so that a whole picture of 113 columns costs 4 ms of CPU. From one frame to the next
the columns only move to the left and the last ones change. Therefore the drawn columns are shifted, and plotext draws
only the new ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.dashboard.drawing import canvas
from ovtui.dashboard.drawing.glyphs import SPACE, Codes, Glyphs
from ovtui.records.arrays import Bools, Floats

Dots = npt.NDArray[np.int64]

_MAX_SHIFT = 8
"""Drawn columns are reused if the next frame is at most this many columns ahead."""


@dataclass(frozen=True, slots=True)
class DrawnStrokes:
    """[rows, columns] code points of both layers, a space in cells without a dot."""

    line: Codes
    stems: Codes

    def merged(self, glyphs: Glyphs) -> Codes:
        """The dots of both layers; the line's in a cell that cannot show both."""
        codes = np.where(self.line != SPACE, self.line, self.stems)
        both = (self.line != SPACE) & (self.stems != SPACE)
        if glyphs.dot_glyphs is not None:
            codes[both] = glyphs.dot_glyphs.merged(self.line[both], self.stems[both])
        return codes


class StrokeCache:
    """The drawing of the last frame, to be reused by the next one. Owner: the plot."""

    def __init__(self) -> None:
        self._p50: Dots = np.zeros(0, np.int64)
        self._worst = self._p50
        self._drawn: DrawnStrokes | None = None
        self._shape = (0, 0, "")

    def draw(self, p50: Floats, worst: Floats, columns: int, rows: int, glyphs: Glyphs) -> DrawnStrokes:
        """`p50`, `worst` [n]: shares of the height, clipped to 0 to 1; NaN in columns without a value."""
        p50_dots, worst_dots = dots_of(p50, rows, glyphs), dots_of(worst, rows, glyphs)
        shape = (columns, rows, glyphs.name)
        moved, kept = 0, 0
        if shape == self._shape and len(p50_dots) == len(self._p50) == columns:
            moved, kept = _find_shift((self._p50, self._worst), (p50_dots, worst_dots))
        if self._drawn is not None and kept:
            drawn = DrawnStrokes(_shifted(self._drawn.line, moved, kept), _shifted(self._drawn.stems, moved, kept))
        else:
            drawn = DrawnStrokes(*(np.full((rows, columns), SPACE, np.uint32) for _ in range(2)))
        # After a shift the line into the first column no longer comes from a column before it.
        for low, high in ((0, 1 if moved and kept else 0), (kept, columns)):
            if low < high:
                _draw_columns(drawn, p50_dots, worst_dots, low, high, glyphs)
        self._p50, self._worst, self._drawn, self._shape = p50_dots, worst_dots, drawn, shape
        return drawn


def dots_of(shares: Floats, rows: int, glyphs: Glyphs) -> Dots:
    """[n] dot rows counted from the bottom, 0 the lowest; -1 for NaN."""
    dots = rows * glyphs.dots[1]
    known = np.isfinite(shares)
    heights = np.floor(np.clip(np.where(known, shares, 0), 0, 1) * dots).astype(np.int64)
    return np.where(known, np.minimum(heights, dots - 1), -1)


def _find_shift(old: tuple[Dots, Dots], new: tuple[Dots, Dots]) -> tuple[int, int]:
    """How many columns the new frame is ahead of the old one, and how many of its first columns are the same."""
    n = len(new[0])
    best = (0, 0)
    for moved in range(min(_MAX_SHIFT, n)):
        same = (old[0][moved:] == new[0][: n - moved]) & (old[1][moved:] == new[1][: n - moved])
        kept = len(same) if same.all() else int(same.argmin())
        if kept > best[1]:
            best = (moved, kept)
    return best


def _shifted(codes: Codes, moved: int, kept: int) -> Codes:
    out = np.full_like(codes, SPACE)
    out[:, :kept] = codes[:, moved : moved + kept]
    return out


def _draw_columns(drawn: DrawnStrokes, p50: Dots, worst: Dots, low: int, high: int, glyphs: Glyphs) -> None:
    """Draws the cells `low` to `high - 1`; the line into them starts in the cell before."""
    rows, columns = drawn.line.shape
    n, across, up = len(p50), glyphs.dots[0], glyphs.dots[1]
    # The cell of each column: its own number where there is one column per cell.
    cell = np.arange(n) * columns // max(n, 1)
    chosen = np.flatnonzero((cell >= low - 1) & (cell < high))
    x = (cell[chosen] - (low - 1)).astype(np.float64)
    width = high - low + 1
    line = canvas.draw(*_line_points(x, p50[chosen], across, up), glyphs.median, width, rows)
    stems = canvas.draw(*_stem_points(x, p50[chosen], worst[chosen], across, up), glyphs.worst, width, rows)
    drawn.line[:, low:high] = line[:, 1:]
    drawn.stems[:, low:high] = stems[:, 1:]


def _line_points(x: Floats, p50: Dots, across: int, up: int) -> tuple[Floats, Floats, Bools]:
    """Points of the line for the canvas: horizontal through the cell of each column, vertical at the left dot of the
    next cell.

    Thus every dot lies in the row or column of a point, and none depends on how a slope is rounded. Points within a
    horizontal run are left out. The line is broken at columns in which no request completed."""
    known = p50 >= 0
    joined = known & np.concatenate(([False], known[:-1]))
    before = np.concatenate(([-1], p50[:-1]))
    begins = known & (p50 != before)
    ends = known & np.concatenate((p50[1:] != p50[:-1], [True]))
    corner = begins & joined
    index = np.concatenate([np.flatnonzero(part) for part in (corner, begins, ends)])
    turn = np.concatenate([np.full(int(part.sum()), i) for i, part in enumerate((corner, begins, ends))])
    order = np.lexsort((turn, index))
    index, turn = index[order], turn[order]
    left, right = 0.5 / across, 1 - 0.5 / across
    points_x = x[index] + np.where(turn == 2, right, left)
    points_y = (np.where(turn == 0, before[index], p50[index]) + 0.5) / up
    return points_x, points_y, (turn != 1) | joined[index]


def _stem_points(x: Floats, p50: Dots, worst: Dots, across: int, up: int) -> tuple[Floats, Floats, Bools]:
    """Points of the stems for the canvas: at the right dot of a column's cell, from above the median to the worst."""
    shown = np.flatnonzero(worst > p50)
    right = x[shown] + 1 - 0.5 / across
    # A column without a median has one dot, at its worst.
    low = np.where(p50[shown] >= 0, p50[shown] + 1, worst[shown])
    tall = low < worst[shown]
    points_x = np.concatenate((right, right[tall]))
    points_y = (np.concatenate((low, worst[shown][tall])) + 0.5) / up
    joined = np.concatenate((np.zeros(len(right), bool), np.ones(int(tall.sum()), bool)))
    order = np.argsort(np.concatenate((np.arange(len(right)), np.flatnonzero(tall) + 0.5)), kind="stable")
    return points_x[order], points_y[order], joined[order]
