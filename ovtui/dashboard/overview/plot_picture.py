"""One frame of the latency plot as a grid of cells: axes, line of medians, stems to the worst, marks and their legend,
the band of devices.

plotext draws the data (plot_strokes.py); everything around it is a few dozen characters per frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.glyphs import SPACE, Glyphs
from ovtui.dashboard.drawing.latency_axis import LatencyAxis, short_ms
from ovtui.dashboard.drawing.text_fit import cut
from ovtui.dashboard.overview.plot_beside import BesideColumns
from ovtui.dashboard.overview.plot_layout import WARM_UP_TEXT, PlotLayout, left_out_cells, time_labels
from ovtui.dashboard.overview.plot_marks import NumberedMark, draw_legend, mark_cells
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.records import device_codes

_NUMBER_ROWS = 4
"""The number of a mark is in one of so many rows from the top on, where it hides the least."""
_STANDS_IN = "CPU stands in"
_MIN_NAME_CELLS = 3
"""A name of a device that is cut to less is left out."""


@dataclass(frozen=True, slots=True)
class PlotFrame:
    """The input of one picture."""

    columns: LatencyColumns
    marks: Sequence[NumberedMark]
    """By time; those outside the columns are not drawn."""
    span_s: float
    axis: LatencyAxis
    title: str
    hint: str
    labels: Sequence[tuple[float, str]] | None = None
    """Labels of the time axis, in the form of time_labels; None for the labels of a span that ends now."""
    beside: BesideColumns | None = None
    """Of a second model; None where there is none."""


def draw_plot(frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs, strokes: StrokeCache) -> CellGrid:
    """`strokes` keeps what was drawn in the last frame; it affects the cost of the picture, not the result."""
    cells = CellGrid(layout.width, layout.height)
    if not layout.columns or not layout.rows:
        return cells
    _draw_data(cells, frame, layout, glyphs, strokes)
    if frame.beside is not None:
        frame.beside.draw(cells, frame.axis, layout, glyphs)
    clipped = _draw_clipped(cells, frame, layout, glyphs)
    _draw_failed(cells, frame, layout, glyphs)
    _draw_left_out(cells, frame, layout, glyphs)
    _draw_marks(cells, frame, layout, glyphs)
    if layout.left:
        _draw_latency_axis(cells, frame.axis, layout, glyphs)
    if layout.axis:
        _draw_time_axis(cells, frame, layout, glyphs)
    if layout.devices:
        _draw_devices(cells, frame, layout, glyphs)
    if layout.heading:
        _draw_heading(cells, frame, clipped, glyphs)
    if layout.legend:
        seen = [mark for _, mark in mark_cells(frame.columns.edges_s, frame.marks, layout.columns)]
        draw_legend(cells, seen, layout.height - layout.legend, layout.legend, glyphs)
    return cells


def device_ink(device: int) -> ChartInk:
    """The colour of a device; pictures show the device's name beside it."""
    if device == device_codes.CPU:
        return ChartInk.CPU
    if device == device_codes.STAND_IN:
        return ChartInk.STAND_IN
    return ChartInk.SEVERAL if device == device_codes.AMBIGUOUS else ChartInk.ACCELERATOR


_DEVICE_INKS = np.array([ChartInk.DIM, *(device_ink(code) for code in range(1, 256))], np.uint8)


def _draw_data(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs, strokes: StrokeCache) -> None:
    p50, worst = (frame.axis.shares(ms) for ms in (frame.columns.p50_ms, frame.columns.worst_ms))
    drawn = strokes.draw(p50, worst, layout.columns, layout.rows, glyphs)
    here = np.s_[layout.heading : layout.heading + layout.rows, layout.left :]
    cells.codes[here] = drawn.merged(glyphs)
    inks = np.where(
        drawn.line != SPACE, ChartInk.MEDIAN, np.where(drawn.stems != SPACE, ChartInk.WORST, ChartInk.PLAIN)
    )
    inks[:, left_out_cells(frame.columns, layout.columns) == 2] = ChartInk.DIM
    cells.styles[here] = inks


