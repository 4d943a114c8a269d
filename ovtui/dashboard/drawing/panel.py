"""The base of the panels: widgets that draw their state as text, of which only the changed cells are repainted."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.style import Style
from textual.content import Content

from ovtui.dashboard.drawing.cells import CellGrid, code_points
from ovtui.dashboard.drawing.direct_paint import PaintedWidget
from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.settings.stand_ins import in_one_cell

_NARROW = re.compile("[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]*")
"""Text of one cell for each character, as far as panels write it by themselves."""


class Panel(PaintedWidget, can_focus=False):
    """A panel of fixed height. Textual sends a refreshed widget whole, changed or not; therefore `redraw` compares."""

    MIN_DRAW_WIDTH: ClassVar[int] = 40
    """The least width that `draw` has to support."""
    _content: Content = Content()
    _glyphs: GlyphSet = "braille"

    def draw(self, width: int) -> Content:
        """The panel's text for this width, from the state that the subclass keeps."""
        raise NotImplementedError

    def redraw(self) -> None:
        if self.is_attached and not self.size.width:
            return  # it has no place yet; `on_resize` draws it
        # Under another page a panel may be one cell wide; it is drawn for the least width and cut.
        content = self.draw(max(self.size.width, self.MIN_DRAW_WIDTH))
        if self._glyphs == "ascii":
            content = Content(_ascii_text(content.plain), list(content.spans))
        if content.is_same(self._content):
            return
        self._content = content
        cells = self._grid(content)
        if cells is None:
            self._cells = CellGrid(0, 0)
            self.refresh()
        else:
            self._show_cells(cells)

    def _grid(self, content: Content) -> CellGrid | None:
        """The text as cells; None where it is for Textual to wrap, to cut, or to find the width of its characters."""
        width, height = self.content_size
        lines = content.split("\n", allow_blank=True)
        if not self.is_attached or not width or len(lines) > height:
            return None
        if any(len(line) > width or not _NARROW.fullmatch(line.plain) for line in lines):
            return None
        if not self._rich_styles:
            self._rich_styles = [self.visual_style.rich_style]
            self._style_numbers = {self._rich_styles[0]: 0}
        cells = CellGrid(width, height)
        for y, line in enumerate(lines):
            x = 0
            for text, style in line.render(self.visual_style, end="", parse_style=self._get_style):
                cells.codes[y, x : x + len(text)] = code_points(text)
                cells.styles[y, x : x + len(text)] = self._number(style.rich_style)
                x += len(text)
        return cells

    def _number(self, style: Style) -> int:
        number = self._style_numbers.get(style)
        if number is None:
            number = self._style_numbers[style] = len(self._rich_styles)
            self._rich_styles.append(style)
        return number

    def _make_styles(self) -> list[Style]:
        raise AssertionError("styles are numbered when a text is drawn")

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._cells = CellGrid(0, 0)  # its numbers are void; Textual repaints the panel

    def set_glyphs(self, glyph_set: GlyphSet) -> None:
        self._glyphs = glyph_set
        self.redraw()

    def render(self) -> Content:
        return self._content

    def on_resize(self) -> None:
        self.redraw()


def _ascii_text(text: str) -> str:
    """The text in ASCII, one character for each character, so that the spans of styles keep their positions."""
    return "".join(c if " " <= c <= "~" or c == "\n" else in_one_cell(c) for c in text)
