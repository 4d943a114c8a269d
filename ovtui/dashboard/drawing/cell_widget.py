"""The base of the widgets that draw a grid of cells: plots, lanes, distributions, the request table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.strip import Strip

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.direct_paint import PaintedWidget
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet


class CellWidget(PaintedWidget):
    """A frame is drawn for new data and for a new size, never for Textual's repaints: those read the grid that is
    kept."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = ()
    """Component class of each style number of the grid."""
    SAME_BACKGROUND = True
    nothing_yet = ""
    """Said in the place of "no requests yet" where none will come, see views.nothing_yet."""

    def __init__(self, *, glyph_set: GlyphSet = "braille", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._glyphs = GLYPHS[glyph_set]

    def _picture(self) -> CellGrid:
        """The frame for the data at hand, as large as the content."""
        raise NotImplementedError

    def _redraw(self) -> None:
        """Called for new data, another size and other glyphs. A subclass adds what it has to prepare."""
        self._repaint()

    def _repaint(self) -> None:
        """Draws a frame and has the regions repainted that it changes."""
        self._show_cells(self._picture())

    def _make_styles(self) -> list[Style]:
        return [self.get_component_rich_style(name) for name in self.STYLE_CLASSES]

    def tell_nothing_yet(self, text: str) -> None:
        self.nothing_yet = text
        self._redraw()

    def set_glyphs(self, glyph_set: GlyphSet) -> None:
        self._glyphs = GLYPHS[glyph_set]
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if not self._rich_styles:
            self._rich_styles = self._make_styles()
        if y >= self._cells.height:
            return Strip.blank(self.content_size.width, self.rich_style)
        return self._cells.strip(y, self._rich_styles, same_background=self.SAME_BACKGROUND)

    def on_resize(self) -> None:
        self._redraw()
