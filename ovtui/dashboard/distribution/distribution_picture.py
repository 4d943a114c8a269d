"""Pictures of latency distributions: a histogram, and latency over percentiles, for several groups of requests.

Each group carries its name where it is drawn, so that colour is not needed to tell groups apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np

from ovtui.dashboard.drawing import canvas
from ovtui.dashboard.drawing.cells import CellGrid, code_points
from ovtui.dashboard.drawing.glyphs import SPACE, Glyphs
from ovtui.dashboard.drawing.value_axis import ValueAxis
from ovtui.metrics import number_format
from ovtui.metrics.queries.distribution import Distribution
from ovtui.records.arrays import Floats
from ovtui.settings.schema.slo import Limit

LEFT_MARGIN = 7
"""Cells left of the plot: five for a label, a blank, and the axis."""
_MARKED_PERCENTILES = (50.0, 90.0, 99.0, 99.9)
_MARKERS = "*o+x"
"""Of the groups' curves, for glyph sets without dots."""
_MAX_CURVE_POINTS = 120
"""plotext takes 9 us for each point of a curve."""


class DistributionInk(IntEnum):
    PLAIN = 0
    TITLE = 1
    DIM = 2
    LIMIT = 3
    FIRST = 4
    SECOND = 5
    THIRD = 6
    FOURTH = 7

    @property
    def component(self) -> str:
        return f"distribution--{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class DistributionScene:
    groups: Sequence[Distribution]
    axis: ValueAxis
    limits: Sequence[Limit]
    """The SLO limits of the latency kind that is shown."""
    title: str
    hint: str = ""


def group_ink(number: int) -> DistributionInk:
    return DistributionInk(DistributionInk.FIRST + number % 4)


def bars(scene: DistributionScene, width: int, height: int, glyphs: Glyphs) -> CellGrid:
    """Histograms: a strip per group over one latency axis; a bar counts the group's requests in its column."""
    cells = CellGrid(width, height)
    columns, bottom = width - LEFT_MARGIN - 1, height - 2
    if columns < 8 or bottom < 2:
        return cells
    _draw_heading(cells, scene, glyphs)
    edges_ms = scene.axis.edges(columns)
    strips = _strip_rows(1, bottom, len(scene.groups))
    for number, (group, (top, rows)) in enumerate(zip(scene.groups, strips, strict=True)):
        _draw_strip(cells, group, group.bars(edges_ms), (top, rows), group_ink(number), glyphs)
    for limit in scene.limits:
        _draw_vertical_limit(cells, limit, scene.axis, columns, bottom, glyphs)
    _draw_value_axis(cells, scene, columns, bottom, glyphs)
    return cells


