"""What the dashboard needs of an app on a terminal: frames that nothing waits for, an end that always comes, and errors
of its own that are told in one sentence."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Generic, TypeVar, cast

from rich.console import RenderableType
from textual.app import App
from textual.screen import Screen
from textual.worker import WorkerFailed

from ovtui.dashboard.terminal.end_watch import EndWatch
from ovtui.dashboard.terminal.quiet_driver import QuietDriver
from ovtui.dashboard.terminal.stderr_aside import write_to_stderr
from ovtui.settings.schema.display_settings import GlyphSet

Result = TypeVar("Result")


class TerminalApp(App[Result], Generic[Result], inherit_bindings=False):
    """Textual's app without its tracebacks on the screen; it draws only what the terminal takes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(driver_class=QuietDriver, **options)
        for name in ("COLUMNS", "LINES"):  # the terminal is asked, see terminal_size
            cast("dict[str, str]", self.console._environ).pop(name, None)
        self.crash: BaseException | None = None
        """The first error of the dashboard itself, with its traceback; it has ended the app."""
        self.end_watch: EndWatch | None = None

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

    # Frames

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        if not isinstance(driver, QuietDriver):
            super()._display(screen, renderable)
        elif driver.is_behind():
            self.post_display_hook()
        else:
            with driver.frame():
                super()._display(screen, renderable)

    def repaint_whole(self) -> None:
        """The terminal has caught up after frames were left out."""
        if self._running and not self._exit and self._screen_stack:
            self.call_later(self._repaint_screen)

    def _repaint_screen(self) -> None:
        screen = self.screen
        screen._compositor._dirty_regions.add(screen._compositor.size.region)
        if self._batch_count:
            screen.call_later(screen._compositor_refresh)
        else:
            screen._compositor_refresh()

    @property
    def terminal_takes_nothing(self) -> bool:
        """The terminal does not read what is drawn."""
        return isinstance(self._driver, QuietDriver) and self._driver.takes_nothing()
