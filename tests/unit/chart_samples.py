"""Columns for the charts' tests, and what was drawn, as text."""

from __future__ import annotations

from typing import Any

import numpy as np

from ovtui.dashboard.drawing.cells import Cells
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.latency_axis import Axis
from ovtui.dashboard.overview.plot_layout import Layout
from ovtui.dashboard.overview.plot_picture import Frame, picture
from ovtui.dashboard.overview.plot_strokes import Strokes
from ovtui.metrics.latency.time_bins import Columns
from ovtui.metrics.session.session_state import Mark
from ovtui.records.device_codes import CPU

SPAN_S = 60.0
NAN = float("nan")


def columns(p50_ms: Any, worst_ms: Any = None, *, end_s: float = 60.0, device: Any = CPU) -> Columns:
    """The worst equals the median where it is not given; `device` is one code or one for each column."""
    p50 = np.atleast_1d(np.asarray(p50_ms, np.float64))
    worst = p50 if worst_ms is None else np.broadcast_to(np.asarray(worst_ms, np.float64), p50.shape)
    known = np.isfinite(worst)
    return Columns(
        edges_s=np.linspace(end_s - SPAN_S, end_s, len(p50) + 1),
        p50_ms=p50,
        worst_ms=worst,
        count=known.astype(np.int64),
        device=np.where(known, device, 0).astype(np.uint8),
    )


def drawn(
    data: Columns, width: int, height: int, *, limit_ms: float = 10.0, glyph_set: GlyphSet = "braille",
    marks: tuple[Mark, ...] = (), title: str = "LATENCY", hint: str = "", strokes: Strokes | None = None,
) -> Cells:  # fmt: skip
    frame = Frame(data, marks, SPAN_S, Axis(limit_ms), title, hint)
    return picture(frame, Layout(width, height), GLYPHS[glyph_set], strokes or Strokes())


def lines(cells: Cells) -> list[str]:
    return [cells.text(y).rstrip() for y in range(cells.height)]
