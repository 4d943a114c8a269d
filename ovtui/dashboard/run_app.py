"""An app on the terminal, from the start of its screen to the end of it, whatever ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from ovtui.dashboard.terminal.end_watch import EndWatch
from ovtui.dashboard.terminal.quiet_driver import QuietDriver
from ovtui.dashboard.terminal.stderr_aside import StderrAside
from ovtui.dashboard.terminal.terminal_app import TerminalApp

INTERRUPTED, CRASHED = 130, 1
"""Exit codes of an end by force."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an app ended. Its error, if it had one, is `crash` of the app."""

    result: int | None
    signal: int
    """That came from outside; 0 for none."""
    terminal_stalled: bool
    """The terminal did not take what was to restore it."""
    stderr_text: str
    """What was written to stderr while the screen was up, where that is the same terminal."""


def run_app(
    app: TerminalApp[int],
    *,
    mouse: bool,
    signal_before: Callable[[], int] = lambda: 0,
    before_forced_end: Callable[[int], object] = lambda _: None,
    loop: asyncio.AbstractEventLoop | None = None,
) -> Ending:
    """Shows the app until it ends, then restores the terminal.

    `signal_before`: a signal that came before the app had handlers of its own, asked once it has; 0 for none.
    `before_forced_end`: called with the signal (0 after a crash), on a thread, where the app hangs and the process is
    about to end by force. `loop`: that it runs in, where other tasks are to outlive it."""
    # Uses private parts of Textual. If a release moves them, escape with another key is a chord; nothing else is lost.
    with contextlib.suppress(ImportError, AttributeError):
        from ovtui.dashboard.keys.escape_parser import install_escape_parser

        install_escape_parser()

    def ask_to_end(number: int) -> None:
        if app._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                app._loop.call_soon_threadsafe(app.exit, number)

    def end_by_force(number: int) -> None:
        try:
            if isinstance(app._driver, QuietDriver):
                app._driver.restore_by_force()
            before_forced_end(number)
        finally:
            os._exit(INTERRUPTED if number else CRASHED)

    aside = StderrAside()
    result: int | None = None
    with EndWatch(ask_to_end, end_by_force) as watch:
        app.end_watch = watch
        number = signal_before()
        if not number:
            aside.begin()
            try:
                result = app.run(mouse=mouse, loop=loop)
            except (Exception, SystemExit) as error:
                app.crash_with(error)
            finally:
                if isinstance(app._driver, QuietDriver):
                    app._driver.restore_if_left()
                    app._driver.let_go_of_signals()
                    app._driver.guard.close()
                stderr_text = aside.end().decode("utf-8", "replace")
        else:
            result, stderr_text = number, ""
    stalled = isinstance(app._driver, QuietDriver) and app._driver.stalled
    return Ending(result, watch.signal, stalled, stderr_text)
