"""The base of the panels: widgets that draw their state as text, and refresh only when the text has changed."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet

_TO_ASCII = str.maketrans({"▌": "[", "▐": "]", "›": ">", "→": ">", "├": "|", "┤": "|", "─": "-", "●": "*"})
"""Characters that only panels use, and a one-character form of the arrow."""


class Panel(Widget, can_focus=False):
    """A panel of fixed height. Textual sends a refreshed widget whole, changed or not; therefore `redraw` compares."""

    MIN_DRAW_WIDTH: ClassVar[int] = 40
    """The least width that `draw` has to support."""
    _content: Content = Content()
    _glyphs: GlyphSet = "braille"

    def draw(self, width: int) -> Content:
        """The panel's text for this width, from the state that the subclass keeps."""
        raise NotImplementedError

    def redraw(self) -> None:
        # Under another page a panel may be one cell wide; it is drawn for the least width and cut.
        content = self.draw(max(self.size.width, self.MIN_DRAW_WIDTH))
        if self._glyphs == "ascii":
            content = Content(_ascii_text(content.plain), list(content.spans))
        if not content.is_same(self._content):
            self._content = content
            self.refresh()

    def set_glyphs(self, glyph_set: GlyphSet) -> None:
        self._glyphs = glyph_set
        self.redraw()

    def render(self) -> Content:
        return self._content

    def on_resize(self) -> None:
        self.redraw()


def _ascii_text(text: str) -> str:
    """The text in ASCII, one character for each character, so that the spans of styles keep their positions."""
    return "\n".join(GLYPHS["ascii"].text(line) for line in text.translate(_TO_ASCII).split("\n"))
