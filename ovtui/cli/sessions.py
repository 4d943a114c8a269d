"""`ovtui sessions`, `ovtui attach`, `ovtui stop`: the sessions that run on this machine, found by their sockets."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.streams import require_stdout
from ovtui.metrics.number_format import count, elapsed

if TYPE_CHECKING:
    from ovtui.host.client import AttachedSession
    from ovtui.host.client_protocol import Status

DRAIN_S = 5.0
"""How long a stopped session waits for the requests in flight: a batch timer takes a second by default."""
_session_argument = click.argument(
    "session", required=False, default="", metavar="[ID]", shell_complete=completers.sessions
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def sessions(as_json: bool) -> int:
    """List the sessions that run on this machine."""
    if as_json:
        require_stdout("--json")
    found = running()
    if as_json:
        import msgspec

        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        return Exit.FINE
    if not found:
        notify("no session is running")
        return Exit.FINE
    rows = [("ID", "STATE", "TIME", "REQUESTS", "CLIENTS", "DEVICE", "MODEL")]
    rows += [
        (s.session, _state(s), elapsed(s.elapsed_s), count(s.submitted), count(s.clients), s.device, s.model)
        for s in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(_printable(text).ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return Exit.FINE


@click.command()
@_session_argument
@click.option("--read-only", is_flag=True, help="Look, and change nothing.")
def attach(session: str, read_only: bool) -> int:
    """Open the dashboard over a running session. It shows the whole history; ID, or its beginning, is needed where
    several run."""
    from ovtui.cli.dashboard import is_terminal, preferences_from, show

    name = _find(session)
    if not is_terminal():
        raise click.UsageError("a dashboard needs a terminal; ovtui sessions lists, ovtui stop ends")
    preferences = preferences_from()
    with INTERRUPTS.held():  # run_dashboard looks for them
        return show(_attach(name, read_only=read_only), preferences)


@click.command()
@_session_argument
def stop(session: str) -> int:
    """End a running session. ID, or its beginning, is needed where several run."""
    from ovtui.host.client import wait_for_message

    name = _find(session)
    status = _status(name)
    connection = _attach(name, read_only=False)
    connection.stop()
    end_s = time.monotonic() + DRAIN_S
    while time.monotonic() < end_s:
        update = connection.poll()
        if update.finished and not len(update.records):
            break
        wait_for_message(connection, 0.1)
    connection.end()
    kept = f"; it is recorded in {status.record}" if status.record else ""
    notify(f"session {name} has ended{kept}")
    return Exit.FINE


def running() -> list[Status]:
    """The sessions whose hosts answer, oldest first."""
    from ovtui.host import session_socket
    from ovtui.host.client import status_of

    found = []
    for name in session_socket.session_names():
        try:
            status = status_of(name)
        except OSError:
            continue
        if status is not None:
            found.append(status)
    return found


def _status(name: str) -> Status:
    from ovtui.host.client import status_of

    try:
        status = status_of(name)
    except OSError as error:
        raise click.ClickException(f"{error}{_others()}") from None
    if status is None:
        raise click.ClickException(f"session {name} does not answer")
    return status


def _attach(name: str, *, read_only: bool) -> AttachedSession:
    from ovtui.host.client import AttachedSession

    try:
        return AttachedSession(name, read_only=read_only)
    except OSError as error:
        raise click.ClickException(f"{error}{_others()}") from None


def _find(session: str) -> str:
    """The name of the session with this ID or beginning of an ID; of the only session for ''."""
    from ovtui.host import session_socket

    try:
        return session_socket.resolve_name(session) if session else _only_session()
    except session_socket.SessionSocketError as error:
        raise click.ClickException(f"{error}{_others()}") from None


def _only_session() -> str:
    found = running()
    if not found:
        raise click.ClickException("no session is running")
    if len(found) > 1:
        raise click.UsageError(f"several sessions are running; name one of {', '.join(s.session for s in found)}")
    return found[0].session


def _others() -> str:
    found = [status.session for status in running()]
    return f"; running: {', '.join(found)}" if found else "; none is running"


def _state(status: Status) -> str:
    if status.ends_in_s is None:
        return status.state
    return f"{status.state}, ends in {count(round(status.ends_in_s / 60))} min"


def _printable(text: str) -> str:
    """A model's name comes from a person: control characters in it must not reach the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
