"""One frame of the latency plot as a grid of cells: axes, line of medians, stems to the worst, marks, devices.

plotext draws the data (plot_strokes.py); everything around it is a few dozen characters per frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.glyphs import SPACE, Glyphs
from ovtui.dashboard.drawing.latency_axis import LatencyAxis, short_ms
from ovtui.dashboard.overview.plot_layout import WARM_UP_TEXT, PlotLayout, left_out_cells, mark_cells, time_labels
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.session_state import EventMark
from ovtui.records import device_codes

_MARK_LABEL_CELLS = 22
_MIN_LABEL_CELLS = 5
_LABEL_ROWS = 3


@dataclass(frozen=True, slots=True)
class PlotFrame:
    """The input of one picture."""

    columns: LatencyColumns
    marks: Sequence[EventMark]
    span_s: float
    axis: LatencyAxis
    title: str
    hint: str
    labels: Sequence[tuple[float, str]] | None = None
    """Labels of the time axis, in the form of time_labels; None for the labels of a span that ends now."""


def draw_plot(frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs, strokes: StrokeCache) -> CellGrid:
    """`strokes` keeps what was drawn in the last frame; it affects the cost of the picture, not the result."""
    cells = CellGrid(layout.width, layout.height)
    if not layout.columns or not layout.rows:
        return cells
    _draw_data(cells, frame, layout, glyphs, strokes)
    clipped = _draw_clipped(cells, frame, layout, glyphs)
    _draw_failed(cells, frame, layout, glyphs)
    _draw_left_out(cells, frame, layout, glyphs)
    _draw_marks(cells, frame, layout, glyphs)
    if layout.left:
        _draw_latency_axis(cells, frame.axis, layout, glyphs)
    if layout.axis:
        _draw_time_axis(cells, frame, layout, glyphs)
    if layout.devices:
        _draw_devices(cells, frame.columns, layout, glyphs)
    if layout.heading:
        _draw_heading(cells, frame, clipped, glyphs)
    return cells


def device_ink(device: int) -> ChartInk:
    """The colour of a device; pictures show the device's name beside it."""
    if device == device_codes.CPU:
        return ChartInk.CPU
    if device == device_codes.STAND_IN:
        return ChartInk.STAND_IN
    return ChartInk.SEVERAL if device == device_codes.AMBIGUOUS else ChartInk.ACCELERATOR


_DEVICE_INKS = np.array([ChartInk.DIM, *(device_ink(code) for code in range(1, 256))], np.uint8)


def mark_text(mark: EventMark) -> str:
    return f"died {mark.text}".rstrip() if mark.kind == "died" else mark.text or mark.kind


def _draw_data(cells: CellGrid, frame: PlotFrame, layout: PlotLayout, glyphs: Glyphs, strokes: StrokeCache) -> None:
    limit_ms = frame.axis.limit_ms
    p50, worst = (np.clip(ms, 0, limit_ms) / limit_ms for ms in (frame.columns.p50_ms, frame.columns.worst_ms))
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
    """Draws a line for each mark, behind the data, with its text beside it in the row where that hides the least."""
    here = mark_cells(frame.columns.edges_s, frame.marks, layout.columns)
    texts = {place: glyphs.text(mark_text(mark)) for place, mark in here}
    top, bottom = layout.heading, layout.heading + layout.rows
    for place in sorted(texts, reverse=True):
        label = texts[place][:_MARK_LABEL_CELLS]
        left, right = place - len(label), place + 1
        start = layout.left + (left if right + len(label) > layout.columns and left >= 0 else right)
        row = min(range(top, min(top + _LABEL_ROWS, bottom)), key=lambda y: _overlap_cost(cells, start, y, len(label)))
        cells.put(start, row, _clip_at_next_label(cells, start, row, label), ChartInk.MARK)
    for place in texts:
        for y in range(top, bottom):
            # A space within a label is not free.
            if cells.is_blank(layout.left + place, y, 1) and cells.styles[y, layout.left + place] != ChartInk.MARK:
                cells.put(layout.left + place, y, glyphs.mark, ChartInk.MARK)


def _clip_at_next_label(cells: CellGrid, x: int, y: int, label: str) -> str:
    """The label, cut one cell before the next label; empty if less than a word would be left."""
    taken = np.flatnonzero(cells.styles[y, max(x, 0) : x + len(label) + 1] == ChartInk.MARK)
    if not len(taken):
        return label
    kept = label[: max(int(taken[0]) - 1, 0)]
    return kept if len(kept) >= _MIN_LABEL_CELLS else ""


def _overlap_cost(cells: CellGrid, x: int, y: int, length: int) -> int:
    """The cost of a label at this position: each cell of data that it hides counts 1, each cell of a label 100."""
    codes, styles = cells.codes[y, x : x + length], cells.styles[y, x : x + length]
    return int((codes != SPACE).sum()) + 100 * int((styles == ChartInk.MARK).sum())


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
        cells.put(0, y, f"{'0':>{layout.left - 2}} {glyphs.corner}", ChartInk.DIM)
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


def _draw_devices(cells: CellGrid, columns: LatencyColumns, layout: PlotLayout, glyphs: Glyphs) -> None:
    """Draws a rule under the columns that each device served, in the style of the device, with its name where that
    fits."""
    y = layout.height - 1
    codes = columns.device
    # A pause between requests of the same device does not start a new phase.
    phases: list[tuple[int, int]] = []
    for i in np.flatnonzero(codes).tolist():
        code = int(codes[i])
        if not phases or phases[-1][1] != code:
            phases.append((i * layout.columns // len(codes), code))
    for index, (x, code) in enumerate(phases):
        end = phases[index + 1][0] if index + 1 < len(phases) else layout.columns
        ink = device_ink(code)
        # One cell stays free before the next name.
        cells.put(layout.left + x, y, _device_rule(code, glyphs) * (end - x - (end < layout.columns)), ink)
        name = device_codes.name_of(code)
        if len(name) < end - x or (end == layout.columns and len(name) <= end - x):
            cells.put(layout.left + x, y, f"{name} "[: end - x], ink)


def _device_rule(device: int, glyphs: Glyphs) -> str:
    kinds = {ChartInk.STAND_IN: 0, ChartInk.CPU: 1, ChartInk.ACCELERATOR: 2, ChartInk.SEVERAL: 3}
    return glyphs.served[kinds[device_ink(device)]]


def _draw_heading(cells: CellGrid, frame: PlotFrame, clipped: float | None, glyphs: Glyphs) -> None:
    x = 0
    title = glyphs.text(f"{frame.title} {frame.axis.unit}".strip())
    cells.put(x, 0, title, ChartInk.TITLE)
    x += len(title) + 3
    hint = glyphs.text(frame.hint)
    room = cells.width - len(hint)
    failed = [(glyphs.failed[0], "failed", ChartInk.CLIPPED)] if frame.columns.errors.any() else []
    for glyph, text, ink in (
        *failed,
        (glyphs.legend[0], "p50", ChartInk.MEDIAN),
        (glyphs.legend[1], "worst", ChartInk.WORST),
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
