"""The runs around the lanes' cursor as a list, newest first: size, why each began, its first member's wait, which
device served it, when. It stands beside the lanes of a wide screen, and its cursor is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, ClassVar

from ovtui.dashboard.batches.lanes_window import TimeSlice
from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_runs import Batch, RunReason
from ovtui.records.device_codes import name_of

_HEAD_LINES = 2
_COLUMNS = (("done at", 12), ("batch", 11), ("of", 5), ("why", 9), ("first waited ms", 17), ("ran ms", 10), ("on", 9))
_LEFT_ALIGNED = ("why", "on")
_WHY_AT = sum(wide for _, wide in _COLUMNS[:3])
_WHY_WIDTH = _COLUMNS[3][1]


class ListInk(IntEnum):
    PLAIN = 0
    TITLE = 1
    DIM = 2
    ERROR = 3
    WARNING = 4
    PICKED = 5

    @property
    def component(self) -> str:
        return f"batch-list--{self.name.lower()}"


_WORDS: dict[RunReason, tuple[str, ListInk]] = {
    RunReason.FULL: ("full", ListInk.PLAIN),
    RunReason.HELD: ("held", ListInk.ERROR),
    RunReason.TIMER: ("timer", ListInk.WARNING),
    RunReason.ALONE: ("alone", ListInk.DIM),
    RunReason.FAILED: ("failed", ListInk.ERROR),
    RunReason.UNKNOWN: ("unknown", ListInk.DIM),
}


class BatchList(CellWidget, can_focus=False):
    """A grid of cells and not a panel of text: at 200x60 it has 54 rows, whose styled text took as long as a frame."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in ListInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in ListInk}
    SAME_BACKGROUND = False
    DEFAULT_CSS = """
    BatchList {
        .batch-list--title { text-style: bold; }
        .batch-list--dim { color: $dim; }
        .batch-list--error { color: $error; }
        .batch-list--warning { color: $warning; }
        .batch-list--picked { color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold; }
    }
    """
    _slice: TimeSlice | None = None
    _picked: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[tuple[Any, ...], tuple[str, ListInk]] = {}
        """Of the last drawing: most of them are shown again, and a row takes 30 us to make."""

    def show(self, visible: TimeSlice | None, picked: int | None) -> None:
        """`picked`: the index of the run under the lanes' cursor."""
        self._slice, self._picked = visible, picked
        self._redraw()

    def _picture(self) -> CellGrid:
        cells = CellGrid(*self.content_size)
        batched = self._slice is not None and bool(self._slice.batches.id.any())
        title = " LAST BATCHES" if batched else " LAST REQUESTS"
        cells.put(0, 0, title, ListInk.TITLE)
        cells.put(len(title) + 2, 0, "newest first", ListInk.DIM)
        if self._slice is None or not len(self._slice.batches):
            cells.put(1, 1, self.nothing_yet or "no request has completed yet", ListInk.DIM)
            return cells
        cells.put(0, 1, "".join(_cell(name, name, wide) for name, wide in _COLUMNS), ListInk.DIM)
        visible = self._slice
        runs, devices = visible.batches, visible.records["device"][visible.batches.members[visible.batches.start]]
        shown = rows_around(len(runs), self._picked, max(cells.height - _HEAD_LINES, 0))
        # What tells one run from another, and what is found out of it later.
        facts = (runs.id, runs.done_ns, runs.size, runs.reason, runs.first_wait_ms, runs.run_time_unknown, devices)
        keys = list(zip(*(column[shown.stop + 1 : shown.start + 1].tolist() for column in facts), strict=True))
        known, self._rows = self._rows, {}
        for y, (index, key) in enumerate(zip(shown, reversed(keys), strict=True), _HEAD_LINES):
            row = known.get(key) or _row(runs.batch(index, visible.records), key[-1])
            text, ink = self._rows[key] = row
            if index == self._picked:
                cells.styles[y, :] = ListInk.PICKED
                cells.put(0, y, self._glyphs.text(text), ListInk.PICKED)
            else:
                cells.put(0, y, self._glyphs.text(text), ListInk.PLAIN)
                cells.styles[y, _WHY_AT : _WHY_AT + _WHY_WIDTH] = ink
        return cells


def rows_around(count: int, picked: int | None, room: int) -> range:
    """Indices of the runs that `room` rows show, the newest first: the newest ones, or those around the picked one."""
    newest = count - 1
    if picked is not None:
        newest = min(max(picked + room // 2, min(room, count) - 1), count - 1)
    return range(newest, max(newest - room, -1), -1)


def _row(run: Batch, device: int) -> tuple[str, ListInk]:
    word, ink = _WORDS[run.reason]
    texts = (
        number_format.session_time(run.done_ns),
        f"{'~' * run.inferred}{run.id:,}" if run.id else number_format.UNKNOWN,
        f"{run.size or number_format.UNKNOWN}",
        word,
        f"{run.certainty.sign}{number_format.milliseconds(run.first_wait_ms)}",
        number_format.milliseconds(run.run_ms),
        name_of(device),
    )
    return "".join(_cell(name, text, wide) for (name, wide), text in zip(_COLUMNS, texts, strict=True)), ink


def _cell(name: str, text: str, width: int) -> str:
    return f"  {text:<{width - 2}}" if name in _LEFT_ALIGNED else f"{text:>{width}}"