def _strip_rows(top: int, bottom: int, groups: int) -> list[tuple[int, int]]:
    """First row and height of each group's strip."""
    rows = bottom - top
    edges = [top + rows * i // max(groups, 1) for i in range(groups + 1)]
    return [(a, b - a) for a, b in pairwise(edges)]


def _draw_strip(
    cells: CellGrid, group: Distribution, counts: Floats, where: tuple[int, int], ink: DistributionInk, glyphs: Glyphs
) -> None:
    top, rows = where
    if rows < 1:
        return
    most = float(counts.max())
    steps = len(glyphs.levels)
    # Even a single request is visible: the lowest step stands for half a request or more.
    heights = np.ceil(counts / most * rows * steps - 1e-9) if most > 0 else np.zeros(len(counts))
    heights[(counts < 0.5) & (heights <= 1)] = 0
    full = code_points(glyphs.levels[-1])[0]
    levels = code_points(glyphs.levels)
    for row in range(rows):
        remaining = heights - (rows - 1 - row) * steps
        codes = np.where(remaining >= steps, full, levels[np.clip(remaining - 1, 0, steps - 1).astype(np.int64)])
        drawn = remaining > 0
        columns = slice(LEFT_MARGIN, LEFT_MARGIN + len(counts))
        cells.codes[top + row, columns] = np.where(drawn, codes, SPACE)
        cells.styles[top + row, columns] = np.where(drawn, ink, DistributionInk.PLAIN)
    for row in range(rows):
        cells.put(LEFT_MARGIN - 1, top + row, glyphs.axis, DistributionInk.DIM)
    share = _share_label(most / group.count) if group.count else ""
    cells.put(LEFT_MARGIN - 2 - len(share), top, share, DistributionInk.DIM)
    cells.put(LEFT_MARGIN - 1, top, glyphs.tick, DistributionInk.DIM)
    name = glyphs.text(f" {group.name}  {_figures_text(group)} ")
    # At whichever end it hides fewer bars: the right one, above the tail, or the left one.
    right, start = cells.width - len(name), LEFT_MARGIN
    row = cells.codes[top]
    hides_right, hides_left = ((row[x : x + len(name)] != SPACE).sum() for x in (max(right, 0), start))
    cells.put(right if hides_right <= hides_left else start, top, name, ink)


def _share_label(share: float) -> str:
    """In the five cells left of the axis: without the blank, and without what does not fit: '33.3%', '>99%', '100%'."""
    text = number_format.share(share).replace(" ", "")
    return text if len(text) <= 5 else text.replace(".9%", "%").replace(".0%", "%")


def _figures_text(group: Distribution) -> str:
    p50, p99 = group.percentile(50), group.percentile(99)
    parts = [
        f"{group.count:,}",
        f"p50 {number_format.milliseconds(p50)}" if p50 is not None else "",
        f"p99 {number_format.milliseconds(p99)}" if p99 else "",
    ]
    return "  ".join(part for part in parts if part)


def _draw_vertical_limit(
    cells: CellGrid, limit: Limit, axis: ValueAxis, columns: int, bottom: int, glyphs: Glyphs
) -> None:
    share = float(axis.share(np.array([limit.bound]))[0])
    if not 0 <= share < 1:
        return
    x = LEFT_MARGIN + int(share * columns)
    for y in range(1, bottom):
        if cells.is_blank(x, y, 1):
            cells.put(x, y, glyphs.mark, DistributionInk.LIMIT)
    text = glyphs.text(str(limit))
    start = x + 1 if x + 1 + len(text) <= cells.width else x - len(text)
    row = next((y for y in range(2, bottom) if cells.is_blank(start, y, len(text))), 2)
    cells.put(start, row, text, DistributionInk.LIMIT)


def _draw_value_axis(cells: CellGrid, scene: DistributionScene, columns: int, y: int, glyphs: Glyphs) -> None:
    cells.put(LEFT_MARGIN - 1, y, glyphs.corner + glyphs.rule * columns, DistributionInk.DIM)
    free = LEFT_MARGIN - 1
    for share, text in scene.axis.ticks(max(columns // 8, 2)):
        x = LEFT_MARGIN + min(int(share * columns), columns - 1)
        start = min(max(x - len(text) // 2, LEFT_MARGIN), cells.width - len(text))
        if start > free:
            cells.put(start, y + 1, text, DistributionInk.DIM)
            cells.put(x, y, glyphs.crossing, DistributionInk.DIM)
            free = start + len(text)
    cells.put(max(LEFT_MARGIN - 3, 0), y + 1, "ms", DistributionInk.DIM)
    if len(scene.groups) == 1:
        _mark_percentiles(cells, scene, columns, y)


def _mark_percentiles(cells: CellGrid, scene: DistributionScene, columns: int, y: int) -> None:
    """Writes p50, p90, ... onto the axis, where there is room."""
    free = LEFT_MARGIN
    for q in _MARKED_PERCENTILES:
        value_ms = scene.groups[0].percentile(q)
        if value_ms is None:
            continue
        share = float(scene.axis.share(np.array([value_ms]))[0])
        x, text = LEFT_MARGIN + int(share * columns), f"p{q:g}"
        if 0 <= share < 1 and x >= free and x + len(text) <= cells.width:
            cells.put(x, y, text, DistributionInk.FIRST)
            free = x + len(text) + 1


def curve(scene: DistributionScene, width: int, height: int, glyphs: Glyphs) -> CellGrid:
    """Latency over the percentile, on an axis that gives each further nine the same room.

    A curve ends at the last percentile for which the group has enough requests."""
    cells = CellGrid(width, height)
    columns, rows = width - LEFT_MARGIN - 1, height - 3
    if columns < 8 or rows < 2:
        return cells
    _draw_heading(cells, scene, glyphs)
    reach = axis_end_nines(scene.groups)
    for y in range(1, 1 + rows):
        cells.put(LEFT_MARGIN - 1, y, glyphs.axis, DistributionInk.DIM)
    free = height
    for share, text in reversed(scene.axis.ticks(max(rows // 2, 2))):
        y = rows - min(int(share * rows), rows - 1)
        if 0 <= share <= 1 and y != free:
            cells.put(LEFT_MARGIN - 2 - len(text), y, text, DistributionInk.DIM)
            cells.put(LEFT_MARGIN - 1, y, glyphs.tick, DistributionInk.DIM)
            free = y
    for limit in scene.limits:
        _draw_horizontal_limit(cells, limit, scene.axis, columns, rows, glyphs)
    for number, group in enumerate(scene.groups):
        _draw_curve(cells, group, scene.axis, reach, columns, rows, number, glyphs)
    for number, group in enumerate(scene.groups):
        _draw_curve_name(cells, group, scene.axis, reach, columns, rows, number, glyphs, named=len(scene.groups) > 1)
    for limit in scene.limits:
        _draw_limit_text(cells, limit, scene.axis, reach, columns, rows, glyphs)
    _draw_nines_axis(cells, reach, columns, rows + 1, glyphs)
    return cells


def axis_end_nines(groups: Sequence[Distribution]) -> float:
    """End of the percentile axis in nines; a multiple of a half, so that it rarely moves."""
    nines = max((-math.log10(max(1 - group.reach, 1e-9)) for group in groups), default=2.0)
    return min(max(math.ceil(nines * 2) / 2, 1.5), 7.0)


def _curve_points(group: Distribution, axis: ValueAxis, reach: float, columns: int, rows: int) -> tuple[Floats, Floats]:
    """x and y of the curve, in cells from the lower left corner; y is NaN past the curve's end and outside the axis."""
    n = min(2 * columns, _MAX_CURVE_POINTS)
    nines = np.linspace(0, reach, n)
    share = axis.share(group.curve(nines))
    return nines / reach * columns, np.where((share >= 0) & (share <= 1), share, np.nan) * rows


def _draw_curve(
    cells: CellGrid, group: Distribution, axis: ValueAxis, reach: float, columns: int, rows: int, number: int,
    glyphs: Glyphs,
) -> None:  # fmt: skip
    x, y = _curve_points(group, axis, reach, columns, rows)
    marker = _MARKERS[number % len(_MARKERS)] if glyphs.dots == (1, 1) else glyphs.median
    joined = np.concatenate(([False], np.isfinite(y[:-1])))
    drawn = canvas.draw(x, y, joined, marker, columns, rows)
    for row, codes in enumerate(drawn):
        inked = codes != SPACE
        area = np.s_[1 + row, LEFT_MARGIN : LEFT_MARGIN + len(codes)]
        cells.codes[area] = np.where(inked, codes, cells.codes[area])
        cells.styles[area] = np.where(inked, group_ink(number), cells.styles[area])


def _draw_curve_name(
    cells: CellGrid, group: Distribution, axis: ValueAxis, reach: float, columns: int, rows: int, number: int,
    glyphs: Glyphs, *, named: bool,
) -> None:  # fmt: skip
    """Writes the group's name and its maximum, which the curve does not reach, near the curve's end."""
    x, y = _curve_points(group, axis, reach, columns, rows)
    known = np.flatnonzero(np.isfinite(y))
    if not len(known):
        return
    marker = f"{_MARKERS[number % len(_MARKERS)]} " if glyphs.dots == (1, 1) and named else ""
    highest = f"max {number_format.milliseconds(group.max_ms)}"
    text = glyphs.text(f"{marker}{group.name}, {highest}" if named else highest)
    end_x, end_y = LEFT_MARGIN + int(x[known[-1]]), rows - int(min(y[known[-1]], rows - 1))
    start = max(min(end_x + 1, cells.width - len(text)), LEFT_MARGIN)
    for row in (end_y, *(end_y + d * sign for d in range(1, rows) for sign in (-1, 1))):
        if 1 <= row <= rows and cells.is_blank(start, row, len(text)):
            cells.put(start, row, text, group_ink(number))
            return


def _limit_row(limit: Limit, axis: ValueAxis, rows: int) -> int | None:
    share = float(axis.share(np.array([limit.bound]))[0])
    return rows - min(int(share * rows), rows - 1) if 0 <= share <= 1 else None


def _draw_horizontal_limit(
    cells: CellGrid, limit: Limit, axis: ValueAxis, columns: int, rows: int, glyphs: Glyphs
) -> None:
    y = _limit_row(limit, axis, rows)
    if y is not None:
        cells.put(LEFT_MARGIN, y, ("-" if glyphs.name == "ascii" else "╌") * columns, DistributionInk.LIMIT)


def _draw_limit_text(
    cells: CellGrid, limit: Limit, axis: ValueAxis, reach: float, columns: int, rows: int, glyphs: Glyphs
) -> None:
    """Writes the limit at the left, where curves are low, and marks the percentile it applies to."""
    y = _limit_row(limit, axis, rows)
    if y is None:
        return
    text = glyphs.text(f" {limit} ")
    cells.put(LEFT_MARGIN + 1, y, text, DistributionInk.LIMIT)
    if limit.q is not None:
        x = LEFT_MARGIN + int(-math.log10(1 - limit.q / 100) / reach * columns)
        if LEFT_MARGIN + 1 + len(text) < x < LEFT_MARGIN + columns:
            cells.put(x, y, glyphs.failed[0], DistributionInk.LIMIT)


def _draw_nines_axis(cells: CellGrid, reach: float, columns: int, y: int, glyphs: Glyphs) -> None:
    cells.put(LEFT_MARGIN - 1, y, glyphs.corner + glyphs.rule * columns, DistributionInk.DIM)
    free = LEFT_MARGIN - 1
    for q in (0.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999):
        nines = -math.log10(1 - q / 100)
        if nines > reach + 1e-9:
            break
        x, text = LEFT_MARGIN + min(int(nines / reach * columns), columns - 1), f"{q:g} %"
        start = min(max(x - len(text) // 2, LEFT_MARGIN), cells.width - len(text))
        if start > free:
            cells.put(x, y, glyphs.crossing, DistributionInk.DIM)
            cells.put(start, y + 1, text, DistributionInk.DIM)
            free = start + len(text)


def _draw_heading(cells: CellGrid, scene: DistributionScene, glyphs: Glyphs) -> None:
    title, hint = glyphs.text(scene.title), glyphs.text(scene.hint)
    cells.put(0, 0, title, DistributionInk.TITLE)
    if len(title) + len(hint) + 3 <= cells.width:
        cells.put(cells.width - len(hint), 0, hint, DistributionInk.DIM)
