"""The picture of the lanes: a line from each request's submission, on the upper row, to its completion, on the lower.

The lines of a batch meet in one point; a request that the batch timer ran alone is a dashed line with its own marks.

The columns of cells are times. The current time does not matter here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ovtui.dashboard.drawing import line_raster
from ovtui.dashboard.drawing.cells import CellGrid, code_points
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.line_raster import LineSet
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_runs import Batches, RunReason
from ovtui.records.arrays import Floats, Ints
from ovtui.records.record import Records

GUTTER_WIDTH = 11
"""Cells for the names of the rows, in widths of 60 and more."""
_GUTTER_MIN_WIDTH = 60
_MIN_TICK_CELLS = 11
"""Least distance between two labels of the time axis."""
_MAX_LABELS = 48


class LanesInk(IntEnum):
    """What a cell shows. The kinds of runs come first, each drawn over those before it."""

    UNKNOWN = 0
    ALONE = 1
    EVEN = 2
    """Full batches alternate between EVEN and ODD, so that neighbours differ."""
    ODD = 3
    TIMER = 4
    HELD = 5
    """A full batch that was held until the timer."""
    FAILED = 6
    PICKED = 7
    PLAIN = 8
    TITLE = 9
    DIM = 10
    WARNING = 11

    @property
    def component(self) -> str:
        return f"lanes--{self.name.lower()}"


_LAYERS = LanesInk.PICKED + 1
_DASHED = frozenset({int(LanesInk.TIMER), int(LanesInk.HELD)})


@dataclass(frozen=True, slots=True)
class LanesScene:
    """The runs in a window of time."""

    records: Records
    batches: Batches
    begin_ns: int
    end_ns: int
    picked: int | None = None
    """Index of the run under the cursor."""

    def columns(self, time_ns: Ints, width: int) -> Floats:
        """[n] columns (fractional) of [n] times, when the window is `width` cells wide."""
        return np.asarray((time_ns - self.begin_ns) * (width / (self.end_ns - self.begin_ns)), np.float64)


@dataclass(frozen=True, slots=True)
class LanesLayout:
    """The row of each part, in `height` rows from `top` on. Low pictures lose the labels, then the time axis."""

    top: int
    height: int

    @property
    def axis(self) -> int | None:
        return self.top + self.height - 1 if self.height >= 5 else None

    @property
    def labels(self) -> int | None:
        return self.top + self.height - 2 if self.height >= 6 else None

    @property
    def completed(self) -> int:
        return self.top + self.height - 1 - (self.axis is not None) - (self.labels is not None)

    @property
    def lines(self) -> range:
        return range(self.top + 1, self.completed)


def gutter_width(width: int) -> int:
    return GUTTER_WIDTH if width >= _GUTTER_MIN_WIDTH else 0


def draw(cells: CellGrid, rows: LanesLayout, scene: LanesScene, glyphs: Glyphs) -> None:
    """Draws into the `rows` of the grid, over its whole width."""
    left = gutter_width(cells.width)
    width = cells.width - left
    if rows.height < 2 or width <= 0:
        return
    if left:
        cells.put(0, rows.top, "submitted", LanesInk.DIM)
        cells.put(0, rows.completed, "completed", LanesInk.DIM)
    if rows.axis is not None:
        _draw_axis(cells, rows.axis, left, scene, glyphs)
    inks = _inks(scene)
    run, member = scene.batches.flat()
    upper = scene.columns(scene.records["submit_ns"][member], width)
    lower = scene.columns(scene.batches.done_ns, width)
    if len(rows.lines):
        lines = _distinct(LineSet(upper, lower[run], inks[run].astype(np.int64)), width * 2)
        codes, tops = line_raster.draw(lines, _LAYERS, _DASHED, width, len(rows.lines), glyphs)
        area = np.s_[rows.lines.start : rows.lines.stop, left:]
        cells.codes[area] = codes
        cells.styles[area] = np.where(tops < 0, int(LanesInk.PLAIN), tops)
    _draw_marks(cells, rows.top, left, upper, inks[run], scene.batches.reason[run], 0, glyphs)
    _draw_marks(cells, rows.completed, left, lower, inks, scene.batches.reason, 1, glyphs)
    if rows.labels is not None:
        _draw_labels(cells, rows.labels, left, scene, lower, glyphs)


_INKS = {
    RunReason.FULL: LanesInk.EVEN,
    RunReason.TIMER: LanesInk.TIMER,
    RunReason.ALONE: LanesInk.ALONE,
    RunReason.UNKNOWN: LanesInk.UNKNOWN,
    RunReason.FAILED: LanesInk.FAILED,
    RunReason.HELD: LanesInk.HELD,
}


def _inks(scene: LanesScene) -> npt.NDArray[np.uint8]:
    """[runs] by the reason why each started; full batches alternate."""
    batches = scene.batches
    inks = np.array([_INKS[reason] for reason in RunReason], np.uint8)[batches.reason]
    inks[(batches.reason == RunReason.FULL) & (batches.id % 2 == 1)] = LanesInk.ODD
    if scene.picked is not None:
        inks[scene.picked] = LanesInk.PICKED
    return inks


def _distinct(lines: LineSet, dots: int) -> LineSet:
    """Without lines that would be drawn over each other: the picture bounds what is left, not the rate."""
    if len(lines.upper) <= dots:
        return lines
    keys = (np.rint(lines.upper * 2).astype(np.int64) << 32) + (np.rint(lines.lower * 2).astype(np.int64) << 4)
    _, first = np.unique(keys + lines.layer, return_index=True)
    return LineSet(lines.upper[first], lines.lower[first], lines.layer[first])


def _draw_marks(
    cells: CellGrid, y: int, left: int, columns: Floats, inks: npt.NDArray[np.uint8],
    reasons: npt.NDArray[np.uint8], row: int, glyphs: Glyphs,
) -> None:  # fmt: skip
    """One mark per cell; of several in a cell, the one with the highest ink."""
    marks = code_points("".join(
        pair[row] for pair in (glyphs.full, glyphs.timer, glyphs.alone, glyphs.alone, glyphs.failed, glyphs.full)
    ))  # fmt: skip
    visible = np.flatnonzero((columns >= 0) & (columns < cells.width - left))
    visible = visible[np.argsort(inks[visible], kind="stable")]
    x = left + columns[visible].astype(np.int64)
    cells.codes[y, x] = marks[reasons[visible]]
    cells.styles[y, x] = inks[visible]


def _draw_labels(cells: CellGrid, y: int, left: int, scene: LanesScene, lower: Floats, glyphs: Glyphs) -> None:
    """Under each completion, where there is room: the batch size, and whether it was held, or the reason why the
    request ran alone."""
    batches, picked = scene.batches, scene.picked
    visible = np.flatnonzero((lower >= 0) & (lower < cells.width - left) & (batches.reason != RunReason.ALONE))
    chosen = [] if picked is None or not 0 <= lower[picked] < cells.width - left else [picked]
    # More labels than can be read: only the one under the cursor.
    for index in chosen + (visible.tolist() if len(visible) <= _MAX_LABELS else []):
        text = glyphs.text(_label(batches, index, index == picked))
        x = left + int(lower[index]) - len(text) // 2
        x = min(max(x, left), cells.width - len(text))
        # With a blank on either side, or numbers would run together.
        start, end = max(x - 1, 0), min(x + len(text) + 1, cells.width)
        if cells.is_blank(start, y, end - start):
            cells.put(x, y, text, LanesInk.PICKED if index == picked else _LABEL_INKS[int(batches.reason[index])])


_LABEL_INKS = (LanesInk.DIM, LanesInk.TIMER, LanesInk.DIM, LanesInk.DIM, LanesInk.FAILED, LanesInk.HELD)


def _label(batches: Batches, index: int, picked: bool) -> str:
    reason = RunReason(int(batches.reason[index]))
    if reason.is_batch:
        text = f"{'~' if batches.inferred[index] else ''}{batches.size[index]}{' held' * (reason is RunReason.HELD)}"
    else:
        text = {RunReason.TIMER: "timer", RunReason.FAILED: "failed", RunReason.ALONE: "1"}.get(reason, "?")
    return f"[{text}]" if picked else text


def _draw_axis(cells: CellGrid, y: int, left: int, scene: LanesScene, glyphs: Glyphs) -> None:
    """Ticks at round times; the first label is a time, the others the distance from it."""
    width, span_ns = cells.width - left, scene.end_ns - scene.begin_ns
    cells.put(left, y, glyphs.rule * width, LanesInk.DIM)
    step_ns = tick_step_ns(span_ns * _MIN_TICK_CELLS / width)
    first_ns = max(-(-scene.begin_ns // step_ns), 0) * step_ns
    for number, tick_ns in enumerate(range(first_ns, scene.end_ns, step_ns)):
        x = left + int((tick_ns - scene.begin_ns) * width / span_ns)
        text = number_format.session_time(tick_ns, _decimals(step_ns))
        if number:
            text = f"+{number_format.span(tick_ns - first_ns)}"
        if x + 1 + len(text) <= cells.width:
            cells.put(x, y, glyphs.crossing + glyphs.text(text), LanesInk.DIM)


def tick_step_ns(least_ns: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... ns that is at least `least_ns`."""
    step = 1
    while step < least_ns:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


def _decimals(step_ns: int) -> int:
    """Decimals of a time in seconds that show a step of this length."""
    return max(10 - len(str(step_ns)), 0)
