"""`ovtui [MODEL]`: starts the host, then imports the screen while the engine starts."""

from __future__ import annotations

import os
import signal
import stat
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from ovtui.cli.beside_option import beside_option, take_beside
from ovtui.cli.crash import report_crash
from ovtui.cli.drain import Drain
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.options import (
    SettingsCommand,
    display_from,
    display_options,
    read_config,
    settings_from,
    settings_options,
)
from ovtui.cli.quick_start import imported_dashboard
from ovtui.cli.run import run_headless, start_session
from ovtui.cli.session_exit import code_at_leaving, session_exit, tell_recording
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.terminal_output import wait_for_no_stalled_terminal
from ovtui.cli.terminal_text import clean
from ovtui.cli.whole_reason import verbose_option

if TYPE_CHECKING:
    from ovtui.dashboard.preferences import Preferences
    from ovtui.dashboard.run_dashboard import Outcome
    from ovtui.dashboard.tour.tour_desk import Section
    from ovtui.host.client import AttachedSession, LiveSession


@click.command(cls=SettingsCommand)
@settings_options
@display_options
@session_options
@beside_option
@verbose_option
def dashboard(verbose: bool, **given: Any) -> int:
    """Open the dashboard over a running model. Plain `ovtui` does the same."""
    settings, beside = take_beside(given, settings_from(given))
    if not has_screen("this is what ovtui run does"):
        return run_headless(settings, session_options_from(given, settings), verbose=verbose, beside=beside)
    preferences = preferences_from(given)
    with INTERRUPTS.held():  # run_dashboard looks for them
        session = start_session(settings, session_options_from(given, settings), beside)
        return show(session, preferences, verbose=verbose)


def has_screen(instead: str) -> bool:
    """True where a dashboard can be drawn and typed into. A terminal that cannot show it is told, with what is done
    `instead`."""
    from ovtui.terminal.terminal_kind import why_no_screen

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    reason = why_no_screen(os.environ.get("TERM", ""))
    if reason:
        notify(f"no dashboard, because {reason}: {instead}")
    return not reason


def preferences_from(given: dict[str, Any] | None = None) -> Preferences:
    """The dashboard's preferences from flags, variables and the config file; `given` is a command's parameters.

    Raises click.UsageError."""
    from ovtui.dashboard.preferences import Preferences
    from ovtui.settings.errors import SettingsError
    from ovtui.settings.layers import resolve
    from ovtui.terminal.terminal_kind import terminal_kind

    config = read_config()
    look = display_from(given or {}, config).view
    try:
        defaults = resolve({}, {}, "", config).settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    return Preferences(look, terminal_kind(), config.keys, defaults, tuple(config.settings))


def show(session: LiveSession | AttachedSession, preferences: Preferences, *, verbose: bool = False) -> int:
    """The dashboard over a live session; how it was left decides what becomes of the session (docs/sessions.md).
    `verbose`: with OpenVINO's whole text where it could not start."""
    outcome = watch(session, preferences)
    if isinstance(outcome, int):
        return outcome
    code = code_at_leaving(session, _print_summary(outcome, verbose=verbose))
    snapshot = outcome.digest.snapshot()
    if not session.read_only and outcome.signal != signal.SIGHUP and not terminal_gone():
        tell_recording(outcome.digest)
    if session.read_only and not snapshot.host_gone and not snapshot.host.ended:
        click.echo(f"session {session.session} goes on", err=True)
    return code


