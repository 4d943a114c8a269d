"""What frames have written to the terminal is what a whole repaint would write."""

from __future__ import annotations

import pyte
import pytest
from fake_source import FakeSource
from stage import Stage, on_stage
from textual._compositor import CompositorUpdate
from textual.screen import Screen

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.drawing.direct_paint import CellsUpdate
from ovtui.dashboard.drawing.screen_cells import ScreenCells
from ovtui.dashboard.preferences import Preferences
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings


class _Terminal:
    """Draws what the app displays: Textual's repaints and the frames' cells, in their order."""

    def __init__(self, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
        self.size = size
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)
        sent = ScreenCells()
        self.frames = 0
        """How many frames were written as cells."""
        display = Dashboard._display

        def record(app: Dashboard, screen: Screen[object], update: object) -> None:
            if isinstance(update, CompositorUpdate):
                self.frames += isinstance(update, CellsUpdate)
                app._put(sent, update)
                self._stream.feed(sent.difference())
            display(app, screen, update)  # type: ignore[arg-type]

        monkeypatch.setattr(Dashboard, "_display", record)

    def cells(self) -> list[list[pyte.screens.Char]]:
        return _cells_of(self._screen)


def _cells_of(screen: pyte.Screen) -> list[list[pyte.screens.Char]]:
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


def _whole_repaint(app: Dashboard, size: tuple[int, int]) -> list[list[pyte.screens.Char]]:
    for widget in app.screen.walk_children(with_self=True):
        widget._set_dirty()
    screen = pyte.Screen(*size)
    update = app.screen._compositor.render_full_update()
    pyte.Stream(screen).feed(update.render_segments(app.console))
    return _cells_of(screen)


def _same(shown: list[list[pyte.screens.Char]], wanted: list[list[pyte.screens.Char]]) -> list[str]:
    """The cells that differ, for the message. The colour of a blank cell's ink is not seen."""
    return [
        f"{x},{y}: {a} instead of {b}"
        for y, (row, other) in enumerate(zip(shown, wanted, strict=True))
        for x, (a, b) in enumerate(zip(row, other, strict=True))
        if (a.data, a.bg, a.reverse) != (b.data, b.bg, b.reverse)
        or (a.data != " " and (a.fg, a.bold, a.italics) != (b.fg, b.bold, b.italics))
    ][:5]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
@pytest.mark.parametrize(
    ("look", "keys"),
    [
        (DisplaySettings(), ""),
        (DisplaySettings(), "s"),
        (DisplaySettings(theme="light"), "2"),
        (DisplaySettings(glyphs="ascii", theme="terminal"), "3"),
        (DisplaySettings(), "4"),
        (DisplaySettings(theme="high-contrast"), "5"),
        (DisplaySettings(), "6"),
    ],
    ids=["overview", "settings", "requests", "batches", "distribution", "devices", "history"],
)
def test_frames_leave_what_a_repaint_would_leave(
    size: tuple[int, int], look: DisplaySettings, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = _Terminal(size, monkeypatch)

    async def act(stage: Stage) -> None:
        await stage.advance(12)
        await stage.press(*keys)
        await stage.advance(8)
        assert terminal.frames > 5
        assert _same(terminal.cells(), _whole_repaint(stage.app, size)) == []

    on_stage(act, FakeSource(together=True), size, Preferences(look=look))


def test_a_name_with_wide_characters_is_left_to_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = _Terminal((120, 40), monkeypatch)

    async def act(stage: Stage) -> None:
        await stage.advance(4)
        assert _same(terminal.cells(), _whole_repaint(stage.app, (120, 40))) == []

    on_stage(act, FakeSource(settings=Settings(model="模型", device="CPU"), handover_s=None))


@pytest.mark.parametrize("key", ["v", "question_mark"], ids=["advice", "help"])
def test_nothing_is_painted_over_a_page(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """What lies behind it is drawn on, and its cells once stood in the box."""
    size = (80, 24)
    terminal = _Terminal(size, monkeypatch)

    async def act(stage: Stage) -> None:
        await stage.advance(3)
        await stage.press(key)
        before = terminal.frames
        await stage.advance(5)
        assert terminal.frames == before

    on_stage(act, size=size)
