"""`ovtui replay`: the dashboard, or the result, over a recording."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit
from ovtui.cli.output import check_writable, hand_over
from ovtui.records.session_file.reader import SessionFileError

if TYPE_CHECKING:
    from ovtui.records.session_file.replay import Replay


def replay(path: str, *, speed: float, json_path: str) -> int:
    path = path or newest()
    from ovtui.records.session_file.replay import Replay

    try:
        recording = Replay(path, speed=speed)
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None
    try:
        if json_path or not (sys.stdin.isatty() and sys.stdout.isatty()):
            return _result(recording, json_path)
        from ovtui.cli.dashboard_preferences import preferences_from
        from ovtui.dashboard.app import run_dashboard

        outcome = run_dashboard(recording, preferences_from())
        return Exit.INTERRUPTED if outcome.signal else Exit.FAILED if outcome.crashed else Exit.FINE
    finally:
        recording.close()


def newest() -> str:
    """The last session that was recorded without a name."""
    from ovtui.host import state_paths

    try:
        found = state_paths.unnamed_recordings()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    if not found:
        raise click.UsageError("no session has been recorded yet; name a FILE")
    return str(found[0])


def _result(recording: Replay, json_path: str) -> int:
    from ovtui.metrics.digest import Digest

    if json_path and json_path != "-":
        check_writable(json_path)
    digest = Digest()
    recording.stop()
    while True:
        update = recording.poll()
        digest.feed(update)
        if update.finished:
            break
    hand_over(digest, json_path)
    if recording.damage:
        click.echo(f"ovtui: {recording.damage}; what could be read is above", err=True)
        return Exit.FAILED
    return Exit.FINE
