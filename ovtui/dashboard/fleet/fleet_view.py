"""The page of the fleet: head, table, the box under the cursor, the line that answers, the keys."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen

from ovtui.dashboard import export
from ovtui.dashboard.drawing.direct_paint import DirectPainter
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.row_list import RowKeys
from ovtui.dashboard.drawing.text_fit import Piece
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.fleet.answer_line import AnswerLine, Entry
from ovtui.dashboard.fleet.box_columns import LETTERS
from ovtui.dashboard.fleet.box_detail import BoxDetail, BoxScreen
from ovtui.dashboard.fleet.box_list import BoxList
from ovtui.dashboard.fleet.box_text import Lines, box_lines
from ovtui.dashboard.fleet.fleet_box import FleetBox
from ovtui.dashboard.fleet.fleet_head import FleetHead
from ovtui.dashboard.fleet.prompts import BoxFilterLine, BoxFilterPrompt, BoxSortLine
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.prompts.letter_line import LetterLine
from ovtui.dashboard.prompts.live_filter import LiveFilter, LiveFilterLine
from ovtui.dashboard.views.footer import Footer
from ovtui.metrics.fleet.table import COLUMN
from ovtui.settings.schema.settings import Settings


@dataclass(frozen=True, slots=True)
class FleetFrame:
    """What is drawn at once."""

    name: str
    settings: Settings
    boxes: Sequence[FleetBox]
    elapsed_s: float
    state: str
    """A word for the head; empty where the run simply goes on."""
    entry: Entry


class FleetFooter(Footer):
    """There are no other views."""

    def views(self, width: int) -> dict[str, list[Piece]]:  # noqa: ARG002
        return {}


class FleetView(RowKeys, Screen[None]):
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.LISTS), *bindings(Scope.FLEET)]
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.FLEET, Scope.LISTS)

    def __init__(self) -> None:
        super().__init__()
        self.painter = DirectPainter(self)
        self._frame: FleetFrame | None = None
        self._words_before = ""

    def compose(self) -> ComposeResult:
        yield FleetHead()
        with Container(id="fleet-body"):
            yield BoxList(self._moved)
            yield BoxDetail()
        yield BoxFilterPrompt()
        yield BoxSortLine()
        yield AnswerLine(time.monotonic)
        yield FleetFooter()

    @property
    def rows(self) -> BoxList:
        return self.query_one(BoxList)

    @property
    def chosen(self) -> FleetBox | None:
        """Under the cursor; the only one where there is but one."""
        boxes = self._frame.boxes if self._frame is not None else ()
        return self.rows.chosen or (boxes[0] if len(boxes) == 1 else None)

    # Frames

    def draw_frame(self, frame: FleetFrame) -> None:
        """Draws what has changed and has it painted at once."""
        self._frame = frame
        if not self.is_mounted:
            return
        self.painter.begin_frame()
        try:
            self._draw()
        finally:
            self.painter.end_frame()

    def _draw(self) -> None:
        frame = self._frame
        if frame is None:
            return
        self.query_one(FleetHead).show(frame.name, frame.settings, frame.boxes, frame.elapsed_s, frame.state)
        self.rows.show(frame.boxes)
        self._moved()
        self.query_one(AnswerLine).show(frame.entry)
        self._show_footer()

    def redraw(self) -> None:
        if self.is_mounted:
            self._draw()

    def on_mount(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        self.call_after_refresh(self.redraw)

    def on_screen_resume(self) -> None:
        self.call_after_refresh(self.redraw)

    def use_glyphs(self, glyphs: GlyphSet) -> None:
        self.set_class(glyphs == "ascii", "-ascii")
        for panel in self.query(Panel):
            panel.set_glyphs(glyphs)

    def show_answer(self, text: str) -> None:
        self.query_one(AnswerLine).show_answer(text)

    def _moved(self) -> None:
        box = self.chosen
        self.set_class(box is not None, "-chosen")
        self.query_one(BoxDetail).show(None if box is None else lambda width, glyphs: self.lines_of(box, width, glyphs))

    def lines_of(self, box: FleetBox, width: int, glyphs: GlyphSet) -> Lines:
        """What is told of a box, by the newest frame."""
        boxes = self._frame.boxes if self._frame is not None else ()
        newest = next((each for each in boxes if each.row.name == box.row.name), box)
        return box_lines(newest, [each for each in boxes if each.kind == newest.kind], width, glyphs)

    def _show_footer(self) -> None:
        footer, several = self.query_one(FleetFooter), self._frame is not None and len(self._frame.boxes) > 1
        if isinstance(self.focused, BoxFilterLine):
            footer.show(Scope.FLEET_FILTER)
        elif isinstance(self.focused, BoxSortLine):
            footer.show(Scope.FLEET_SORT)
        else:
            one_kind = self._frame is None or len({box.kind for box in self._frame.boxes}) < 2
            without = {"list-follow", *(("fleet-kinds",) if one_kind else ())}
            footer.show(Scope.FLEET, ("filter",) if several else (), frozenset(without))

    def on_descendant_focus(self) -> None:
        self._show_footer()

    def on_descendant_blur(self) -> None:
        self._show_footer()

    # Moving

    def action_release(self) -> None:
        """Ends the filter, then the sorting, then leaves the row."""
        rows = self.rows
        if rows.words or rows.trouble:
            rows.words, rows.trouble = "", False
        elif rows.sort is not None:
            rows.sort, rows.reverse = None, False
        else:
            rows.release()
        self.redraw()

    # Sorting and filtering

    def action_sort(self) -> None:
        self._close_filter()
        line = self.query_one(BoxSortLine)
        line.add_class("-open")
        line.show([(letter, key, COLUMN[key].heading) for key, letter in LETTERS.items()])
        line.focus()

    def on_letter_line_chosen(self, event: LetterLine.Chosen) -> None:
        rows = self.rows
        chosen = next((key for key in LETTERS if key == event.column), None)
        rows.reverse = chosen is not None and chosen == rows.sort and not rows.reverse
        rows.sort = chosen
        self._close_sort()
        self.redraw()

    def _close_sort(self) -> None:
        self.query_one(BoxSortLine).remove_class("-open")
        self.set_focus(None)

    def on_screen_suspend(self) -> None:
        """Who comes back does not expect that a letter still sorts."""
        if isinstance(self.focused, BoxSortLine):
            self._close_sort()

    def action_filter(self) -> None:
        self._words_before = self.rows.words
        self.query_one(BoxFilterPrompt).open(self._words_before)
        self._tell_found()

    def on_live_filter_changed(self, event: LiveFilter.Changed) -> None:
        self._filter(event.pattern)
        self._tell_found()

    def _filter(self, words: str) -> None:
        self.rows.words = words
        self.redraw()

    def _tell_found(self) -> None:
        rows, of = self.rows, len(self._frame.boxes) if self._frame is not None else 0
        nothing = bool(rows.words) and not rows.count()
        text = "no box has that in it" if nothing else f"{rows.count():,} of {of:,}"
        self.query_one(BoxFilterPrompt).tell(text, wrong=nothing)

    def on_live_filter_line_ended(self, event: LiveFilterLine.Ended) -> None:
        prompt = self.query_one(BoxFilterPrompt)
        self._filter(prompt.line.value.strip() if event.take else self._words_before)
        self._close_filter()

    def _close_filter(self) -> None:
        self.query_one(BoxFilterPrompt).close()
        self.set_focus(None)

    def action_trouble(self) -> None:
        rows = self.rows
        rows.trouble = not rows.trouble
        self.redraw()
        if rows.trouble and not rows.count():
            self.show_answer("no box has failed, is silent or differs from its kind")

    def action_kinds(self) -> None:
        self.rows.by_kind = not self.rows.by_kind
        self.redraw()

    # Details, copies

    def action_box(self) -> None:
        box = self.chosen
        if box is None:
            self.show_answer(f"no box is chosen: {keys_of(self).hint('list-down')}")
            return
        glyphs = self.query_one(BoxList)._glyphs
        self.app.push_screen(BoxScreen(lambda width, glyphs: self.lines_of(box, width, glyphs), glyphs))

    def action_copy(self, what: str) -> None:
        """Copies the 'row' or the 'table' to the clipboard."""
        rows = self.rows
        if what == "row" and rows.cursor is None:
            self.show_answer(f"no box is chosen: {keys_of(self).hint('list-down')}")
            return
        indices = (
            range(rows.cursor, rows.cursor + 1) if what == "row" and rows.cursor is not None else rows.visible_rows
        )
        self.show_answer(export.copy_to_clipboard(self.app, rows.extract(indices)))

    def action_write_table(self) -> None:
        self.run_worker(self._write_table(self.rows.extract(range(self.rows.count()))), exclusive=True)

    async def _write_table(self, table: TableExport | None) -> None:
        self.show_answer(await export.save_csv(table))
