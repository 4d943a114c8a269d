"""The base of the latency charts: the columns that they are given, and the axis over them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.inked_widget import InkedWidget
from ovtui.dashboard.drawing.latency_axis import AutoAxisLimit, LatencyAxis
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.session_state import EventMark
from ovtui.records.arrays import Floats


def no_columns() -> LatencyColumns:
    return LatencyColumns(np.zeros(1), np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.uint8))


class Chart(InkedWidget):
    """Call `update_columns` with as many columns as `column_count` asks for, which end at `column_end_ns`."""

    def __init__(
        self,
        *,
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyph_set=glyph_set, id=id, classes=classes)
        self._auto_limit = AutoAxisLimit()
        self._axis = LatencyAxis(1.0)
        self._columns = no_columns()
        self._marks: list[EventMark] = []
        self._span_s = 60.0
        self._labels: Sequence[tuple[float, str]] | None = None

    @property
    @abstractmethod
    def column_count(self) -> int:
        """The number of columns that fit."""

    def _axis_values(self, columns: LatencyColumns) -> tuple[Floats, Floats]:
        """The values that the axis must show well, and those that it should show where possible."""
        return columns.p50_ms, columns.worst_ms

    def update_columns(
        self,
        columns: LatencyColumns,
        marks: Sequence[EventMark],
        span_s: float,
        labels: Sequence[tuple[float, str]] | None = None,
        split: int = 0,
    ) -> None:
        """Draws any number of columns over the whole width. `labels`: of the time axis, see PlotFrame; `split`: see
        AutoAxisLimit."""
        self._columns, self._marks, self._span_s, self._labels = columns, list(marks), span_s, labels
        now_s = float(columns.edges_s[-1]) if len(columns.edges_s) else 0.0
        self._axis = self._auto_limit.update(*self._axis_values(columns), now_s, split)
        self._redraw()

    def reset_axis(self) -> None:
        """Drops the axis limit, before columns of another kind of latency or another span."""
        self._auto_limit = AutoAxisLimit()
