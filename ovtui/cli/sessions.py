"""`ovtui sessions`, `ovtui attach`, `ovtui stop`: sessions that run on this machine, found by their sockets."""

from __future__ import annotations

import sys
import time

import click

from ovtui.cli.exits import Exit
from ovtui.host import session_socket
from ovtui.host.client import AttachedSession, status_of, wait_for_message
from ovtui.host.client_protocol import Status

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


def _attach(session: str, *, read_only: bool) -> int:
    name = _named(session)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("a dashboard needs a terminal; ovtui sessions lists, ovtui stop ends")
    from ovtui.cli.dashboard import show
    from ovtui.cli.dashboard_preferences import preferences_from

    preferences = preferences_from()
    return show(_attached(name, read_only=read_only), preferences)


def _stop(session: str) -> int:
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
        wait_for_message(view, 0.1)
    view.end()
    kept = f"; it is recorded in {status.record}" if status.record else ""
    click.echo(f"ovtui: session {name} has ended{kept}", err=True)
    return Exit.FINE


def running() -> list[Status]:
    found = []
    for name in session_socket.session_names():
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
        return session_socket.resolve_name(session) if session else _the_one()
    except session_socket.SessionSocketError as error:
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


_JSON = click.option(
    "--json", "json_path", default="", metavar="FILE", help="Write the result as JSON to FILE, or - for stdout."
)


@click.command()
@click.argument("file", required=False, default="")
@click.option("--speed", default=1.0, type=click.FloatRange(0.01, 100), show_default=True, help="To begin with.")
@_JSON
def replay(file: str, speed: float, json_path: str) -> int:
    """Replay a recorded session on the dashboard; without FILE the last one. Without a terminal: its result."""
    from ovtui.cli import replay as player

    return player.replay(file, speed=speed, json_path=json_path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def sessions(as_json: bool) -> int:
    """List the sessions that run on this machine."""
    return list_sessions(as_json=as_json)


@click.command()
@click.argument("session", required=False, default="", metavar="[ID]")
@click.option("--read-only", is_flag=True, help="Look, and change nothing.")
def attach(session: str, read_only: bool) -> int:
    """Open the dashboard over a running session, with its whole history; ID, or its beginning, where several run."""
    return _attach(session, read_only=read_only)


@click.command()
@click.argument("session", required=False, default="", metavar="[ID]")
def stop(session: str) -> int:
    """End a running session; ID, or its beginning, where several run."""
    return _stop(session)


@click.command()
@click.argument("file", required=False, default="")
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(["csv", "jsonl", "trace", "hgrm"]),
    help="trace: Chrome trace JSON for ui.perfetto.dev; hgrm: for HdrHistogram's plotters.",
)
@click.option("-o", "--output", default="-", metavar="FILE", help="Where to write; stdout unless given.")
@click.option(
    "--latency", default="response", type=click.Choice(["inference", "service", "response"]), show_default=True,
    help="Which latency hgrm holds.",
)  # fmt: skip
def export(file: str, form: str, output: str, latency: str) -> int:
    """Write a recording as text for other programs; without FILE the last one."""
    from ovtui.cli import export as exporter

    return exporter.export(file, form, latency, output)


@click.command()
@click.argument("file", required=False, default="")
@click.option(
    "-o",
    "--output",
    default="",
    metavar="NAME",
    help="Write NAME.md and NAME.html; the recording's name unless given; '-': the Markdown to stdout.",
)
def report(file: str, output: str) -> int:
    """Write a recording as a report, Markdown and one HTML file with plots; without FILE the last one."""
    from ovtui.cli import report as writer

    return writer.report(file, output)


@click.command()
@click.argument("name", required=False, default="")
@click.option("--list", "listing", is_flag=True, help="List them, with the hardware and the command of each.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.01, 100), show_default=True, help="To begin with.")
@_JSON
def demo(name: str, listing: bool, speed: float, json_path: str) -> int:
    """Replay a recording that comes with ovtui: a handover, batches, without owning a GPU."""
    from ovtui.cli import demo as shower

    return shower.list_all() if listing else shower.play(name, speed=speed, json_path=json_path)


ALL = (replay, sessions, attach, stop, export, report, demo)
