"""The line in which a person writes what a study is to be about, and under it what that would be, or what is wrong."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.settings_pane.typed_keys import pasted_line
from ovtui.dashboard.study_request import EXAMPLES, StudyKind, asked_text, spec_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings

_LONGEST = 2000
"""Characters."""


class StudyLine(Input):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.STUDY_LINE)

    class Ended(Message):
        def __init__(self, *, take: bool) -> None:
            super().__init__()
            self.take = take
            """True to begin what it says."""

    def __init__(self) -> None:
        super().__init__(compact=True, select_on_focus=False, max_length=_LONGEST)
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        """Textual's own handler, which follows, inserts the first line."""
        event.text = pasted_line(event.text)

    def action_leave(self, take: bool) -> None:
        self.post_message(self.Ended(take=take))


class PromptLabel(Panel):
    MIN_DRAW_WIDTH = 10
    _kind = ""

    def show(self, kind: str) -> None:
        self._kind = kind
        self.styles.width = len(kind) + 3
        self.redraw()

    def draw(self, width: int) -> Content:
        return Content.styled(cut(f" {self._kind} ", width), "bold")


class PromptHelp(Panel):
    """What the line asks for; an error in the colour of a warning once it was to be taken."""

    _text, _wrong = "", False

    def show(self, text: str, *, wrong: bool = False) -> None:
        self._text, self._wrong = one_line(text), wrong
        self.redraw()

    def draw(self, width: int) -> Content:
        lines = Content.styled(self._text, "$warning" if self._wrong else "$dim").wrap(max(width - 2, 10))[:2]
        return Content("\n").join(Content(" ") + line for line in lines) if self._text else Content()


class StudyPrompt(Vertical):
    """Hidden until it is opened."""

    kind: StudyKind = "sweep"
    _in_force: Settings | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield PromptLabel()
            yield StudyLine()
        yield PromptHelp()

    @property
    def line(self) -> StudyLine:
        return self.query_one(StudyLine)

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self, kind: StudyKind, text: str, in_force: Settings) -> None:
        self.kind, self._in_force = kind, in_force
        self.add_class("-open")
        self.query_one(PromptLabel).show(kind)
        self.line.placeholder = EXAMPLES[kind]
        self.line.value = text
        self.line.cursor_position = 0 if text.startswith(" ") else len(text)
        self.line.focus()
        self._tell()

    def close(self) -> None:
        self.remove_class("-open")

    def tell_error(self, text: str) -> None:
        """The text stays, to be corrected."""
        self.query_one(PromptHelp).show(text, wrong=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self._tell()

    def _tell(self) -> None:
        """While it is typed: what is asked for, or what is missing yet."""
        text, told = self.line.value, self.query_one(PromptHelp)
        if not text.strip() or self._in_force is None:
            told.show(f"for example: {EXAMPLES[self.kind]}")
            return
        try:
            told.show(asked_text(spec_of(self.kind, text, self._in_force)))
        except SettingsError as error:
            told.show(str(error))
