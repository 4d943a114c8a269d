"""`ovtui [MODEL]`: start the host, then import the screen while the engine starts."""

from __future__ import annotations

import os
import signal
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit, code_of_failure
from ovtui.dashboard.preferences import Preferences
from ovtui.host.client import AttachedSession, LiveSession
from ovtui.host.client_protocol import SessionOptions
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.dashboard.app import Outcome


def open_dashboard(settings: Settings, options: SessionOptions, preferences: Preferences) -> int:
    try:
        session = LiveSession(settings, options)
    except OSError as error:
        raise click.ClickException(f"no host process can be started: {error.strerror}") from None
    return show(session, preferences)


def show(session: LiveSession | AttachedSession, preferences: Preferences) -> int:
    """The dashboard over a live session; how it was left decides what becomes of the session (docs/sessions.md)."""
    outcome: Outcome | None = None
    try:
        from ovtui.dashboard.app import run_dashboard

        outcome = run_dashboard(session, preferences)
    finally:
        # A terminal that is gone can end the dashboard in any way: by SIGHUP, by an error, by an end of input.
        gone = _terminal_gone()
        if gone or (outcome is not None and outcome.signal == signal.SIGHUP):
            session.detach(hangup=True)
        elif outcome is not None and outcome.detached:
            session.detach(hangup=False)
        else:
            session.close()
    if gone:
        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    if outcome.detached:
        click.echo(f"session {session.session} goes on; ovtui attach {session.session} comes back to it", err=True)
        return Exit.FINE
    code = report(outcome)
    if session.read_only and not outcome.digest.snapshot().host_gone:
        click.echo(f"session {session.session} goes on", err=True)
    return code


def report(outcome: Outcome) -> int:
    """What was measured, on the normal screen; returns the exit code."""
    from ovtui.metrics.result.summary_text import summary_lines

    digest = outcome.digest
    if digest.snapshot().completed:
        print("\n".join(summary_lines(digest)))
    story = digest.story
    if outcome.signal:
        return Exit.INTERRUPTED
    if outcome.crashed:
        return Exit.FAILED
    if story.phase == "failed":
        print(f"ovtui: {story.failure}", file=sys.stderr)
        return code_of_failure(story)
    return Exit.FAILED if story.died is not None or digest.snapshot().host_gone else Exit.FINE


def _terminal_gone() -> bool:
    try:
        termios.tcgetattr(0)
    except termios.error:
        return True
    return not os.isatty(1)
