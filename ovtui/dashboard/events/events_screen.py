"""The page with the history of events: what happened, what was refused, what keys were answered, newest first."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.screen import ModalScreen

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.events.answers import Answers
from ovtui.dashboard.events.event_history import LEVELS, HistoryWindow, Level, entries_of
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics.digest import Digest

_WHEEL_LINES = 3


class EventsScreen(ModalScreen[None]):
    """`show` is called with each frame: the page follows the session unless it is scrolled."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EVENTS)

    def __init__(self, digest: Digest, answers: Answers) -> None:
        super().__init__()
        self._digest, self._answers = digest, answers
        self._level: Level = "all"
        self._seen: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        with Container():
            yield HistoryPanel()

    def on_mount(self) -> None:
        self.query_one(HistoryPanel).digest = self._digest
        self.show(0)

    def show(self, _now_ns: int) -> bool:
        """Returns whether anything on the page has changed."""
        log, kept = self._digest.session_state.log, self._answers.kept
        seen = (len(log), log[-1] if log else None, len(kept), kept[-1] if kept else None, self._level)
        if seen == self._seen:
            return False
        self._seen = seen
        panel = self.query_one(HistoryPanel)
        panel.window.entries = entries_of(self._digest.session_state, kept, self._level)
        self._tell()
        panel.redraw()
        return True

    def _tell(self) -> None:
        page, panel, keys = self.query_one(Container), self.query_one(HistoryPanel), keys_of(self)
        order = "newest first" if panel.window.follows else "scrolled"
        page.border_title = f"Events  {order}, {len(panel.window.entries):,}, {LEVELS[self._level]}"
        hints = ", ".join(map(keys.hint, ("events-down", "events-level")))
        newest = "" if panel.window.follows else f", {keys.first('events-newest')} newest"
        page.border_subtitle = f"{keys.first('close-events')} closes, {hints}{newest}"

    def action_scroll(self, lines: int) -> None:
        self.query_one(HistoryPanel).scroll_lines(lines)
        self._tell()

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(self.query_one(HistoryPanel).size.height - 1, 1))

    def action_newest(self) -> None:
        panel = self.query_one(HistoryPanel)
        panel.window.to_newest()
        panel.redraw()
        self._tell()

    def action_oldest(self) -> None:
        self.query_one(HistoryPanel).to_end()
        self._tell()

    def action_level(self) -> None:
        levels = list(LEVELS)
        self._level = levels[(levels.index(self._level) + 1) % len(levels)]
        self.query_one(HistoryPanel).window.to_newest()
        self.show(0)

    def on_mouse_scroll_down(self, _: events.MouseScrollDown) -> None:
        self.action_scroll(_WHEEL_LINES)

    def on_mouse_scroll_up(self, _: events.MouseScrollUp) -> None:
        self.action_scroll(-_WHEEL_LINES)


class HistoryPanel(Panel):
    digest: Digest | None = None
    """Of the session whose events these are."""

    def __init__(self) -> None:
        super().__init__()
        self.window = HistoryWindow()

    def draw(self, width: int) -> Content:
        if self.digest is None:
            return Content()
        if not self.window.entries:
            return Content("Nothing has happened yet.")
        return Content("\n").join(self.window.lines(self.digest.session_state, width, max(self.size.height, 1)))

    def scroll_lines(self, lines: int) -> None:
        if self.digest is not None:
            self.window.scroll(lines, self.digest.session_state, self._width, self.size.height)
            self.redraw()

    def to_end(self) -> None:
        if self.digest is not None:
            self.window.to_end(self.digest.session_state, self._width, self.size.height)
            self.redraw()

    @property
    def _width(self) -> int:
        return max(self.size.width, self.MIN_DRAW_WIDTH)
