"""The strip under the latency plot, as a grid of cells: use of the CPU and of the accelerators in percent, one row or
more for each, and the times in which the machine was throttled or other processes took its cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk, code_points
from ovtui.dashboard.drawing.glyphs import SPACE, Glyphs
from ovtui.dashboard.overview.disturbance_marks import row_label
from ovtui.dashboard.overview.plot_layout import MAX_COLUMNS, bars_width
from ovtui.metrics import number_format
from ovtui.metrics.session.disturbances import Disturbance, DisturbanceKind
from ovtui.records.arrays import Bools, Floats

GUTTER = 10
"""Cells to the left of the drawing: 'CPU 100 %' and the axis."""
SIDE_GAP = 1
"""Cells between the drawing and the names to the right of it, under the sparkline's label."""
_GUTTER_NAMES: dict[DisturbanceKind, str] = {"throttle": "throttled", "other-load": "others"}
_SPAN_INKS: dict[DisturbanceKind, ChartInk] = {"throttle": ChartInk.MARK, "other-load": ChartInk.DIM}
_SOURCES = {"cpu": 0, "gpu": 1, "quota": 2}
_SEVERAL = 3


@dataclass(frozen=True, slots=True)
class StripRow:
    """The use of one device."""

    name: str
    percent: Floats
    """[n] columns; NaN where it is not known."""
    now: float | None
    ink: ChartInk
    note: str = ""
    """Said in the row instead, where nothing is known of all its columns."""
    height: int = 1
    """Rows of cells."""


@dataclass(frozen=True, slots=True)
class StripFrame:
    """The input of one picture."""

    rows: Sequence[StripRow]
    begin_ns: int
    end_ns: int
    """Of the columns."""
    now_ns: int
    spans: Sequence[Disturbance] = ()
    kinds: Sequence[DisturbanceKind] = ()
    """The kinds that have a row, whether or not any of them are within the columns: rows do not come and go."""

    @property
    def height(self) -> int:
        """The rows of cells that it needs."""
        return sum(row.height for row in self.rows) + len(self.kinds)


@dataclass(frozen=True, slots=True)
class StripLayout:
    """`labels_left`: as the plot has them; else to the right, as the sparkline has them."""

    width: int
    height: int
    labels_left: bool = True

    @property
    def left(self) -> int:
        return GUTTER if self.labels_left and self.width >= 3 * GUTTER else 0

    @property
    def cells(self) -> int:
        """Width of the drawing."""
        if self.labels_left:
            return max(self.width - self.left, 0)
        return bars_width(self.width)

    @property
    def data_columns(self) -> int:
        return min(self.cells, MAX_COLUMNS)


def draw_strip(frame: StripFrame, layout: StripLayout, glyphs: Glyphs) -> CellGrid:
    """What does not fit is left out from the bottom."""
    cells = CellGrid(layout.width, layout.height)
    if not layout.cells or not layout.height or not frame.rows:
        return cells
    y = 0
    for row in frame.rows:
        _draw_row(cells, row, y, layout, glyphs)
        y += row.height
    for kind in frame.kinds:
        _draw_spans(cells, frame, kind, y, layout, glyphs)
        y += 1
    return cells


def _draw_row(cells: CellGrid, row: StripRow, y: int, layout: StripLayout, glyphs: Glyphs) -> None:
    tall, bottom = row.height, min(y + row.height, cells.height)
    _label(cells, row.name, glyphs.text(percent_text(row.now)), bottom - 1, layout, row.ink)
    known = np.isfinite(row.percent)
    for level_y in range(y, bottom):
        if layout.left:
            cells.put(layout.left - 1, level_y, glyphs.axis, ChartInk.DIM)
    if not known.any():
        cells.put(layout.left, bottom - 1, glyphs.text(row.note)[: layout.cells], ChartInk.DIM)
        return
    at = np.arange(layout.cells) * len(row.percent) // layout.cells
    levels = len(glyphs.levels)
    percent = np.where(known, row.percent, 0.0)
    heights = np.clip((np.clip(percent, 0, 100) / 100 * levels * tall).astype(np.int64), 0, levels * tall - 1)[at]
    drawn = known[at]
    bars = np.concatenate(([SPACE], code_points(glyphs.levels))).astype(np.uint32)
    for above in range(tall):
        level_y = y + tall - 1 - above
        if level_y >= cells.height:
            continue
        filled = np.clip(heights - above * levels + 1, 0, levels)
        cells.codes[level_y, layout.left : layout.left + layout.cells] = np.where(drawn, bars[filled], SPACE)
        cells.styles[level_y, layout.left : layout.left + layout.cells] = row.ink


