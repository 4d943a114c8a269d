"""From the start of the screen to its end, whatever ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.leaving import DETACHED
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.run_app import run_app
from ovtui.dashboard.tour.tour_desk import BACK, NEXT, Section
from ovtui.metrics.digest import Digest
from ovtui.records.source import Source


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
    app = Dashboard(source, preferences, refresh_hz=refresh_hz, section=section)
    ending = run_app(app, mouse=app.look.mouse, signal_before=signal_before, before_forced_end=before_forced_end)
    if app.crash is None:
        app.digest.feed(source.poll())
    ended_by = ending.result
    detached = ended_by == DETACHED
    turned = ended_by if ended_by in (NEXT, BACK) and not ending.signal else 0
    return Outcome(
        app.digest,
        ending.signal or (0 if detached or turned else ended_by or 0),
        app.crash,
        detached and app.crash is None,
        ending.terminal_stalled,
        turned or 0,
        ending.stderr_text,
    )
