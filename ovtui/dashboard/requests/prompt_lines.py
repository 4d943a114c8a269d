"""The lines under the table in which a person writes a filter, or chooses the column to sort by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.prompts.letter_line import LetterLine
from ovtui.dashboard.settings_pane.typed_keys import pasted_line
from ovtui.metrics.queries.request_filter import EXAMPLES, LONGEST, FilterError, completions, parse_filter
from ovtui.metrics.queries.request_order import SORT_COLUMNS


class FilterLine(Input):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FILTERING)

    class Ended(Message):
        """The focus leaves the line."""

        def __init__(self, *, take: bool) -> None:
            super().__init__()
            self.take = take
            """True to show the requests that it lets through."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False, placeholder=EXAMPLES)
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        """Textual's own handler, which follows, inserts the first line."""
        event.text = pasted_line(event.text)[: LONGEST + 1]

    def action_leave(self, take: bool) -> None:
        self.post_message(self.Ended(take=take))

    def action_complete(self) -> None:
        """Completes the last word as far as only one continuation is possible."""
        found = completions(self.value)
        if not found:
            return
        last = next(n for n in range(len(found[0]), 0, -1) if self.value.lower().endswith(found[0][:n]))
        word = found[0] if len(found) == 1 else _common(found)
        self.value = self.value[: len(self.value) - last] + word + (" " if len(found) == 1 else "")
        self.cursor_position = len(self.value)


def _common(words: Sequence[str]) -> str:
    """The longest beginning that all words have."""
    least, most = min(words), max(words)
    return least[: next((n for n, letter in enumerate(least) if letter != most[n]), len(least))]


class FilterHelp(Panel):
    """Beside the line: what is wrong with it, or what its last word may become."""

    _text = ""

    def show(self, value: str) -> None:
        words = completions(value)
        self._wrong = False
        self._text = ", ".join(words[:6])
        if not words and value.strip():
            try:
                parse_filter(value)
            except FilterError as error:
                self._text, self._wrong = str(error), True
        self.redraw()

    def draw(self, width: int) -> Content:
        if not self._text:
            return Content()
        return Content.styled(cut(f" {self._text}", width), "$warning" if self._wrong else "$dim")


class SortLine(LetterLine):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SORTING)


class PromptLines(Vertical):
    """One of the two, or neither."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield FilterLine()
            yield FilterHelp()
        yield SortLine()

    def open_filter(self, text: str) -> None:
        self.set_classes("-filter")
        line = self.query_one(FilterLine)
        line.value = f"{text} " if text else ""
        line.cursor_position = len(line.value)
        line.focus()

    def open_sort(self, columns: Sequence[tuple[str, str]]) -> None:
        """`columns`: name and heading of those that can be sorted by."""
        self.set_classes("-sort")
        line = self.query_one(SortLine)
        line.show([(SORT_COLUMNS[name].letter, name, heading) for name, heading in columns])
        line.focus()

    def close(self) -> None:
        self.set_classes("")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.query_one(FilterHelp).show(event.value)
