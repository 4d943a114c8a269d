"""The line that offers columns, each with the letter that chooses it."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, width_of

Offer = tuple[str, str, str]
"""Letter, name and heading of a column."""


class LetterLine(Panel, can_focus=True):
    """A subclass binds the key that leaves it."""

    _columns: Sequence[Offer] = ()

    class Chosen(Message):
        """The focus leaves the line."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column
            """Its name; empty for the order without sorting."""

    def show(self, columns: Sequence[Offer]) -> None:
        """`columns`: those that can be sorted by."""
        self._columns = columns
        self.redraw()

    def draw(self, width: int) -> Content:
        lines: list[list[Piece]] = [[(" sort by ", "bold")]]
        for letter, _, heading in self._columns:
            entry = [(f" {letter}", "bold"), (f" {heading} ", "$dim")]
            if width_of([*lines[-1], *entry]) > width:
                lines.append([(" " * 9, "")])
            lines[-1] += entry
        return Content("\n").join(map(line_of, lines))

    def redraw(self) -> None:
        super().redraw()
        self.styles.height = self._content.plain.count("\n") + 1

    def on_key(self, event: events.Key) -> None:
        chosen = next((name for letter, name, _ in self._columns if letter == event.character), None)
        if chosen is not None:
            event.stop()
            event.prevent_default()
            self.post_message(self.Chosen(chosen))

    def action_leave(self) -> None:
        self.post_message(self.Chosen(""))
