"""The view behind a page: it is drawn on, at a slower pace, so that what shows beside the page stays true."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App
from textual.screen import ModalScreen

from ovtui.dashboard.views.view import View
from ovtui.records.events import Event
from ovtui.records.source import Update

COVERED_NS = 1_000_000_000
"""From one drawing to the next: Textual repaints and tints the whole screen for it."""
SLOW_LINE_NS = 5_000_000_000
"""The same on a slow line, which gets the whole screen each time."""


class CoveredView:
    """Owner: the dashboard."""

    def __init__(self, app: App[int], draw: Callable[[View], None]) -> None:
        """`draw` draws a whole frame of a view."""
        self._app, self._draw = app, draw
        self._drawn_ns = 0
        self._newest: Event | None = None

    def follow(self, update: Update, newest: Event | None, *, at_once: bool, slow_line: bool) -> None:
        """To be called with each update while a page is in front. `newest` is the newest event of the session; a new
        one has the view drawn at once, as has `at_once`."""
        *behind, front = self._app.screen_stack
        view = next((screen for screen in reversed(behind) if isinstance(screen, View)), None)
        if view is None or not isinstance(front, ModalScreen):
            return
        waits = 0 <= update.now_ns - self._drawn_ns < (SLOW_LINE_NS if slow_line else COVERED_NS)
        if waits and newest is self._newest and not at_once:
            return
        self._drawn_ns, self._newest = update.now_ns, newest
        self._draw(view)
        front.refresh()
