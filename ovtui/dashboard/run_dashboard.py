"""From the start of the screen to its end, whatever ends it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.leaving import DETACHED
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.terminal.end_watch import EndWatch
from ovtui.dashboard.terminal.quiet_driver import QuietDriver
from ovtui.dashboard.terminal.stderr_aside import StderrAside
from ovtui.dashboard.tour.tour_desk import BACK, NEXT, Section
from ovtui.metrics.digest import Digest
from ovtui.records.source import Source

INTERRUPTED, CRASHED = 130, 1
"""Exit codes of an end by force."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the dashboard ended, and the digest of the session."""

    digest: Digest
    signal: int
    """SIGINT (ctrl+c too), SIGTERM or SIGHUP; 0 for the quit command."""
    crash: BaseException | None = None
    """The error of the dashboard itself that ended it, with its traceback."""
    detached: bool = False
    """A person left with the detach command: the session goes on."""
    terminal_stalled: bool = False
    """The terminal did not take what was to restore it."""
    turned: int = 0
    """NEXT or BACK, where a person left a section of `ovtui learn` so; else 0."""
    stderr_text: str = ""
    """What was written to stderr while the screen was up, where that is the same terminal."""


def run_dashboard(
    source: Source,
    preferences: Preferences | None = None,
    *,
    refresh_hz: float | None = None,
    section: Section | None = None,
    signal_before: Callable[[], int] = lambda: 0,
    before_forced_end: Callable[[int], object] = lambda _: None,
) -> Outcome:
    """Shows the session until a person quits or a signal ends it, then restores the terminal.

    The source stays open; the caller closes the session. `signal_before`: a signal that came before the dashboard had
    handlers of its own, asked once it has; 0 for none. `before_forced_end`: called with the signal (0 after a crash),
    on a thread, where the dashboard hangs and the process is about to end by force. `section`: of `ovtui learn`, that
    the session is for."""
    # Uses private parts of Textual. If a release moves them, escape with another key is a chord; nothing else is lost.
    with contextlib.suppress(ImportError, AttributeError):
        from ovtui.dashboard.keys.escape_parser import install_escape_parser

        install_escape_parser()
    app = Dashboard(source, preferences, refresh_hz=refresh_hz, section=section)

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
    ended_by: int | None = None
    with EndWatch(ask_to_end, end_by_force) as watch:
        app.end_watch = watch
        number = signal_before()
        if not number:
            aside.begin()
            try:
                ended_by = app.run(mouse=app.look.mouse)
            except (Exception, SystemExit) as error:
                app.crash_with(error)
            finally:
                if isinstance(app._driver, QuietDriver):
                    app._driver.restore_if_left()
                    app._driver.let_go_of_signals()
                    app._driver.guard.close()
                stderr_text = aside.end().decode("utf-8", "replace")
        else:
            ended_by, stderr_text = number, ""
    if app.crash is None:
        app.digest.feed(source.poll())
    detached = ended_by == DETACHED
    turned = ended_by if ended_by in (NEXT, BACK) and not watch.signal else 0
    number = watch.signal or (0 if detached or turned else ended_by or 0)
    stalled = isinstance(app._driver, QuietDriver) and app._driver.stalled
    return Outcome(app.digest, number, app.crash, detached and app.crash is None, stalled, turned or 0, stderr_text)
