"""`ovtui sessions`, `ovtui attach`, `ovtui stop`: sessions that run on this machine, found by their sockets."""

from __future__ import annotations

import sys
import time

import click

from ovtui.cli.exits import Exit
from ovtui.host import door
from ovtui.host.client import AttachedSession, status_of, wait_for_word
from ovtui.host.protocol import Status

DRAIN_S = 5.0
"""How long a stopped session may take to get back what is in flight: a batch timer takes a second by default."""


def list_sessions(*, as_json: bool) -> int:
    found = running()
    if as_json:
        import msgspec

        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        return Exit.FINE
    if not found:
        click.echo("ovtui: no session is running", err=True)
        return Exit.FINE
    rows = [("ID", "STATE", "TIME", "REQUESTS", "VIEWS", "DEVICE", "MODEL")]
    rows += [
        (s.session, _state(s), _clock(s.elapsed_s), f"{s.submitted:,}", str(s.views), s.device, s.model) for s in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(_plain(text).ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return Exit.FINE


def attach(session: str, *, read_only: bool) -> int:
    name = _named(session)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("a dashboard needs a terminal; ovtui sessions lists, ovtui stop ends")
    from ovtui.cli.dashboard import show
    from ovtui.cli.preferences import preferences_from

    preferences = preferences_from()
    return show(_attached(name, read_only=read_only), preferences)


def stop(session: str) -> int:
    """Ends the load, waits for what is in flight, ends the session."""
    name = _named(session)
    status = status_of_or_fail(name)
    view = _attached(name, read_only=False)
    view.stop()
    end_s = time.monotonic() + DRAIN_S
    while time.monotonic() < end_s:
        update = view.poll()
        if update.finished and not len(update.records):
            break
        wait_for_word(view, 0.1)
    view.end()
    kept = f"; it is recorded in {status.record}" if status.record else ""
    click.echo(f"ovtui: session {name} has ended{kept}", err=True)
    return Exit.FINE


def running() -> list[Status]:
    found = []
    for name in door.names():
        try:
            status = status_of(name)
        except OSError:
            continue
        if status is not None:
            found.append(status)
    return found


def status_of_or_fail(session: str) -> Status:
    try:
        status = status_of(session)
    except OSError as error:
        raise click.ClickException(f"{error}{_others()}") from None
    if status is None:
        raise click.ClickException(f"session {session} does not answer")
    return status


def _attached(session: str, *, read_only: bool) -> AttachedSession:
    name = _named(session)
    try:
        return AttachedSession(name, read_only=read_only)
    except OSError as error:
        raise click.ClickException(f"{error}{_others()}") from None


def _named(session: str) -> str:
    """ID may be the beginning of one, and is needed only where several run."""
    try:
        return door.named(session) if session else _the_one()
    except door.DoorError as error:
        raise click.ClickException(f"{error}{_others()}") from None


def _the_one() -> str:
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
    return f"{status.state}, ends in {status.ends_in_s / 60:.0f} min"


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute:02}:{second:02}"


def _plain(text: str) -> str:
    """Names are a person's: nothing in them may steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)
