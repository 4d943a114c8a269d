"""The lines under the fleet's table: one that filters while it is written, one that offers the columns to sort by; and
the question before runs end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.prompts.letter_line import LetterLine
from ovtui.dashboard.prompts.live_filter import LiveFilter, LiveFilterLine

_TEXT_WIDTH, _KEY_WIDTH = 60, 8


class BoxFilterLine(LiveFilterLine):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FLEET_FILTER)
    EXAMPLES = "words of a name, kind, phase or device; odd, failed, silent"


class BoxFilterPrompt(LiveFilter):
    LINE = BoxFilterLine


class BoxSortLine(LetterLine):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FLEET_SORT)


class Question(ModalScreen[str]):
    """Its result: 'end', 'leave', 'stay', or 'over' where there is nothing left to ask."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FLEET_QUESTION)

    def __init__(self, title: str, asked: Callable[[], str], answers: Sequence[tuple[str, str]]) -> None:
        """`asked`: its text as it stands now; '' once nothing is left to ask. `answers`: id of each command that
        answers it, and what that does."""
        super().__init__()
        self._title, self._asked, self._answers = title, asked, answers
        self._text = asked()

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        lines = [*Content(self._text).wrap(_TEXT_WIDTH), Content()]
        for id_, does in self._answers:
            listed = " ".join(keys.listed(id_).split()[:2])
            first, *more = Content(does).wrap(_TEXT_WIDTH - _KEY_WIDTH)
            lines.append(Content.assemble((f"{listed:<{_KEY_WIDTH}}", "bold $key"), first))
            lines += [Content(" " * _KEY_WIDTH) + line for line in more]
        box = Container(Static(Content("\n").join(lines), markup=False))
        box.border_title = self._title
        yield box

    def ask_again(self) -> None:
        """Says how it stands now, or goes."""
        text = self._asked()
        if not text:
            self.dismiss("over")
        elif text != self._text:
            self._text = text
            self.refresh(recompose=True)

    def action_answer(self, answer: str) -> None:
        if any(id_ == f"fleet-answer-{answer}" for id_, _ in self._answers):
            self.dismiss(answer)
