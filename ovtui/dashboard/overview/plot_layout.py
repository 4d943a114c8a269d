"""The layout of a latency plot: the rows and cells of its parts, the borders of its columns, its time labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.metrics import number_format
from ovtui.metrics.latency.time_bins import LatencyColumns

MAX_COLUMNS = 200
"""Limit of columns of data: the cost of plotext grows with each point, and more columns show no more."""
LABEL_CELLS = 28
"""To the right of a sparkline: ' resp worst 21.1–1,004 ms log'."""
_LABEL_FROM_CELLS = 51
"""A narrower sparkline has no label."""
DEFAULT_GUTTER = 7
"""Five cells for a label, one for a space, one for the axis."""


@dataclass(frozen=True, slots=True)
class PlotLayout:
    """The layout of a plot of `width` by `height` cells. As a plot gets smaller, it loses first the band of devices,
    then the legend of marks, the heading, the labels and the time axis; the drawing remains."""

    width: int
    height: int
    gutter: int = DEFAULT_GUTTER
    """Cells to the left of the drawing, where there is room for them."""
    marks: int = 0
    """Rows that the legend of marks would take."""

    @property
    def heading(self) -> int:
        """Rows above the drawing."""
        return 1 if self.height >= 4 else 0

    @property
    def devices(self) -> int:
        """Rows below the time axis."""
        return 1 if self.height >= 9 else 0

    @property
    def legend(self) -> int:
        """Rows at the bottom, for what the numbers of marks mean."""
        return min(self.marks, (1 if self.height >= 8 else 0) + (1 if self.height >= 15 else 0))

    @property
    def axis(self) -> int:
        return 1 if self.height >= 3 else 0

    @property
    def left(self) -> int:
        """Cells to the left of the drawing: a label, a space, the axis."""
        return self.gutter if self.width >= 3 * self.gutter else 0

    @property
    def columns(self) -> int:
        """Width of the drawing."""
        return max(self.width - self.left, 0)

    @property
    def rows(self) -> int:
        """Height of the drawing."""
        return max(self.height - self.heading - self.axis - self.devices - self.legend, 0)

    @property
    def data_columns(self) -> int:
        """The columns of data to draw: one per cell."""
        return min(self.columns, MAX_COLUMNS)


def bars_width(width: int) -> int:
    """The cells that a sparkline of `width` cells, and the strip under it, have for their bars."""
    return width - LABEL_CELLS if width >= _LABEL_FROM_CELLS else max(width, 0)


def column_end_ns(now_ns: int, span_s: float, columns: int) -> int:
    """The end of the newest column, rounded up so that columns keep their borders from frame to frame.

    If the borders moved with the clock, every column would change in every frame and be sent again."""
    width_ns = max(round(span_s * 1e9 / max(columns, 1)), 1)
    return -(-now_ns // width_ns) * width_ns


def time_labels(span_s: float, columns: int) -> list[tuple[float, str]]:
    """Position (share of the width from the left) and text of each label of the time axis, oldest first."""
    scale, unit = (60.0, "min") if span_s >= 120 else (1.0, "s")
    parts = next((n for n in (4, 3, 5, 2) if columns >= 14 * n and _is_round(span_s / scale / n)), 1)
    labels = []
    for i in range(parts):
        ago = span_s * (parts - i) / parts / scale
        text = f"-{number_format.significant(ago, 3)}"
        labels.append((i / parts, f"{text} {unit}" if i == 0 else text))
    return [*labels, (1.0, "now")]


def _is_round(step: float) -> bool:
    """True for 5, 2.5 and 7.5, not for 3.75."""
    return step == float(f"{step:.2g}")


def centred_time_labels(span_s: float, columns: int) -> list[tuple[float, str]]:
    """As time_labels, for a window that is fixed around a moment in its middle."""
    labels = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0) if columns >= 56 else (0.0, 0.5, 1.0):
        since_s = span_s * (share - 0.5)
        text = ("+" if since_s > 0 else "") + number_format.significant(since_s, 3)
        labels.append((share, f"{text} s" if share in (0.0, 1.0) else text))
    return labels


WARM_UP_TEXT = "warm-up"


def left_out_cells(columns: LatencyColumns, cells: int) -> npt.NDArray[np.uint8]:
    """[cells] of LatencyColumns.left_out: the most that a cell's columns have."""
    marked = columns.left_out
    found = np.zeros(max(cells, 0), np.uint8)
    if cells <= 0 or not marked.any():
        return found
    at = np.flatnonzero(marked)
    first, last = at * cells // len(marked), np.maximum((at + 1) * cells // len(marked), at * cells // len(marked) + 1)
    for value, begin, end in zip(marked[at].tolist(), first.tolist(), last.tolist(), strict=True):
        found[begin:end] = np.maximum(found[begin:end], value)
    return found
