"""The line that filters a table while it is written: of layers, of boxes."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut
from ovtui.dashboard.settings_pane.typed_keys import pasted_line

_LONGEST = 200
"""Characters."""


class LiveFilterLine(Input):
    """A subclass binds the keys that leave it, and says what can be written."""

    EXAMPLES: ClassVar[str] = ""

    class Ended(Message):
        """The focus leaves the line."""

        def __init__(self, *, take: bool) -> None:
            super().__init__()
            self.take = take
            """True to go on with the rows that it shows."""

    def __init__(self) -> None:
        super().__init__(
            compact=True,
            select_on_focus=False,
            max_length=_LONGEST,
            placeholder=self.EXAMPLES,
        )
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        """Textual's own handler, which follows, inserts the first line."""
        event.text = pasted_line(event.text)

    def action_leave(self, take: bool) -> None:
        self.post_message(self.Ended(take=take))


class LiveFilterHelp(Panel):
    """Beside the line: how many rows are found, or what is wrong."""

    MIN_DRAW_WIDTH = 10
    _text, _wrong = "", False

    def show(self, text: str, *, wrong: bool = False) -> None:
        self._text, self._wrong = text, wrong
        self.redraw()

    def draw(self, width: int) -> Content:
        return Content.styled(cut(f" {self._text}", width), "$warning" if self._wrong else "$dim")


class LiveFilter(Horizontal):
    """Hidden until it is opened."""

    LINE: ClassVar[type[LiveFilterLine]] = LiveFilterLine

    class Changed(Message):
        def __init__(self, pattern: str) -> None:
            super().__init__()
            self.pattern = pattern

    def compose(self) -> ComposeResult:
        yield self.LINE()
        yield LiveFilterHelp()

    @property
    def line(self) -> LiveFilterLine:
        return self.query_one(LiveFilterLine)

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self, pattern: str) -> None:
        self.add_class("-open")
        self.line.value = pattern
        self.line.cursor_position = len(pattern)
        self.line.focus()

    def close(self) -> None:
        self.remove_class("-open")

    def tell(self, text: str, *, wrong: bool = False) -> None:
        self.query_one(LiveFilterHelp).show(text, wrong=wrong)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Changed(event.value.strip()))
