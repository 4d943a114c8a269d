"""The second model's line in the latency plot: its medians, dotted, in a colour of its own, behind the first one's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk, code_points
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.latency_axis import LatencyAxis
from ovtui.dashboard.drawing.text_fit import cut_middle
from ovtui.dashboard.overview.plot_layout import PlotLayout
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.session.beside_state import BesideState, median_columns
from ovtui.records.arrays import Floats

_NAME_CELLS = 18


@dataclass(frozen=True, slots=True)
class BesideColumns:
    """The columns of one frame."""

    model: str
    p50_ms: Floats
    """[n] as LatencyColumns has them; NaN where the second model served nothing."""

    def on_axis(self, low_ms: Floats, high_ms: Floats) -> tuple[Floats, Floats]:
        """What the axis has to show with this line beside [n] medians and [n] worst values."""
        if len(self.p50_ms) != len(low_ms):
            return low_ms, high_ms
        return np.fmin(low_ms, self.p50_ms), np.fmax(high_ms, self.p50_ms)

    def draw(self, cells: CellGrid, axis: LatencyAxis, layout: PlotLayout, glyphs: Glyphs) -> None:
        """Where the first model's line is in the same cell, that one stays."""
        n, up = len(self.p50_ms), len(glyphs.second)
        if not n:
            return
        dots = code_points(glyphs.second)
        value_ms = self.p50_ms[np.arange(layout.columns) * n // layout.columns]
        shares = axis.shares(value_ms)
        for x in np.flatnonzero(np.isfinite(value_ms)).tolist():
            height = min(int(max(float(shares[x]), 0.0) * layout.rows * up), layout.rows * up - 1)
            y, here = layout.heading + layout.rows - 1 - height // up, layout.left + x
            if cells.styles[y, here] != ChartInk.MEDIAN:
                cells.codes[y, here], cells.styles[y, here] = dots[height % up], ChartInk.BESIDE

    def legend(self, glyphs: Glyphs) -> tuple[str, str, ChartInk]:
        """Sample, words and ink, for the heading."""
        dot = glyphs.second[len(glyphs.second) // 2]
        return dot * 2, glyphs.text(f"{cut_middle(self.model, _NAME_CELLS)} p50"), ChartInk.BESIDE


def beside_columns(state: BesideState | None, edges_s: Floats, kind: LatencyKind) -> BesideColumns | None:
    """None where no second model served within [n + 1] edges, s."""
    if state is None:
        return None
    p50_ms = median_columns(state.seconds, edges_s, kind)
    return BesideColumns(state.name, p50_ms) if np.isfinite(p50_ms).any() else None
