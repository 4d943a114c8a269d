"""The data of the latency plot, drawn by plotext: the line of medians, and the stems up to the worst of each column.

plotext takes about 9 us a point, so that a whole picture of 113 columns costs 4 ms of CPU. From one frame to the next
the columns only move to the left and the last ones change. Therefore the drawn columns are shifted, and plotext draws
only the new ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.dashboard.drawing import canvas
from ovtui.dashboard.drawing.glyphs import SPACE, Codes, Glyphs
from ovtui.records.arrays import Bools, Floats

Dots = npt.NDArray[np.int64]
_Points = tuple[Floats, Floats, Bools]
"""[n] x and y in cells of the canvas; whether a stroke joins the point to the one before."""

_MAX_SHIFT = 24
"""Drawn columns are reused if the next frame is at most this many columns ahead: half a second of the 5 s that are
shown of a young load, in 200 columns, are 20."""

_CHANGING = 2
"""The newest columns, which may still change: a shift that keeps all but so many is not bettered by a longer one."""


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
        parts = [(kept, columns)] if kept < columns else []
        if kept and moved and 0 <= self._p50[moved - 1] != p50_dots[0] >= 0:
            # After a shift the line into the first column no longer comes from a column before it.
            parts.append((0, 1))
        if parts:
            _draw_parts(drawn, p50_dots, worst_dots, parts, glyphs)
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
        if kept and n - moved - kept <= _CHANGING:
            break
    return best


def _shifted(codes: Codes, moved: int, kept: int) -> Codes:
    out = np.full_like(codes, SPACE)
    out[:, :kept] = codes[:, moved : moved + kept]
    return out


def _draw_parts(drawn: DrawnStrokes, p50: Dots, worst: Dots, parts: Sequence[tuple[int, int]], glyphs: Glyphs) -> None:
    """Draws the cells `low` to `high - 1` of each part; the line into them starts in the cell before.

    All of them lie side by side on one canvas, the stems beside the lines where both have the same marker: a picture of
    plotext takes 0.7 ms before its first point."""
    rows, columns = drawn.line.shape
    n, across, up = len(p50), glyphs.dots[0], glyphs.dots[1]
    # The cell of each column: its own number where there is one column per cell.
    cell = np.arange(n) * columns // max(n, 1)
    lines: list[_Points] = []
    stems: list[_Points] = []
    places: list[int] = []
    width = 0
    for low, high in parts:
        chosen = np.flatnonzero((cell >= low - 1) & (cell < high))
        x = (cell[chosen] - (low - 1) + width).astype(np.float64)
        lines.append(_line_points(x, p50[chosen], across, up))
        stems.append(_stem_points(x, p50[chosen], worst[chosen], across, up))
        places.append(width)
        width += high - low + 1
    if glyphs.median == glyphs.worst:
        beside = [(x + width, y, joined) for x, y, joined in stems]
        both = canvas.draw(*_together([*lines, *beside]), glyphs.median, 2 * width, rows)
        line_cells, stem_cells = both[:, :width], both[:, width:]
    else:
        line_cells = canvas.draw(*_together(lines), glyphs.median, width, rows)
        stem_cells = canvas.draw(*_together(stems), glyphs.worst, width, rows)
    for (low, high), place in zip(parts, places, strict=True):
        drawn.line[:, low:high] = line_cells[:, place + 1 : place + 1 + high - low]
        drawn.stems[:, low:high] = stem_cells[:, place + 1 : place + 1 + high - low]


def _together(strokes: Sequence[_Points]) -> _Points:
    """One after the other; the first point of each is joined to none before it."""
    x, y, joined = zip(*strokes, strict=True)
    return np.concatenate(x), np.concatenate(y), np.concatenate(joined)


def _line_points(x: Floats, p50: Dots, across: int, up: int) -> _Points:
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


def _stem_points(x: Floats, p50: Dots, worst: Dots, across: int, up: int) -> _Points:
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
