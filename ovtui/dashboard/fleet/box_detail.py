"""The box under the cursor: as much of it as fits under or beside the table, and all of it on a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import line_of
from ovtui.dashboard.fleet.box_text import Lines
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of

LinesFor = Callable[[int, GlyphSet], Lines]
"""The lines for a width."""
_PAGE_WIDTH = 100


class BoxDetail(Panel):
    _lines: LinesFor | None = None

    def show(self, lines: LinesFor | None) -> None:
        """None where no box is under the cursor."""
        self._lines = lines
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._lines is None:
            keys = keys_of(self)
            return Content.styled(f" {keys.hint('list-down')}: what is known of a box stands here", "$dim")
        lines = self._lines(width - 1, self._glyphs)
        room = max(self.content_size.height, 1)
        shown = [line_of(pieces).truncate(width, ellipsis=True) for pieces in lines[:room]]
        if len(lines) > room:
            more = f"  {keys_of(self).first('fleet-box')} shows all"
            shown[-1] = shown[-1].truncate(max(width - len(more), 10), ellipsis=True) + Content.styled(more, "$dim")
        return Content("\n").join(shown)


class BoxScreen(ModalScreen[None]):
    """`show` is called when a box has changed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FLEET_BOX)

    def __init__(self, lines: LinesFor, glyphs: GlyphSet) -> None:
        super().__init__()
        self._lines, self._glyphs = lines, glyphs

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        page = VerticalScroll(Static(self._text(), markup=False))
        page.border_title = "Box"
        page.border_subtitle = f"{keys.hint('box-down')}, {keys.first('close-box')} closes"
        yield page

    def show(self, lines: LinesFor) -> None:
        self._lines = lines
        self.query_one(Static).update(self._text())

    def _text(self) -> Content:
        width = min(self.app.size.width, _PAGE_WIDTH) - 8
        return Content("\n").join([line_of(pieces) for pieces in self._lines(width, self._glyphs)])

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)