def watch(
    session: LiveSession | AttachedSession, preferences: Preferences, section: Section | None = None
) -> Outcome | int:
    """The same without its summary: the outcome, or the exit code where the dashboard crashed or was left to come back
    to. `section`: of `ovtui learn`, which goes on to print what was seen where it was left to come back to."""
    outcome: Outcome | None = None
    try:
        run_dashboard = imported_dashboard()
        from ovtui.host.crash_files import fatal_errors_are_written

        with fatal_errors_are_written():
            outcome = run_dashboard(
                session,
                preferences,
                section=section,
                signal_before=lambda: INTERRUPTS.first,
                before_forced_end=lambda number: session.leave_at_once(hangup=number in (0, signal.SIGHUP)),
            )
        crash = outcome.crash
    except Exception as error:  # before the screen was up, or after it
        crash = error
    gone = terminal_gone()
    if outcome is not None:
        after_the_screen(outcome, gone=gone)
    if outcome is None or crash is not None:
        session.detach(hangup=True)
        assert crash is not None
        return report_crash(crash, "the dashboard", what_became_of(session.session))
    # A terminal that is gone can end the dashboard in any way: by SIGHUP, by an error, by an end of input.
    if gone or outcome.signal == signal.SIGHUP:
        session.detach(hangup=True)
    elif outcome.detached:
        session.detach(hangup=False)
    else:
        if outcome.signal:
            _drain(session, outcome)
        session.close()
        # Requests came back since the last frame; the summary is of the same records as the recording.
        for update in session.last_updates():
            outcome.digest.feed(update)
    if outcome.detached:
        click.echo(f"session {session.session} goes on; ovtui attach {session.session} comes back to it", err=True)
        code = code_at_leaving(session, Exit.FINE)
        return outcome if section is not None and code == Exit.FINE else code
    return outcome


def _drain(session: LiveSession | AttachedSession, outcome: Outcome) -> None:
    """After a signal the screen is gone at once; the requests in flight come back without it. A second one ends at
    once, also one while the screen waited for them."""
    from ovtui.host.client import wait_for_message

    if session.leaving:
        return
    with INTERRUPTS.held():
        before, drain = INTERRUPTS.count, Drain(outcome.digest)
        session.hurry()
        session.leave()
        while not session.left and INTERRUPTS.count == before and not drain.overdue(outcome.digest):
            wait_for_message(session, 0.1)
            outcome.digest.feed(session.poll())


def what_became_of(session: str) -> str:
    """Of a session whose dashboard crashed, for the end of the sentence on that."""
    from ovtui.host.session_query import status_of
    from ovtui.host.session_socket import HostSilent, SessionSocketError

    try:
        status_of(session)
    except HostSilent as error:
        return f"; {error}"
    except SessionSocketError:
        return "; the session has ended"
    return f"; the session goes on, and ovtui attach {session} comes back to it"


class ScreenOutcome(Protocol):
    """What any screen leaves behind."""

    @property
    def signal(self) -> int: ...

    @property
    def terminal_stalled(self) -> bool: ...

    @property
    def stderr_text(self) -> str: ...


def after_the_screen(outcome: ScreenOutcome, *, gone: bool) -> None:
    """What is to be printed goes where it can, and what came to stderr while the screen was up comes first. `gone`: the
    terminal has hung up, and nothing can be printed on it any more."""
    if outcome.signal or outcome.terminal_stalled:
        wait_for_no_stalled_terminal()
    if gone:
        null = Path(os.devnull).open("w")  # noqa: SIM115
        sys.stdout = null
        if not _leads_elsewhere(2):
            sys.stderr = null
    if outcome.stderr_text:
        sys.stderr.write(clean(outcome.stderr_text))


def _leads_elsewhere(fd: int) -> bool:
    """A file or a pipe, and no terminal."""
    try:
        return not stat.S_ISCHR(os.fstat(fd).st_mode)
    except OSError:
        return False


def _print_summary(outcome: Outcome, *, verbose: bool) -> int:
    """Prints what was measured to the normal screen; returns the exit code."""
    from ovtui.metrics.result.build import build_result
    from ovtui.metrics.result.summary_text import summary_lines

    digest = outcome.digest
    if digest.snapshot().submitted:
        print("\n".join(summary_lines(build_result(digest))))
    # A dashboard says on screen that its load was stopped, and stays.
    return session_exit(digest, interrupted=bool(outcome.signal), stops=False, verbose=verbose)


def terminal_gone() -> bool:
    """True once the terminal has hung up: nothing can be printed any more."""
    try:
        termios.tcgetattr(0)
    except termios.error:
        return True
    return not os.isatty(1)
