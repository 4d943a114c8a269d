"""Columns for the charts' tests, and what was drawn, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.latency_axis import LatencyAxis
from ovtui.dashboard.overview.latency_plot import LEGEND_ROWS
from ovtui.dashboard.overview.plot_layout import PlotLayout
from ovtui.dashboard.overview.plot_marks import MarkNumbers, legend_rows, mark_cells
from ovtui.dashboard.overview.plot_picture import PlotFrame, draw_plot
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.session_state import EventMark
from ovtui.records.device_codes import CPU

SPAN_S = 60.0
NAN = float("nan")


def columns(p50_ms: Any, worst_ms: Any = None, *, end_s: float = 60.0, device: Any = CPU) -> LatencyColumns:
    """The worst equals the median where it is not given; `device` is one code or one for each column."""
    p50 = np.atleast_1d(np.asarray(p50_ms, np.float64))
    worst = p50 if worst_ms is None else np.broadcast_to(np.asarray(worst_ms, np.float64), p50.shape)
    known = np.isfinite(worst)
    return LatencyColumns(
        edges_s=np.linspace(end_s - SPAN_S, end_s, len(p50) + 1),
        p50_ms=p50,
        worst_ms=worst,
        count=known.astype(np.int64),
        device=np.where(known, device, 0).astype(np.uint8),
    )


def drawn(
    data: LatencyColumns, width: int, height: int, *, limit_ms: float = 10.0, glyph_set: GlyphSet = "braille",
    low_ms: float = 0.0, marks: Sequence[EventMark] = (), title: str = "LATENCY", hint: str = "",
    strokes: StrokeCache | None = None,
) -> CellGrid:  # fmt: skip
    """Marks are numbered by time."""
    numbered = MarkNumbers().of(marks)
    frame = PlotFrame(data, numbered, SPAN_S, LatencyAxis(limit_ms, low_ms), title, hint)
    seen = [mark for _, mark in mark_cells(data.edges_s, numbered, width)]
    layout = PlotLayout(width, height, marks=len(legend_rows(seen, width, LEGEND_ROWS, GLYPHS[glyph_set])))
    return draw_plot(frame, layout, GLYPHS[glyph_set], strokes or StrokeCache())


def lines(cells: CellGrid) -> list[str]:
    return [cells.text(y).rstrip() for y in range(cells.height)]
