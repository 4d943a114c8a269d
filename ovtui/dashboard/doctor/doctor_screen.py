"""The page of the doctor. It runs `ovtui doctor --json` in a child, as a person would type it, and shows the lines of
its report; the dashboard's event loop waits for nothing."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.doctor.doctor_child import ask_in_background
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.host.doctor.report_lines import Line, report_lines
from ovtui.records.doctor import DoctorReport, Mark
from ovtui.settings.schema.display_settings import GlyphSet

LOOKING = "looking…"
_COLOURS: dict[Mark, str] = {"fine": "$success", "warning": "$warning", "broken": "$error", "unknown": "$dim"}
_BESIDE = 5
"""Cells of the page that hold no text: its border, its padding, the scroll bar."""
_WIDEST = 120


class DoctorScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DOCTOR)

    def __init__(self, *, replayed: bool, cache_dir: str, glyphs: GlyphSet) -> None:
        """`replayed`: of a recording, whose machine may be another one. `cache_dir`: the session's."""
        super().__init__()
        self._replayed, self._cache_dir = replayed, cache_dir
        self._plain = glyphs in ("ascii", "console")
        self._answer: DoctorReport | str | None = None
        self._run = 0
        """Which run's answer is waited for; one of an earlier run comes too late."""

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        page = VerticalScroll(Static(LOOKING, markup=False))
        page.border_title = "Doctor: this machine, not the one of the recording" if self._replayed else "Doctor"
        closes, again = keys.first("close-doctor"), keys.first("doctor-again")
        page.border_subtitle = f"{closes} closes, {again} looks again, {keys.hint('doctor-down')}"
        yield page

    def on_mount(self) -> None:
        self.action_again()

    def on_resize(self, _: events.Resize) -> None:
        self.call_after_refresh(self._draw)

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_again(self) -> None:
        """Looks anew, unless it is looking."""
        if self._run and self._answer is None:
            return
        self._run += 1
        self._answer = None
        self._draw()
        run = self._run
        app = self.app

        def answered(answer: DoctorReport | str) -> None:
            """On the thread that asked."""
            if app.is_running:
                app.call_later(self._show, run, answer)

        ask_in_background(self._cache_dir, answered)

    def _show(self, run: int, answer: DoctorReport | str) -> None:
        if run == self._run and self.is_attached:
            self._answer = answer
            self._draw()

    def _draw(self) -> None:
        page = self.query_one(Static)
        if self._answer is None:
            page.update(LOOKING)
        elif isinstance(self._answer, str):
            page.update(Content.styled(self._answer, "$error"))
        else:
            width = min(self.app.size.width, _WIDEST) - _BESIDE
            lines = report_lines(self._answer, width, plain=self._plain, verdict_first=True)
            page.update(Content("\n").join(map(_content, lines)))


def _content(line: Line) -> Content:
    if line.kind == "head":
        return Content.styled(line.text, "bold")
    if line.kind == "command":
        return Content.styled(line.text, "bold")
    if line.kind == "file":
        return Content.styled(line.text, "$dim")
    if line.mark is not None and line.lead:
        return Content.assemble((line.text[: line.lead], f"bold {_COLOURS[line.mark]}"), line.text[line.lead :])
    return Content(line.text)
