"""The widget of the scrolling latency plot: medians as a line, the worst of each column as a stem above it, numbered
marks where the device or the settings changed, with a legend below."""

from __future__ import annotations

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.plot_layout import DEFAULT_GUTTER, PlotLayout
from ovtui.dashboard.overview.plot_marks import legend_rows
from ovtui.dashboard.overview.plot_picture import PlotFrame, draw_plot
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.records.arrays import Floats

LEGEND_ROWS = 2
"""At most, and only in a high plot."""


class LatencyPlot(Chart):
    DEFAULT_CSS = """
    LatencyPlot {
        height: 1fr;
        min-height: 1;
    }
    """

    def __init__(
        self,
        *,
        title: str = "LATENCY",
        hint: str = "",
        axis_cells: int = DEFAULT_GUTTER,
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(glyph_set=glyph_set, id=id, classes=classes)
        self.title_text = title
        """At the start of the heading, before the unit; a change takes effect with the next columns."""
        self.hint = hint
        """Key hints at the end of the heading."""
        self.axis_cells = axis_cells
        """Cells to the left of the drawing; another chart under it has as many."""
        self._strokes = StrokeCache()

    @property
    def column_count(self) -> int:
        return PlotLayout(self.content_size.width, self.content_size.height, self.axis_cells).data_columns

    def _axis_values(self, columns: LatencyColumns) -> tuple[Floats, Floats]:
        values = super()._axis_values(columns)
        return values if self._beside is None else self._beside.on_axis(*values)

    def _layout(self) -> PlotLayout:
        width = self.content_size.width
        marks = len(legend_rows(self._marks, width, LEGEND_ROWS, self._glyphs))
        return PlotLayout(width, self.content_size.height, self.axis_cells, marks)

    def _picture(self) -> CellGrid:
        frame = PlotFrame(
            self._columns, self._marks, self._span_s, self._axis, self.title_text, self.hint, self._labels, self._beside
        )
        return draw_plot(frame, self._layout(), self._glyphs, self._strokes)
