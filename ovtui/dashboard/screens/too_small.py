"""What a terminal sees that is too small to show anything true."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

WIDTH, HEIGHT = 80, 24


def is_too_small(size: Size) -> bool:
    return size.width < WIDTH or size.height < HEIGHT


class TooSmallScreen(Screen[None]):
    def compose(self) -> ComposeResult:
        yield Static(self._sentence(self.app.size), markup=False)

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(Static).update(self._sentence(event.size))

    @staticmethod
    def _sentence(size: Size) -> str:
        return f"ovtui needs {WIDTH}x{HEIGHT}; this terminal is {size.width}x{size.height}. Measuring goes on; q quits."
