"""`ovtui sessions`, `ovtui attach`, `ovtui stop`: the sessions that run on this machine, found by their sockets."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli import completers
from ovtui.cli.drain import TOLD_AFTER_S
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.streams import require_stdout
from ovtui.cli.text_table import print_table
from ovtui.metrics.number_format import UNKNOWN, count, elapsed

if TYPE_CHECKING:
    from ovtui.host.client import AttachedSession
    from ovtui.host.client_protocol import Status
    from ovtui.host.session_query import Answer

_HEADS = ("ID", "STATE", "TIME", "REQUESTS", "CLIENTS", "DEVICE", "MODEL")
SILENT, UNREADABLE = "does not answer", "not readable"
"""The state of a session whose host is stopped or hangs, and of one whose host is of a version that does not fit."""
session_argument = click.argument(
    "session", required=False, default="", metavar="[ID]", shell_complete=completers.sessions
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def sessions(as_json: bool) -> int:
    """List the sessions that run on this machine."""
    from ovtui.host.session_query import ask_all

    if as_json:
        require_stdout("--json")
    found = ask_all()
    if as_json:
        from ovtui.records.json_text import json_text

        told = [_as_json(answer) for answer in found]
        sys.stdout.buffer.write(json_text(told))
    elif found:
        print_table(_HEADS, [_row(answer) for answer in found])
    else:
        notify("no session is running")
    problems = [answer.problem for answer in found if answer.problem]
    for problem in problems:
        notify(problem)
    return Exit.FAILED if problems else Exit.FINE


@click.command()
@session_argument
@click.option("--read-only", is_flag=True, help="Look, and change nothing.")
def attach(session: str, read_only: bool) -> int:
    """Open the dashboard over a running session. It shows the whole history; ID, or its beginning, is needed where
    several run."""
    from ovtui.cli.dashboard import has_screen, preferences_from, show

    name = find_session(session)
    if not has_screen("nothing is attached"):
        raise click.UsageError("a dashboard needs a terminal; ovtui sessions lists, ovtui stop ends")
    preferences = preferences_from()
    with INTERRUPTS.held():  # run_dashboard looks for them
        return show(_attach(name, read_only=read_only), preferences)


@click.command()
@session_argument
@click.option("--force", is_flag=True, help="Kill its host where it does not answer; its recording then breaks off.")
def stop(session: str, force: bool) -> int:
    """End a running session. ID, or its beginning, is needed where several run."""
    from ovtui.host.session_socket import HostSilent, NoSession, SessionSocketError

    name = find_session(session)
    try:
        return _stop(name)
    except NoSession:
        notify(f"session {name} has ended already")
        return Exit.FINE
    except HostSilent as error:
        if not force:
            raise click.ClickException(str(error)) from None
    except SessionSocketError as error:
        raise click.ClickException(str(error)) from None
    return _kill(name)


def _stop(name: str) -> int:
    """Raises SessionSocketError."""
    from ovtui.host.client import AttachedSession
    from ovtui.host.session_query import status_of
    from ovtui.host.session_socket import HostSilent

    status = status_of(name)
    connection = AttachedSession(name)
    began_s = time.monotonic()
    with INTERRUPTS.held():  # _drain looks for them
        _drain(connection)
        connection.end()
    if not connection.has_ended:
        if connection.is_open:
            raise HostSilent(name, connection.host_pid, time.monotonic() - began_s)
        notify(f"the host process of session {name} died while it ended the session")
        return Exit.FAILED
    kept = f"; it is recorded in {status.record}" if status.record else ""
    notify(f"session {name} has ended{kept}")
    return Exit.INTERRUPTED if INTERRUPTS.count else Exit.FINE


def _drain(connection: AttachedSession) -> None:
    """Ends the load and waits for the requests in flight, for as long as the host does where a view quits."""
    from ovtui.host.client import wait_for_message
    from ovtui.host.client_protocol import DRAIN_S, leave_limit_s
    from ovtui.records.events import SegmentBegan

    connection.stop(DRAIN_S)
    began_s, settings, told = time.monotonic(), None, False
    while not (connection.finished or connection.left or INTERRUPTS.count):
        for event in connection.poll().events:
            settings = event.settings if isinstance(event, SegmentBegan) else settings
        waited_s = time.monotonic() - began_s
        if waited_s > leave_limit_s(settings):
            return
        if waited_s > TOLD_AFTER_S and not told:
            told = True
            notify("waiting for the requests in flight; ctrl+c ends the session at once")
        wait_for_message(connection, 0.1)


def _kill(name: str) -> int:
    from ovtui.host.session_query import kill_host
    from ovtui.host.session_socket import NoSession, SessionSocketError

    try:
        gone = kill_host(name)
    except NoSession:
        gone = True  # it has ended meanwhile
    except SessionSocketError as error:
        raise click.ClickException(str(error)) from None
    if not gone:
        raise click.ClickException(f"the host of session {name} was killed and is still there: its system call hangs")
    notify(f"the host of session {name} did not answer and was killed; its recording, if any, breaks off there")
    return Exit.FINE


def _attach(name: str, *, read_only: bool) -> AttachedSession:
    from ovtui.host.client import AttachedSession
    from ovtui.host.session_socket import NoSession

    try:
        return AttachedSession(name, read_only=read_only)
    except NoSession as error:
        raise click.ClickException(f"{error}{_others()}") from None
    except OSError as error:
        raise click.ClickException(str(error)) from None


def find_session(session: str) -> str:
    """The name of the session with this ID or beginning of an ID; of the only session for ''."""
    from ovtui.host import session_socket

    if not session:
        return _only_session()
    try:
        session_socket.remove_dead_sockets()
        return session_socket.resolve_name(session)
    except session_socket.NoSession as error:
        raise click.ClickException(f"{error}{_others()}") from None
    except session_socket.SessionSocketError as error:
        raise click.ClickException(str(error)) from None


def _only_session() -> str:
    from ovtui.host.session_query import ask_all

    found = ask_all()
    if not found:
        raise click.ClickException("no session is running")
    if len(found) > 1:  # a second model's is named where it is meant
        found = [each for each in found if each.status is None or not each.status.driven] or found
    if len(found) > 1:
        raise click.UsageError(f"several sessions are running; name one of {', '.join(s.session for s in found)}")
    return found[0].session


def _others() -> str:
    from ovtui.host.session_query import ask_all

    found = [answer.session for answer in ask_all()]
    return f"; running: {', '.join(found)}" if found else "; none is running"


def _row(answer: Answer) -> tuple[str, ...]:
    status = answer.status
    if status is None:
        return (answer.session, SILENT if answer.silent else UNREADABLE, *[UNKNOWN] * 5)
    return (
        status.session,
        _state(status),
        elapsed(status.elapsed_s),
        count(status.submitted),
        count(status.clients),
        status.device,
        f"{status.model} (beside)" if status.driven else status.model,
    )


def _as_json(answer: Answer) -> dict[str, Any]:
    """The fields of Status; what is not known of a session whose host does not answer is null."""
    import msgspec

    from ovtui.host.client_protocol import Status

    if answer.status is not None:
        told: dict[str, Any] = msgspec.to_builtins(answer.status)
    else:
        told = {"kind": "status", **dict.fromkeys(Status.__struct_fields__)}
        told |= {"session": answer.session, "pid": answer.pid or None}
        told["state"] = SILENT if answer.silent else UNREADABLE
    return {**told, "problem": answer.problem}


def _state(status: Status) -> str:
    if status.ends_in_s is None:
        return status.state
    return f"{status.state}, ends in {count(round(status.ends_in_s / 60))} min"
