"""Latency in one row, for terminals without room for a plot: a bar for each column, the newest at the right, then what
is drawn with its lowest and its highest value. A cross stands where requests failed; where the figures leave all
requests out as warm-up, a mark stands instead of the bar. A second row says what the numbers of marks in sight mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk, code_points
from ovtui.dashboard.drawing.glyphs import SPACE, Glyphs, GlyphSet
from ovtui.dashboard.drawing.latency_axis import LatencyAxis, short_ms
from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.plot_layout import LABEL_CELLS, MAX_COLUMNS, WARM_UP_TEXT, bars_width, left_out_cells
from ovtui.dashboard.overview.plot_marks import NumberedMark, draw_legend, mark_cells
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.records.arrays import Bools, Floats

_KIND_NAMES: dict[LatencyKind, str] = {"inference": "infer", "service": "service", "response": "resp"}
"""As in the table of requests."""
_LEGEND_FROM_ROWS = 20
"""In a lower terminal, the marks have no legend."""
SparklineValue = Literal["worst", "p50"]


class Sparkline(Chart):
    """`shown`: the bars show the worst or the median of each column. A narrow sparkline has no label."""

    DEFAULT_CSS = """
    Sparkline {
        height: 1;
    }
    """

    _rows = 1
    """As high as the widget asked to be."""

    def __init__(
        self,
        *,
        shown: SparklineValue = "worst",
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyph_set=glyph_set, id=id, classes=classes)
        self.shown: SparklineValue = shown
        self.window_text = ""
        """Shown instead of the label while the window does not follow the present."""
        self.kind: LatencyKind = "response"
        """What the columns are of, for the label."""

    @property
    def column_count(self) -> int:
        return min(bars_width(self.content_size.width), MAX_COLUMNS)

    def _axis_values(self, columns: LatencyColumns) -> tuple[Floats, Floats]:
        # The values that are not drawn do not count for the axis.
        values_ms = columns.worst_ms if self.shown == "worst" else columns.p50_ms
        return values_ms, values_ms

    def _redraw(self) -> None:
        rows = 2 if self._marks and self.screen.size.height >= _LEGEND_FROM_ROWS else 1
        if rows != self._rows:
            self._rows = rows
            self.styles.height = rows
        super()._redraw()

    def _picture(self) -> CellGrid:
        return draw_sparkline(
            self._columns, self._marks, self._axis, self.shown, self.content_size.width,
            self.content_size.height, self._glyphs, self.kind, self.window_text,
        )  # fmt: skip


def draw_sparkline(
    columns: LatencyColumns, marks: Sequence[NumberedMark], axis: LatencyAxis, shown: SparklineValue, width: int,
    height: int, glyphs: Glyphs, kind: LatencyKind = "response", window_text: str = "",
) -> CellGrid:  # fmt: skip
    """Draws bars, numbers of marks in place of bars, and the label into the bottom row of a grid of `width` by `height`
    cells; with two rows and a mark in sight, the legend of marks is below it."""
    cells = CellGrid(width, height)
    values_ms = columns.worst_ms if shown == "worst" else columns.p50_ms
    n, bars = len(values_ms), bars_width(width)
    if not bars or not height or not n:
        return cells
    here = mark_cells(columns.edges_s, marks, bars)
    legend = 1 if height >= 2 and here else 0
    y = height - 1 - legend
    # With more columns than cells, a cell shows the highest of its columns.
    starts = np.arange(bars) * n // bars
    highest = np.fmax.reduceat(np.where(np.isfinite(values_ms), values_ms, np.nan), starts)
    known = np.isfinite(highest)
    left_out = left_out_cells(columns, bars)
    levels = code_points(glyphs.levels)
    level = np.minimum((axis.shares(np.where(known, highest, 0.0)) * len(levels)).astype(np.int64), len(levels) - 1)
    clipped = known & (highest > axis.limit_ms)
    cells.codes[y, :bars] = np.where(known, levels[level], SPACE)
    ink = ChartInk.WORST if shown == "worst" else ChartInk.MEDIAN
    cells.styles[y, :bars] = np.where(left_out > 0, ChartInk.DIM, ink)
    _put(cells, y, clipped, glyphs.clipped, ChartInk.CLIPPED)
    _put(cells, y, known & (left_out == 2), glyphs.warm, ChartInk.DIM)
    if columns.errors.any():
        _put(cells, y, np.add.reduceat(columns.errors, starts) > 0, glyphs.failed[0], ChartInk.CLIPPED)
    cells.styles[y, :bars][cells.codes[y, :bars] == SPACE] = ChartInk.PLAIN
    taken = bars
    for place, mark in reversed(here):
        text = glyphs.number(mark.number)
        # A number that would run into the next one leaves its line: the legend has it.
        if place + len(text) > taken:
            text = glyphs.mark
        cells.put(place, y, text, ChartInk.MARK)
        taken = place
    before = int(left_out.argmax()) - len(WARM_UP_TEXT) - 1
    if left_out.any() and cells.is_blank(before, y, len(WARM_UP_TEXT) + 1):
        cells.put(before, y, WARM_UP_TEXT, ChartInk.DIM)
    if bars < width:
        what, extent = _label(values_ms, axis, kind, shown)
        extent = glyphs.text(window_text or extent)
        cells.put(bars + 1, y, "" if window_text else what, ChartInk.DIM)
        cells.put(width - len(extent), y, extent, ChartInk.DIM)
    if legend:
        draw_legend(cells, [mark for _, mark in here], height - 1, 1, glyphs)
    return cells


def _put(cells: CellGrid, y: int, where: Bools, glyph: str, ink: ChartInk) -> None:
    at = np.flatnonzero(where)
    cells.codes[y, at], cells.styles[y, at] = ord(glyph), ink


def _label(values_ms: Floats, axis: LatencyAxis, kind: LatencyKind, shown: SparklineValue) -> tuple[str, str]:
    """What is drawn, and from where to where: the longest form that fits."""
    what = f"{_KIND_NAMES[kind]} {shown}"
    known = values_ms[np.isfinite(values_ms)]
    if not len(known):
        return what, "ms"
    extent = f"{short_ms(float(known.min()))}–{short_ms(float(known.max()))} ms"
    log = " log" if axis.log else ""
    forms = ((what, extent + log), (shown, extent + log), (shown, extent))
    return next((form for form in forms if len(form[0]) + len(form[1]) + 2 <= LABEL_CELLS), ("", extent))
