"""What the dashboard needs of an app on a terminal: frames that nothing waits for, an end that always comes, and errors
of its own that are told in one sentence."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Generic, TypeVar, cast

from rich.color import ColorSystem
from rich.console import RenderableType
from rich.style import Style
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.command import CommandPalette
from textual.screen import Screen
from textual.strip import Strip
from textual.worker import WorkerFailed

from ovtui.dashboard.drawing.direct_paint import CellsUpdate
from ovtui.dashboard.drawing.kept_stylesheet import KeptStylesheet
from ovtui.dashboard.drawing.screen_cells import ScreenCells
from ovtui.dashboard.terminal.end_watch import EndWatch
from ovtui.dashboard.terminal.quiet_driver import QuietDriver
from ovtui.dashboard.terminal.stderr_aside import write_to_stderr
from ovtui.settings.schema.display_settings import GlyphSet

Result = TypeVar("Result")


class TerminalApp(App[Result], Generic[Result], inherit_bindings=False):
    """Textual's app without its tracebacks on the screen; it draws only what the terminal takes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(driver_class=QuietDriver, **options)
        self.stylesheet = KeptStylesheet(variables=self.get_css_variables())
        for name in ("COLUMNS", "LINES"):  # the terminal is asked, see terminal_size
            cast("dict[str, str]", self.console._environ).pop(name, None)
        self.crash: BaseException | None = None
        """The first error of the dashboard itself, with its traceback; it has ended the app."""
        self.end_watch: EndWatch | None = None
        self._shown_glyphs: GlyphSet | None = None

    @property
    def glyphs(self) -> GlyphSet:
        """The set of characters of which everything on the screen is."""
        return "braille"

    # Errors

    def watch_for_errors(self, loop: asyncio.AbstractEventLoop) -> None:
        """Of callbacks and tasks that nothing waits for, and of threads."""
        loop.set_exception_handler(self._on_loop_error)
        threading.excepthook = lambda thrown: self._on_thread_error(loop, thrown.exc_value)

    def _on_loop_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception) and self._running and not self._exit:
            self.crash_with(error)

    def _on_thread_error(self, loop: asyncio.AbstractEventLoop, error: BaseException | None) -> None:
        if error is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.crash_with, error)

    def _handle_exception(self, error: Exception) -> None:
        self.crash_with(error)

    def panic(self, *renderables: RenderableType) -> None:
        self.crash_with(RuntimeError(" ".join(str(each) for each in renderables)))

    def crash_with(self, error: BaseException) -> None:
        """Ends the app because of an error of its own."""
        if isinstance(error, WorkerFailed):
            error = error.error
        if self.crash is None:
            self.crash = error
        self._return_code = 1
        if self._exception is None and isinstance(error, Exception):  # Textual's tests raise it
            self._exception = error
            self._exception_event.set()
        if self.end_watch is not None:
            self.end_watch.expect_end()
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()

    def _print(self, text: str, stderr: bool = False) -> None:
        """What Python prints while the screen is up: a warning goes where stderr goes, see StderrAside."""
        if stderr and not self.is_headless:
            write_to_stderr(text)
        else:
            super()._print(text, stderr)

    def action_command_palette(self) -> None:
        """Opens one at most: Textual looks only at the page in front, which the page for small terminals may be."""
        if not any(isinstance(page, CommandPalette) for page in self.screen_stack):
            super().action_command_palette()

    # Frames

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Resize) and isinstance(self._driver, QuietDriver):
            self._driver.cells.forget()  # terminals break lines anew, or cut them
            if event.size == self.size:  # Textual has nothing to do: dtach and the like ask so for the screen
                self.send_frame()
        await super().on_event(event)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, QuietDriver):
            super()._display(screen, renderable)
            return
        if renderable is not None and not self._batch_count and self._running and not self._closed:
            self._put(driver.cells, renderable)
            self.send_frame()
        self.post_display_hook()

    def _put(self, cells: ScreenCells, update: RenderableType) -> None:
        """Has these cells shown by the next frame."""
        if (cells.width, cells.height) != self.size:
            cells.resize(*self.size)
        if isinstance(update, CellsUpdate):
            update.put_on(cells)
        elif isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in strips:
                    cells.put_segments(x, y, strip, self._parameters)
                    x += strip.cell_length
        elif isinstance(update, ChopsUpdate):
            for y, x1, x2 in update.spans:
                for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if chop is not None and x <= x2 and end > x1:
                        cells.put_segments(x, y, chop, self._parameters)

    def _parameters(self, style: Style) -> str:
        return Strip.render_ansi(style, self.console._color_system or ColorSystem.TRUECOLOR)

    def send_frame(self) -> None:
        """Sends what the terminal does not show yet. Where that would only wait, it is called again later."""
        driver = self._driver
        if not isinstance(driver, QuietDriver) or not self._running or self._exit:
            return
        if self.glyphs != self._shown_glyphs:
            self._shown_glyphs = self.glyphs
            driver.cells.forget()
        while driver.takes_frame() and (text := driver.cells.difference(driver.line.most_cells)):
            x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
            with driver.frame():
                self._begin_update()
                driver.write(f"{text}\x1b[{y + 1};{x + 1}H")
                self._end_update()
            if not driver.cells.left:
                break

    @property
    def line_is_slow(self) -> bool:
        """See LineGauge."""
        return isinstance(self._driver, QuietDriver) and self._driver.line.is_slow

    def repaint_whole(self) -> None:
        """Others have drawn on the terminal, which nothing tells: a frame is only what differs from the one before."""
        if isinstance(self._driver, QuietDriver):
            self._driver.set_modes()
            self._driver.cells.forget()
            self.send_frame()

    def action_redraw(self) -> None:
        self.repaint_whole()

    @property
    def terminal_takes_nothing(self) -> bool:
        """The terminal does not read what is drawn."""
        return isinstance(self._driver, QuietDriver) and self._driver.takes_nothing()