def _draw_clipped(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs) -> float | None:
    """Marks the columns whose worst value exceeds the axis; returns the highest of these values, ms."""
    worst = frame.columns.worst_ms
    over = np.flatnonzero(worst > frame.axis.limit_ms)
    for i in np.unique(over * layout.columns // max(len(worst), 1)).tolist():
        cells.put(layout.left + i, layout.heading, glyphs.clipped, ChartInk.CLIPPED)
    return float(worst[over].max()) if len(over) else None


def _draw_failed(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs) -> None:
    """Marks the columns in which requests failed, at the bottom: they have no latency."""
    failed = np.flatnonzero(frame.columns.errors)
    bottom = layout.heading + layout.rows - 1
    for i in np.unique(failed * layout.columns // max(len(frame.columns.p50_ms), 1)).tolist():
        cells.put(layout.left + i, bottom, glyphs.failed[0], ChartInk.CLIPPED)


def _draw_left_out(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs) -> None:
    """Marks the columns of which the figures leave requests out, in the first row behind the data; the axis has the
    mark too, but may be under its labels there."""
    for place in np.flatnonzero(left_out_cells(frame.columns, layout.columns)).tolist():
        if cells.is_blank(layout.left + place, layout.heading, 1):
            cells.put(layout.left + place, layout.heading, glyphs.warm, ChartInk.DIM)


def _draw_marks(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs) -> None:
    """Draws a line for each mark, behind the data, with its number on it, in the row where that hides the least; the
    newest first. A number that would cover another one is left out: the legend has it."""
    here = mark_cells(frame.columns.edges_s, frame.marks, layout.columns)
    top, bottom = layout.heading, layout.heading + layout.rows
    numbers = np.zeros((layout.rows, layout.columns), bool)
    for place, mark in reversed(here):
        text = glyphs.number(mark.number)
        start = min(place, layout.columns - len(text))
        rows = range(min(_NUMBER_ROWS, layout.rows))
        row = min(rows, key=lambda y: _hiding_cost(cells, numbers, layout, start, y, len(text)), default=None)
        if row is None or start < 0 or numbers[row, start : start + len(text)].any():
            continue
        cells.put(layout.left + start, top + row, text, ChartInk.MARK)
        numbers[row, start : start + len(text)] = True
    for place in {place for place, _ in here}:
        for y in range(top, bottom):
            if cells.is_blank(layout.left + place, y, 1):
                cells.put(layout.left + place, y, glyphs.mark, ChartInk.MARK)


def _hiding_cost(
    cells: CellGrid, numbers: npt.NDArray[np.bool_], layout: PlotLayout, x: int, row: int, length: int
) -> int:
    """Of a number there: each cell of data that it hides counts 1, one of a value beyond the axis 10, one of another
    number, or of one beside it that it would be read together with, 100."""
    y, left = layout.heading + row, layout.left + x
    hidden = int((cells.codes[y, left : left + length] != SPACE).sum())
    clipped = int((cells.styles[y, left : left + length] == ChartInk.CLIPPED).sum())
    return hidden + 10 * clipped + 100 * int(numbers[row, max(x - 1, 0) : x + length + 1].sum())


def _draw_latency_axis(cells: CellGrid, axis: LatencyAxis, layout: PlotLayout, glyphs: Glyphs) -> None:
    x = layout.left - 1
    for row in range(layout.rows):
        cells.put(x, layout.heading + row, glyphs.axis, ChartInk.DIM)
    for share, label in axis.ticks(max(layout.rows // 2, 1)):
        row = layout.heading + layout.rows - 1 - min(int(share * layout.rows), layout.rows - 1)
        cells.put(x - 1 - len(label), row, label, ChartInk.DIM)
        cells.put(x, row, glyphs.tick, ChartInk.DIM)


def _draw_time_axis(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs) -> None:
    y = layout.heading + layout.rows
    if layout.left:
        cells.put(0, y, f"{frame.axis.low_label:>{layout.left - 2}} {glyphs.corner}", ChartInk.DIM)
    cells.put(layout.left, y, glyphs.rule * layout.columns, ChartInk.DIM)
    codes = frame.columns.device
    if len(codes):
        inks = _DEVICE_INKS[codes[np.arange(layout.columns) * len(codes) // layout.columns]]
        cells.styles[y, layout.left :] = inks
    for place in np.flatnonzero(left_out_cells(frame.columns, layout.columns)).tolist():
        cells.put(layout.left + place, y, glyphs.warm, ChartInk.DIM)
    for place, _ in mark_cells(frame.columns.edges_s, frame.marks, layout.columns):
        cells.put(layout.left + place, y, glyphs.crossing, ChartInk.MARK)
    free = layout.columns
    labels = time_labels(frame.span_s, layout.columns) if frame.labels is None else frame.labels
    for share, label in reversed(labels):
        text = f" {label} " if share < 1 else f" {label}"
        x = min(max(round(share * layout.columns) - len(text) // 2, 0), layout.columns - len(text))
        if 0 <= x <= free - len(text):
            cells.put(layout.left + x, y, text, ChartInk.DIM)
            free = x


def _draw_devices(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs) -> None:
    """Draws a band under the columns: for each phase that one device served a rule in the device's style behind its
    name, with an edge where the next one begins."""
    y = layout.heading + layout.rows + layout.axis
    phases = _phases(frame, layout.columns)
    for index, (x, code) in enumerate(phases):
        end = phases[index + 1][0] if index + 1 < len(phases) else layout.columns
        ink = device_ink(code)
        # An edge needs a cell of its own; a phase of one cell is all rule.
        edge = glyphs.edge if index and end - x > 1 else ""
        name = _fitting_name(code, end - x - len(edge), glyphs)
        text = f"{edge}{name} " if name else edge
        cells.put(layout.left + x, y, _device_rule(code, glyphs) * (end - x), ink)
        cells.put(layout.left + x, y, text[: end - x], ink)


def _phases(frame: PlotFrame, cells: int) -> list[tuple[int, int]]:
    """The first cell and the device of each phase, from the left."""
    codes = frame.columns.device
    served = np.flatnonzero(codes)
    # A pause between requests of the same device does not start a new phase.
    firsts = served[np.flatnonzero(np.diff(codes[served].astype(np.int64), prepend=-1))]
    phases = [(i * cells // len(codes), int(codes[i])) for i in firsts.tolist()]
    # A device that has taken over serves, though none of its requests has come back.
    last = int(served[-1]) * cells // len(codes) if len(served) else -1
    for place, mark in mark_cells(frame.columns.edges_s, frame.marks, cells):
        if mark.mark.kind == "handover" and place > last:
            code = device_codes.code_of(mark.mark.text.split(","))
            if not phases or phases[-1][1] != code:
                phases.append((place, code))
    return phases


def _fitting_name(code: int, room: int, glyphs: Glyphs) -> str:
    """The longest form of a device's name that fits, cut where none does; empty where that says nothing."""
    name = device_codes.name_of(code)
    forms = [_STANDS_IN, name] if code == device_codes.STAND_IN else [name]
    for form in forms:
        if len(form) <= room:
            return form
    return glyphs.text(cut(name, room)) if room > _MIN_NAME_CELLS else ""


def _device_rule(device: int, glyphs: Glyphs) -> str:
    kinds = {ChartInk.STAND_IN: 0, ChartInk.CPU: 1, ChartInk.ACCELERATOR: 2, ChartInk.SEVERAL: 3}
    return glyphs.served[kinds[device_ink(device)]]


def _draw_heading(cells: CellGrid, frame: PlotFrame, clipped: float | None, glyphs: Glyphs) -> None:
    x = 0
    title = glyphs.text(f"{frame.title} {frame.axis.unit}{' log' if frame.axis.log else ''}".strip())
    cells.put(x, 0, title, ChartInk.TITLE)
    x += len(title) + 3
    hint = glyphs.text(frame.hint)
    room = cells.width - len(hint)
    failed = [(glyphs.failed[0], "failed", ChartInk.CLIPPED)] if frame.columns.errors.any() else []
    for glyph, text, ink in (
        *failed,
        (glyphs.legend[0], "p50", ChartInk.MEDIAN),
        (glyphs.legend[1], "worst", ChartInk.WORST),
        *([frame.beside.legend(glyphs)] if frame.beside is not None else []),
        *([(glyphs.warm, WARM_UP_TEXT, ChartInk.DIM)] if frame.columns.left_out.any() else []),
    ):
        if x + len(glyph) + 1 + len(text) <= room:
            cells.put(x, 0, glyph, ink)
            cells.put(x + len(glyph) + 1, 0, text, ChartInk.DIM)
            x += len(glyph) + len(text) + 4
    if clipped is not None:
        note = f"{glyphs.clipped} up to {short_ms(clipped)} ms"
        if x + len(note) > room:
            room = cells.width
        if x + len(note) > room:
            x = max(cells.width - len(note), 0)
        cells.put(x, 0, note, ChartInk.CLIPPED)
        x += len(note) + 2
    if hint and x + len(hint) <= cells.width:
        cells.put(cells.width - len(hint), 0, hint, ChartInk.DIM)
