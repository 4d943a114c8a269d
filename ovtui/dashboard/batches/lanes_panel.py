"""The lanes as a widget: compact on the overview, large and with a cursor in the batches view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ovtui.dashboard.batches import lanes_picture
from ovtui.dashboard.batches.lanes_picture import LanesInk, LanesScene
from ovtui.dashboard.batches.lanes_window import LanesWindow, TimeSlice, read_slice
from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.requests.record_rows import RecordsCopy, RowSource
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_assembly import BatchTimeouts
from ovtui.metrics.batching.batch_runs import Batch, LoneRunTimes, RunReason
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.record import Records

_RunKey = tuple[bool, int]
"""Identity of a run from frame to frame: (True, batch id), or (False, seq) of a request that ran alone."""


class LanesPanel(CellWidget, can_focus=False):
    """Draws the request history that `update_history` passes in at each tick.

    It follows the newest completions. Picking a run or scrolling freezes it: the kept records are copied, so that newer
    records cannot overwrite those on screen. `follow` unfreezes it."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in LanesInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in LanesInk}
    DEFAULT_CSS = """
    LanesPanel {
        .lanes--unknown { color: $text-muted; }
        .lanes--alone { color: $text-muted; }
        .lanes--even { color: $third; }
        .lanes--odd { color: $fourth; }
        .lanes--timer { color: $warning; }
        .lanes--held { color: $error; }
        .lanes--failed { color: $error; text-style: bold; }
        .lanes--picked { color: $foreground; text-style: bold; }
        .lanes--title { text-style: bold; }
        .lanes--dim { color: $text-muted; }
        .lanes--warning { color: $warning; }
    }
    """

    def __init__(
        self,
        *,
        hint: str = "",
        picking: bool = False,
        glyph_set: GlyphSet = "braille",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`picking`: with a cursor, which is on the newest run while the lanes follow."""
        super().__init__(glyph_set=glyph_set, id=id, classes=classes)
        self.hint = hint
        """Text at the right end of the heading."""
        self._has_cursor = picking
        self._history: RequestHistory | None = None
        self._frozen_rows: RecordsCopy | None = None
        self._now_ns = 0
        self._lone_runs: LoneRunTimes = {}
        self._timeouts_ms: BatchTimeouts = {}
        self._window = LanesWindow()
        self._time_slice: TimeSlice | None = None
        self._picked_key: _RunKey | None = None
        self._picked: int | None = None

    @property
    def frozen(self) -> bool:
        return self._frozen_rows is not None

    @property
    def span_ns(self) -> int:
        return self._window.span_ns

    @property
    def picked(self) -> tuple[Batch, Records] | None:
        """The run under the cursor, and the records that its member indices refer to."""
        if self._time_slice is None or self._picked is None:
            return None
        return self._time_slice.batches.batch(self._picked, self._time_slice.records), self._time_slice.records

    @property
    def picked_index(self) -> int | None:
        """The index of the run under the cursor among those of `time_slice`."""
        return self._picked

    @property
    def time_slice(self) -> TimeSlice | None:
        """The data of the last drawing."""
        return self._time_slice

    def update_history(
        self, history: RequestHistory, now_ns: int, lone_runs: LoneRunTimes, timeouts_ms: BatchTimeouts
    ) -> None:
        """Draws the newest requests, unless frozen. Holds the history itself, not a copy, until the next call."""
        self._history, self._now_ns, self._lone_runs, self._timeouts_ms = history, now_ns, lone_runs, timeouts_ms
        if not self.frozen:
            self._window.choose_span(history, self._lanes_width)
            self._redraw()

    def freeze(self) -> None:
        if self._frozen_rows is None and self._history is not None and self._time_slice is not None:
            self._frozen_rows = RecordsCopy(self._history)
            self._window.pin(self._time_slice.end_ns)
            self._redraw()

    def follow(self) -> None:
        self._frozen_rows = None
        self._picked_key = None
        self._window.follow()
        self._redraw()

    def toggle(self) -> None:
        if self.frozen:
            self.follow()
        else:
            self.freeze()

    def zoom(self, steps: int) -> None:
        """To a longer span (positive steps) or a shorter one."""
        self._window.zoom(steps, self._lanes_width)
        self._redraw()

    def fit(self) -> None:
        """Returns to the automatic span."""
        self._window.automatic_span = True
        self._window.choose_span(self._rows, self._lanes_width)
        self._redraw()

    def scroll_time(self, eighths: int) -> None:
        """Later (positive) or earlier, as far as records are kept; freezes."""
        self.freeze()
        rows = self._rows
        if not rows.total > rows.first_kept:
            return
        ends = rows.view(rows.first_kept, 1)["done_ns"], rows.view(rows.total - 1, 1)["done_ns"]
        self._window.scroll(eighths, self._lanes_width)
        self._window.clamp_to(int(ends[0][0]), int(ends[1][0]), self._lanes_width)
        self._redraw()

    def pick(self, later: int) -> None:
        """Moves the cursor to the next run by completion (1) or the previous one (-1), and freezes.

        Without a cursor, the newest visible run gets it."""
        was_following = not self.frozen
        self.freeze()
        visible = self._time_slice
        if visible is None or not len(visible.batches):
            return
        index = self._picked
        if index is None:
            index = self._newest_visible(visible)
        elif not was_following or self._has_cursor:
            index = min(max(index + later, 0), len(visible.batches) - 1)
        if index is None:
            return
        self._picked_key = _key_of(visible, index)
        batches = visible.batches
        self._window.scroll_to(int(batches.first_submit_ns[index]), int(batches.done_ns[index]), self._lanes_width)
        self._redraw()

    @property
    def _rows(self) -> RowSource:
        return self._frozen_rows or self._history or RecordsCopy()

    @property
    def _lanes_width(self) -> int:
        """Cells of the lanes, without the gutter of row names."""
        return self.content_size.width - lanes_picture.gutter_width(self.content_size.width)

    def _redraw(self) -> None:
        if self._lanes_width > 0 and self.content_size.height > 0:
            self._read_visible()
            self._repaint()

    def _read_visible(self) -> None:
        """Reads the visible records, and finds the run under the cursor among them."""
        rows = self._rows
        if rows.total <= rows.first_kept:
            self._time_slice = self._picked = None
            return
        newest_ns = int(rows.view(rows.total - 64, 64)["done_ns"].max())
        end_ns = self._window.visible_end_ns(self._now_ns, newest_ns, self._lanes_width)
        begin_ns = end_ns - self._window.span_ns
        self._time_slice = visible = read_slice(rows, begin_ns, end_ns, self._lone_runs, self._timeouts_ms)
        self._picked = None
        if self._picked_key is not None:
            self._picked = _index_of(visible, self._picked_key)
        elif self._has_cursor:
            self._picked = self._newest_visible(visible)

    @staticmethod
    def _newest_visible(visible: TimeSlice) -> int | None:
        """The newest visible run, preferably one whose members are all kept."""
        batches = visible.batches
        in_window = (batches.done_ns >= visible.begin_ns) & (batches.done_ns < visible.end_ns)
        for eligible in (in_window & (batches.count >= batches.size), in_window):
            found = np.flatnonzero(eligible)
            if len(found):
                return int(found[-1])
        return None

    def _picture(self) -> CellGrid:
        width, height = self.content_size
        cells = CellGrid(width, height)
        visible = self._time_slice
        if visible is None:
            self._draw_heading(cells, [])
            cells.put(
                lanes_picture.gutter_width(width),
                min(1, height - 1),
                self.nothing_yet or "no requests yet",
                LanesInk.DIM,
            )
            return cells
        scene = LanesScene(visible.records, visible.batches, visible.begin_ns, visible.end_ns, self._picked)
        lanes_picture.draw(cells, lanes_picture.LanesLayout(1, height - 1), scene, self._glyphs)
        self._draw_heading(cells, self._notes(visible))
        return cells

    def _notes(self, visible: TimeSlice) -> list[tuple[str, LanesInk]]:
        notes = [(number_format.span(self._window.span_ns), LanesInk.DIM)]
        if self.frozen and self._history is not None and self._frozen_rows is not None:
            newer = self._history.total - self._frozen_rows.total
            notes.append(("frozen" + (f" · {newer:,} newer since" if newer else ""), LanesInk.WARNING))
        else:
            notes.append(("following", LanesInk.DIM))
        if visible.omitted_ns:
            drawn = number_format.span(self._window.span_ns - visible.omitted_ns)
            notes.append((f"only the last {drawn} drawn: zoom in", LanesInk.WARNING))
        return notes

    @property
    def _held_in_sight(self) -> bool:
        return self._time_slice is not None and bool((self._time_slice.batches.reason == RunReason.HELD).any())

    def _draw_heading(self, cells: CellGrid, notes: list[tuple[str, LanesInk]]) -> None:
        glyphs = self._glyphs
        kinds = (
            (glyphs.full, LanesInk.EVEN, "full"),
            *([(glyphs.full, LanesInk.HELD, "held")] if self._held_in_sight else []),
            (glyphs.timer, LanesInk.TIMER, "timer"),
            (glyphs.alone, LanesInk.ALONE, "alone"),
        )
        hint = glyphs.text(self.hint)
        x = cells.width - len(hint)
        cells.put(x, 0, hint, LanesInk.DIM)
        at = 0
        for text, ink in (("BATCHES", LanesInk.TITLE), *notes):
            shown = glyphs.text(text)
            cells.put(at, 0, shown, ink)
            at += len(shown) + 2
        # The legend is the first to go where there is no room.
        if at + sum(len(name) + 5 for *_, name in kinds) <= x:
            for marks, ink, name in kinds:
                shown = "".join(dict.fromkeys(marks))
                cells.put(at, 0, shown, ink)
                cells.put(at + len(shown) + 1, 0, name, LanesInk.DIM)
                at += len(shown) + len(name) + 2


def _key_of(visible: TimeSlice, index: int) -> _RunKey:
    batches = visible.batches
    if batches.id[index]:
        return True, int(batches.id[index])
    return False, int(visible.records["seq"][batches.members[batches.start[index]]])


def _index_of(visible: TimeSlice, key: _RunKey) -> int | None:
    batches = visible.batches
    if key[0]:
        found = np.flatnonzero(batches.id == key[1])
    else:
        lead = visible.records["seq"][batches.members[batches.start]]
        found = np.flatnonzero((batches.id == 0) & (lead == key[1]))
    return int(found[0]) if len(found) else None
