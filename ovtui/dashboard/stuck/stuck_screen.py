"""The page of an engine that does not answer: what was found of each engine, the newest of each."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.session.diagnosis_text import DiagnosisLine, diagnosis_lines
from ovtui.records.diagnosis import EngineDiagnosed
from ovtui.records.source import Source
from ovtui.settings.shown_text import width_of

_STYLES = {"head": "bold", "stuck": "bold $error", "fine": "$success", "plain": "", "frame": "$dim"}
_OCCASIONS = {"stalled": "as it stood still", "asked": "as it was asked for", "overdue": "before it was killed"}
ANSWER_S = 3.0
"""A host that has not answered after this time is said not to."""
LEAST_COLUMN = 16
"""With less room beside the other columns text goes on at the left."""


class StuckScreen(ModalScreen[None]):
    """`show` is called with each frame."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.STUCK)

    def __init__(self, digest: Digest, source: Source) -> None:
        super().__init__()
        self._digest, self._source = digest, source
        self._asked_ns: int | None = None
        self._native = False
        self._shown: tuple[str, Content] | None = None

    def compose(self) -> ComposeResult:
        page = VerticalScroll(Static(id="found", markup=False))
        page.border_title = "Where the engines stand"
        yield page

    def on_mount(self) -> None:
        self.action_again(False)
        self.show(self._digest.snapshot().now_ns)

    def action_again(self, native: bool) -> None:
        if self._source.replayed:
            return
        self._asked_ns, self._native = self._digest.snapshot().now_ns, native
        self._source.ask_stuck(native=native)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def show(self, now_ns: int) -> bool:
        """Returns whether anything on the page has changed."""
        shown = self._drawn(now_ns, self.query_one(VerticalScroll).scrollable_content_region.width)
        if shown == self._shown:
            return False
        self._shown = shown
        self.query_one(VerticalScroll).border_subtitle, text = shown
        self.query_one("#found", Static).update(text)
        return True

    def _drawn(self, now_ns: int, width: int) -> tuple[str, Content]:
        """`width`: of a line; 0 where it is not known yet."""
        keys = keys_of(self)
        hints = "" if self._source.replayed else f", {keys.hint('stuck-again')}, {keys.hint('stuck-native')}"
        subtitle = f"{keys.first('close-stuck')} closes{hints}, {keys.hint('stuck-down')}"
        newest = {event.engine: event for event in self._digest.session_state.diagnosed}
        told = self._waiting_text(now_ns)
        parts = [Content.styled(told, "bold")] if told else []
        parts += [
            _one(event, width, replayed=self._source.replayed)
            for event in sorted(newest.values(), key=lambda each: -each.t_ns)
        ]
        return subtitle, Content("\n\n").join(parts) if parts else Content("No engine was looked at in this session.")

    def _waiting_text(self, now_ns: int) -> str:
        """While the host has not answered; '' otherwise."""
        if self._asked_ns is None:
            return ""
        found = self._digest.session_state.diagnosed
        if any(each.t_ns > self._asked_ns for each in found):
            self._asked_ns = None
            return ""
        if not any(engine.exited is None for engine in self._digest.session_state.engines.values()):
            return "no engine runs"
        limit_s = ANSWER_S + (20.0 if self._native else 0.0)
        if now_ns - self._asked_ns > limit_s * 1e9:
            return "the host does not answer; ovtui stuck, in another terminal, reads what it can without it"
        return "looking, with native stacks" if self._native else "looking"


def _one(event: EngineDiagnosed, width: int, *, replayed: bool) -> Content:
    when = f"{number_format.session_time(event.t_ns, 1)}, {_OCCASIONS[event.occasion]}"
    lines = [Content.styled(when, "$dim")]
    for line in diagnosis_lines(event.diagnosis, replayed=replayed):
        lines += [Content.styled(text, _STYLES[line.kind]) for text in _wrapped(line, width)]
    return Content("\n").join(lines)


def _wrapped(line: DiagnosisLine, width: int) -> list[str]:
    """What is too long goes on under its own column. A word that fits in no line is divided."""
    if width - line.hang < LEAST_COLUMN or width_of(line.text) <= width:
        return [line.text]
    at = next(at for at in range(len(line.text) + 1) if width_of(line.text[:at]) >= line.hang)
    head, text = line.text[:at], line.text[at:]
    first, *more = textwrap.wrap(text, width - line.hang) or [""]
    return [head + first, *(" " * line.hang + part for part in more)]
