"""What the charts share: the columns they are given, cells kept from frame to frame, and repainting only the cells that
have changed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk, changed_regions
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.latency_axis import AutoAxisLimit, Floats, LatencyAxis
from ovtui.dashboard.overview.plot_layout import column_end_ns
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.session_state import EventMark


def no_columns() -> LatencyColumns:
    return LatencyColumns(np.zeros(1), np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.uint8))


class Chart(Widget):
    """Ask it which columns it wants (`column_count`, `end_ns`), then give it them with `update_columns`.

    Frames are drawn for new columns and new sizes, never for Textual's repaints."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in ChartInk}
    DEFAULT_CSS = """
    Chart {
        .chart--title { text-style: bold; }
        .chart--dim { color: $text-muted; }
        .chart--median { color: $success; }
        .chart--worst { color: $primary; }
        .chart--clipped { color: $error; text-style: bold; }
        .chart--mark { color: $warning; }
        .chart--cpu { color: $primary; }
        .chart--stand-in { color: $warning; }
        .chart--accelerator { color: $success; }
        .chart--several { color: $accent; }
    }
    """

    def __init__(
        self,
        *,
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = GLYPHS[glyph_set]
        self._auto_limit = AutoAxisLimit()
        self._axis = LatencyAxis(1.0)
        self._columns = no_columns()
        self._marks: list[EventMark] = []
        self._span_s = 60.0
        self._labels: Sequence[tuple[float, str]] | None = None
        self._cells = CellGrid(0, 0)
        self._rich_styles: list[Style] = []

    @property
    @abstractmethod
    def column_count(self) -> int:
        """Columns that fit."""

    @abstractmethod
    def _picture(self) -> CellGrid:
        """The frame for the columns at hand, as large as the content."""

    def _axis_values(self, columns: LatencyColumns) -> tuple[Floats, Floats]:
        """What the axis must show well, and what it should show if it can."""
        return columns.p50_ms, columns.worst_ms

    def end_ns(self, now_ns: int, span_s: float) -> int:
        """Where the newest of `column_count` columns over `span_s` should end: at or just after now, such that the
        columns keep their borders from frame to frame."""
        return column_end_ns(now_ns, span_s, self.column_count)

    def update_columns(
        self,
        columns: LatencyColumns,
        marks: Sequence[EventMark],
        span_s: float,
        labels: Sequence[tuple[float, str]] | None = None,
    ) -> None:
        """Draws these columns, of any number, over the whole width. `labels`: of the time axis, see charts.picture."""
        self._columns, self._marks, self._span_s, self._labels = columns, list(marks), span_s, labels
        now_s = float(columns.edges_s[-1]) if len(columns.edges_s) else 0.0
        self._axis = self._auto_limit.update(*self._axis_values(columns), now_s)
        self._redraw()

    def set_glyphs(self, glyph_set: GlyphSet) -> None:
        self._glyphs = GLYPHS[glyph_set]
        self._redraw()

    def reset_axis(self) -> None:
        """Forgets the limit: another kind of latency or another span will follow."""
        self._auto_limit = AutoAxisLimit()

    def render_line(self, y: int) -> Strip:
        if not self._rich_styles:
            self._rich_styles = [self.get_component_rich_style(ink.component) for ink in ChartInk]
        if y >= self._cells.height:
            return Strip.blank(self.content_size.width, self.rich_style)
        return self._cells.strip(y, self._rich_styles, one_ground=True)

    def on_resize(self) -> None:
        self._redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._rich_styles = []

    def _redraw(self) -> None:
        new = self._picture()
        regions = changed_regions(self._cells, new)
        self._cells = new
        if regions:
            self.refresh(*regions)
