"""The page with the whole texts, most of them OpenVINO's: of a start that failed, of changes that were refused, of
requests that failed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.drawing.meanings import SEVERITY_STYLES
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.flag_words import without_flags
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.handover.event_text import describe_event
from ovtui.metrics.session.session_state import SessionState
from ovtui.settings.shown_text import shown

_NONE = "No failure of this session has a longer text."


class ReasonScreen(ModalScreen[None]):
    """The newest text first. It does not change while the page is open."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.REASONS)

    def __init__(self, session_state: SessionState) -> None:
        super().__init__()
        self._texts = reason_texts(session_state)

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        page = VerticalScroll(Static(Content("\n\n").join(self._texts) if self._texts else _NONE, markup=False))
        page.border_title = "Whole reason" if len(self._texts) < 2 else f"Whole reasons ({len(self._texts)})"
        page.border_subtitle = f"{keys.first('close-reason')} closes, {keys.hint('reason-down')}"
        yield page

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def reason_texts(session_state: SessionState) -> list[Content]:
    """Each event that holds OpenVINO's whole text: when it was, its sentence, and the text as it stands."""
    found = []
    for event in reversed(session_state.explained):
        told = describe_event(event, session_state)
        when = number_format.session_time(told.t_ns, 1)
        lines = [
            Content.assemble(
                (f"{told.label}  {when}  ", SEVERITY_STYLES[told.severity]),
                (without_flags(one_line(told.text)), "bold"),
            ),
            # A recording of a stranger may hold anything.
            *(Content(shown(line.expandtabs(4))) for line in event.detail.splitlines()),
        ]
        found.append(Content("\n").join(lines))
    return found
