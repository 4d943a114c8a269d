"""The last line of defence on the screen: no character that a terminal would obey, or that is not seen, becomes a cell.

Names are cleaned where text is made (`text_fit.one_line`); a place that was forgotten shows · in place of such a
character, so that nothing moves. Textual passes the lines of all its widgets, inputs too, through the app's
filters; the grids that are painted without Textual are cleaned as they are made."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from ovtui.settings.shown_text import shown

SUBSTITUTE = "·"


def cell_text(text: str) -> str:
    """The text with as many characters as before, each of which can be seen; 70 ns for a text that is clean."""
    if text.isprintable() and shown(text) == text:
        return text
    return "".join(c if shown(c) == c else SUBSTITUTE for c in text)


class CleanLines(LineFilter):
    """A filter of Textual's lines that keeps their width: a character that takes no cell goes, another becomes ·."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        if all(segment.text.isprintable() and shown(segment.text) == segment.text for segment in segments):
            return segments
        return [segment._replace(text=_same_width(segment.text)) for segment in segments]


def _same_width(text: str) -> str:
    return "".join(c if shown(c) == c else SUBSTITUTE * cell_len(c) for c in text)
