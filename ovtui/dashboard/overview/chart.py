"""The base of the latency charts: the columns that they are given, and the axis over them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.inked_widget import InkedWidget
from ovtui.dashboard.drawing.latency_axis import AutoAxis, AxisMode, LatencyAxis
from ovtui.dashboard.overview.plot_beside import BesideColumns
from ovtui.dashboard.overview.plot_marks import NumberedMark, within
from ovtui.metrics.latency.time_bins import LatencyColumns
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
        self._auto_axis = AutoAxis()
        self._axis = LatencyAxis(1.0)
        self._columns = no_columns()
        self._marks: Sequence[NumberedMark] = []
        """Those within the columns."""
        self._span_s = 60.0
        self._labels: Sequence[tuple[float, str]] | None = None
        self._beside: BesideColumns | None = None

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
        marks: Sequence[NumberedMark],
        span_s: float,
        labels: Sequence[tuple[float, str]] | None = None,
        split: int = 0,
        beside: BesideColumns | None = None,
    ) -> None:
        """Draws any number of columns over the whole width. `marks`: by time; `labels`: of the time axis, see
        PlotFrame; `split`: see AutoAxis; `beside`: of a second model, None where there is none."""
        first_s, now_s = (float(columns.edges_s[at]) for at in (0, -1)) if len(columns.edges_s) else (0.0, 0.0)
        self._columns, self._span_s, self._labels, self._beside = columns, span_s, labels, beside
        self._marks = within(marks, first_s, now_s)
        self._axis = self._auto_axis.update(*self._axis_values(columns), now_s, split)
        self._redraw()

    def reset_axis(self, mode: AxisMode) -> None:
        """Drops the limits of the axis, before columns of another kind of latency, another span or on another axis."""
        self._auto_axis = AutoAxis(mode)

    @property
    def is_log(self) -> bool:
        """Whether the axis that is drawn is logarithmic."""
        return self._axis.log
