"""The page for terminals that are too small for the views."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from ovtui.dashboard.keys.keymap import keys_of

MIN_WIDTH, MIN_HEIGHT = 80, 24


def is_too_small(size: Size) -> bool:
    return size.width < MIN_WIDTH or size.height < MIN_HEIGHT


class TooSmallScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static(self._sentence(self.app.size), markup=False)

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(Static).update(self._sentence(event.size))

    def _sentence(self, size: Size) -> str:
        needs = f"ovtui needs {MIN_WIDTH}x{MIN_HEIGHT}; this terminal is {size.width}x{size.height}."
        return f"{needs} Measuring goes on; {keys_of(self).first('quit')} quits."
