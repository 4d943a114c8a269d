"""Latency in one row, for terminals without room for a plot: a bar for each column, the newest at the right, then the
lowest and the highest value. A cross stands where requests failed; where the figures leave all requests out as warm-up,
a mark stands instead of the bar."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.glyphs import Glyphs, GlyphSet
from ovtui.dashboard.drawing.latency_axis import LatencyAxis, short_ms
from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.plot_layout import MAX_COLUMNS, WARM_UP_TEXT, left_out_cells, mark_cells
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.session_state import EventMark
from ovtui.records.arrays import Floats

_LABEL_CELLS = 17
"""Width of ' 0.123–12,345 ms' and a space before it."""
SparklineValue = Literal["worst", "p50"]


class Sparkline(Chart):
    """`shown`: the bars show the worst or the median of each column. A narrow sparkline has no label."""

    DEFAULT_CSS = """
    Sparkline {
        height: 1;
    }
    """

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

    @property
    def column_count(self) -> int:
        return min(bars_width(self.content_size.width), MAX_COLUMNS)

    def _axis_values(self, columns: LatencyColumns) -> tuple[Floats, Floats]:
        # The values that are not drawn do not count for the axis.
        values_ms = columns.worst_ms if self.shown == "worst" else columns.p50_ms
        return values_ms, values_ms

    def _picture(self) -> CellGrid:
        return draw_sparkline(
            self._columns, self._marks, self._axis, self.shown, self.content_size.width,
            self.content_size.height, self._glyphs, self.window_text,
        )  # fmt: skip


def bars_width(width: int) -> int:
    """The cells that a sparkline of `width` cells has for its bars."""
    return width - _LABEL_CELLS if width >= 3 * _LABEL_CELLS else width


def draw_sparkline(
    columns: LatencyColumns, marks: list[EventMark], axis: LatencyAxis, shown: SparklineValue, width: int, height: int,
    glyphs: Glyphs,
    window_text: str = "",
) -> CellGrid:  # fmt: skip
    """Draws bars, marks in place of bars, and the label into the bottom row of a grid of `width` by `height` cells."""
    cells = CellGrid(width, height)
    values_ms = columns.worst_ms if shown == "worst" else columns.p50_ms
    n, bars = len(values_ms), bars_width(width)
    if not bars or not height or not n:
        return cells
    y = height - 1
    ink = ChartInk.WORST if shown == "worst" else ChartInk.MEDIAN
    last = len(glyphs.levels) - 1
    left_out = left_out_cells(columns, bars)
    for x in range(bars):
        # With more columns than cells, a cell shows the highest of its columns.
        here = slice(x * n // bars, max((x + 1) * n // bars, x * n // bars + 1))
        if columns.errors[here].any():
            cells.put(x, y, glyphs.failed[0], ChartInk.CLIPPED)
            continue
        group = values_ms[here]
        known = group[np.isfinite(group)]
        if not len(known):
            continue
        value = float(known.max())
        if left_out[x] == 2:
            cells.put(x, y, glyphs.warm, ChartInk.DIM)
        elif value > axis.limit_ms:
            cells.put(x, y, glyphs.clipped, ChartInk.CLIPPED)
        else:
            level = min(int(max(value, 0.0) / axis.limit_ms * (last + 1)), last)
            cells.put(x, y, glyphs.levels[level], ChartInk.DIM if left_out[x] else ink)
    for place, _ in mark_cells(columns.edges_s, marks, bars):
        cells.put(place, y, glyphs.mark, ChartInk.MARK)
    before = int(left_out.argmax()) - len(WARM_UP_TEXT)
    if left_out.any() and cells.is_blank(before, y, len(WARM_UP_TEXT)):
        cells.put(before, y, WARM_UP_TEXT, ChartInk.DIM)
    known = values_ms[np.isfinite(values_ms)]
    if bars < width and len(known):
        low, high = float(known.min()), float(known.max())
        label = glyphs.text(window_text or f"{short_ms(low)}–{short_ms(high)} ms")
        cells.put(width - len(label), y, label, ChartInk.DIM)
    return cells
