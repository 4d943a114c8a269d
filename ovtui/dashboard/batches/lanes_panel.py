"""The lanes as a panel: compact on the dashboard, large and with a cursor on the screen of batches."""

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
from ovtui.metrics.batching.batch_runs import Batch, LoneRunTimes
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.record import Records

_RunKey = tuple[bool, int]
"""A run by what never changes: (True, batch id), or (False, seq) of a request alone."""


class LanesPanel(CellWidget, can_focus=False):
    """Give it the history at each tick with `update_history`.

    It follows the newest completions. Picking a run or scrolling freezes: the records that are kept are copied, so that
    nothing overwrites what one looks at, and `follow` lets go again."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in LanesInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in LanesInk}
    DEFAULT_CSS = """
    LanesPanel {
        .lanes--unknown { color: $text-muted; }
        .lanes--alone { color: $text-muted; }
        .lanes--even { color: $primary; }
        .lanes--odd { color: $success; }
        .lanes--timer { color: $warning; }
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
        """`picking`: one run is highlighted, the newest while following."""
        super().__init__(glyph_set=glyph_set, id=id, classes=classes)
        self.hint = hint
        """Last in the heading."""
        self._has_cursor = picking
        self._history: RequestHistory | None = None
        self._frozen_rows: RecordsCopy | None = None
        self._now_ns = 0
        self._lone_runs: LoneRunTimes = {}
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
        """The run under the cursor, and the records that its members are indices into."""
        if self._time_slice is None or self._picked is None:
            return None
        return self._time_slice.batches.batch(self._picked, self._time_slice.records), self._time_slice.records

    @property
    def time_slice(self) -> TimeSlice | None:
        """What was drawn last."""
        return self._time_slice

    def update_history(self, history: RequestHistory, now_ns: int, lone_runs: LoneRunTimes) -> None:
        """Draws what is new. The history is kept, not copied, until the next call."""
        self._history, self._now_ns, self._lone_runs = history, now_ns, lone_runs
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
        """To a longer span, or with negative steps to a shorter one."""
        self._window.zoom(steps, self._lanes_width)
        self._redraw()

    def fit(self) -> None:
        """The span that the data suggest, now and from now on."""
        self._window.automatic_span = True
        self._window.choose_span(self._rows, self._lanes_width)
        self._redraw()

    def scroll_time(self, eighths: int) -> None:
        """Later, or with a negative number earlier, as far as records are kept."""
        self.freeze()
        rows = self._rows
        if not rows.total > rows.first_kept:
            return
        ends = rows.view(rows.first_kept, 1)["done_ns"], rows.view(rows.total - 1, 1)["done_ns"]
        self._window.scroll(eighths, self._lanes_width)
        self._window.clamp_to(int(ends[0][0]), int(ends[1][0]), self._lanes_width)
        self._redraw()

    def pick(self, later: int) -> None:
        """The run that completed next, or with -1 the one before; the first time the newest in sight."""
        began_here = not self.frozen
        self.freeze()
        stretch = self._time_slice
        if stretch is None or not len(stretch.batches):
            return
        at = self._picked
        if at is None:
            at = self._newest_visible(stretch)
        elif not began_here or self._has_cursor:
            at = min(max(at + later, 0), len(stretch.batches) - 1)
        if at is None:
            return
        self._picked_key = _key_of(stretch, at)
        batches = stretch.batches
        self._window.show(int(batches.first_submit_ns[at]), int(batches.done_ns[at]), self._lanes_width)
        self._redraw()

    @property
    def _rows(self) -> RowSource:
        return self._frozen_rows or self._history or RecordsCopy()

    @property
    def _lanes_width(self) -> int:
        """Of the picture, without the rows' names."""
        return self.content_size.width - lanes_picture.gutter_width(self.content_size.width)

    def _redraw(self) -> None:
        if self._lanes_width > 0 and self.content_size.height > 0:
            self._read_visible()
            self._repaint()

    def _read_visible(self) -> None:
        """Reads the stretch in sight, and finds the run under the cursor in it."""
        rows = self._rows
        if rows.total <= rows.first_kept:
            self._time_slice = self._picked = None
            return
        newest_ns = int(rows.view(rows.total - 1, 1)["done_ns"][0])
        end_ns = self._window.visible_end_ns(self._now_ns, newest_ns, self._lanes_width)
        self._time_slice = stretch = read_slice(rows, end_ns - self._window.span_ns, end_ns, self._lone_runs)
        self._picked = None
        if self._picked_key is not None:
            self._picked = _index_of(stretch, self._picked_key)
        elif self._has_cursor:
            self._picked = self._newest_visible(stretch)

    @staticmethod
    def _newest_visible(stretch: TimeSlice) -> int | None:
        """The newest run in sight, all of whose members are kept where there is such a one."""
        batches = stretch.batches
        seen = (batches.done_ns >= stretch.begin_ns) & (batches.done_ns < stretch.end_ns)
        for wanted in (seen & (batches.count >= batches.size), seen):
            found = np.flatnonzero(wanted)
            if len(found):
                return int(found[-1])
        return None

    def _picture(self) -> CellGrid:
        width, height = self.content_size
        cells = CellGrid(width, height)
        stretch = self._time_slice
        if stretch is None:
            self._draw_heading(cells, [])
            cells.put(lanes_picture.gutter_width(width), min(1, height - 1), "no requests yet", LanesInk.DIM)
            return cells
        scene = LanesScene(stretch.records, stretch.batches, stretch.begin_ns, stretch.end_ns, self._picked)
        lanes_picture.draw(cells, lanes_picture.LanesLayout(1, height - 1), scene, self._glyphs)
        self._draw_heading(cells, self._notes(stretch))
        return cells

    def _notes(self, stretch: TimeSlice) -> list[tuple[str, LanesInk]]:
        notes = [(lanes_picture.duration_text(self._window.span_ns), LanesInk.DIM)]
        if self.frozen and self._history is not None and self._frozen_rows is not None:
            newer = self._history.total - self._frozen_rows.total
            notes.append(("frozen" + (f" · {newer:,} newer since" if newer else ""), LanesInk.WARNING))
        else:
            notes.append(("following", LanesInk.DIM))
        if stretch.omitted_ns:
            drawn = lanes_picture.duration_text(self._window.span_ns - stretch.omitted_ns)
            notes.append((f"only its last {drawn} drawn: zoom in", LanesInk.WARNING))
        return notes

    def _draw_heading(self, cells: CellGrid, notes: list[tuple[str, LanesInk]]) -> None:
        glyphs = self._glyphs
        kinds = (
            (glyphs.full, LanesInk.EVEN, "full"),
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
        # The legend gives way to what changes.
        if at + 26 <= x:
            for marks, ink, name in kinds:
                shown = "".join(dict.fromkeys(marks))
                cells.put(at, 0, shown, ink)
                cells.put(at + len(shown) + 1, 0, name, LanesInk.DIM)
                at += len(shown) + len(name) + 2


def _key_of(stretch: TimeSlice, index: int) -> _RunKey:
    batches = stretch.batches
    if batches.id[index]:
        return True, int(batches.id[index])
    return False, int(stretch.records["seq"][batches.members[batches.start[index]]])


def _index_of(stretch: TimeSlice, key: _RunKey) -> int | None:
    batches = stretch.batches
    if key[0]:
        found = np.flatnonzero(batches.id == key[1])
    else:
        lead = stretch.records["seq"][batches.members[batches.start]]
        found = np.flatnonzero((batches.id == 0) & (lead == key[1]))
    return int(found[0]) if len(found) else None