def _label(cells: CellGrid, name: str, value: str, y: int, layout: StripLayout, ink: ChartInk) -> None:
    """The name and the value; without room for them only the drawing is left."""
    if layout.left:
        cells.put(0, y, f"{name:<4}", ink)
        cells.put(layout.left - 1 - len(value), y, value, ChartInk.PLAIN)
    elif not layout.labels_left and layout.cells < layout.width:
        cells.put(layout.cells + SIDE_GAP, y, name, ink)
        cells.put(layout.width - len(value), y, value, ChartInk.PLAIN)


def percent_text(percent: float | None) -> str:
    """'43 %', at most five characters: a share of the last second has no decimals that mean anything."""
    if percent is None or not np.isfinite(percent):
        return number_format.UNKNOWN
    return f"{min(max(percent, 0.0), 100.0):.0f} %"


def _draw_spans(
    cells: CellGrid, frame: StripFrame, kind: DisturbanceKind, y: int, layout: StripLayout, glyphs: Glyphs
) -> None:
    """A rule in the time of each span with what it was, as far as that fits. Rules of sources differ, and where several
    lie over each other, that has a glyph of its own."""
    ink = _SPAN_INKS[kind]
    if layout.left:
        cells.put(0, y, _GUTTER_NAMES[kind], ink)
        cells.put(layout.left - 1, y, glyphs.axis, ChartInk.DIM)
    elif not layout.labels_left and layout.cells < layout.width:
        cells.put(layout.cells + SIDE_GAP, y, _GUTTER_NAMES[kind], ink)
    if y >= cells.height or frame.end_ns <= frame.begin_ns:
        return
    runs = [(span, *run) for span in frame.spans if span.kind == kind and (run := _run(span, frame, layout.cells))]
    taken: Bools = np.zeros(layout.cells, bool)
    for span, first, last in runs:
        rule = glyphs.spans[_SOURCES.get(span.source or "", 0)]
        for x in range(first, last):
            cells.put(layout.left + x, y, glyphs.spans[_SEVERAL] if taken[x] else rule, ink)
        taken[first:last] = True
    free: Bools = np.ones(layout.cells, bool)
    for span, first, last in runs:
        text = glyphs.text(row_label(span))
        # One cell of the rule stays on either side, so that one sees where the span begins and ends.
        room = free[first:last]
        start = first + (int(room.argmax()) if room.any() else len(room)) + 1
        if start + len(text) + 1 <= last and free[start : start + len(text) + 1].all():
            cells.put(layout.left + start, y, text, ink)
            free[start - 1 : start + len(text) + 1] = False


def _run(span: Disturbance, frame: StripFrame, width: int) -> tuple[int, int] | None:
    """The cells of a span, at least one; None outside of the columns."""
    until_ns = span.until_ns if span.until_ns is not None else max(frame.now_ns, span.since_ns)
    if until_ns < frame.begin_ns or span.since_ns >= frame.end_ns:
        return None
    length_ns = frame.end_ns - frame.begin_ns
    first = (max(span.since_ns, frame.begin_ns) - frame.begin_ns) * width // length_ns
    last = -(-(min(until_ns, frame.end_ns) - frame.begin_ns) * width // length_ns)
    return first, max(min(last, width), first + 1)
