"""`ovtui stuck`: where the engines of a session stand, and whether they go on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.sessions import find_session, session_argument
from ovtui.cli.streams import require_stdout
from ovtui.cli.terminal_text import print_line

if TYPE_CHECKING:
    from ovtui.records.diagnosis import StuckAnswer

ANSWER_S, NATIVE_S = 8.0, 60.0
"""How long the host may take, without native stacks and with them."""


@click.command()
@session_argument
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the answer and stop.")
@click.option(
    "--native/--no-native", default=False, show_default=True,
    help="With native stacks, by eu-stack or gdb: each engine stops for a moment.",
)  # fmt: skip
def stuck(session: str, as_json: bool, json_schema: bool, native: bool) -> int:
    """Tell where a session's engines stand. That is what each was doing, where its threads wait, its Python stacks. ID,
    or its beginning, is needed where several sessions run. Where the host does not answer, what /proc tells of it and
    of its engines is printed. The exit code is 1 where an engine does not go on, or the host does not answer."""
    if json_schema:
        from ovtui.records.diagnosis import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    if as_json:
        require_stdout("--json")
    name = find_session(session)
    answer = _ask(name, native=native)
    if as_json:
        from ovtui.records.json_text import json_text

        sys.stdout.buffer.write(json_text(answer))
    else:
        _print(answer)
    return Exit.FAILED if answer.host_problem or any(found.stuck for found in answer.diagnoses) else Exit.FINE


def _ask(name: str, *, native: bool) -> StuckAnswer:
    from ovtui.host.session_query import ask_stuck
    from ovtui.host.session_socket import HostSilent, NoSession, SessionSocketError

    try:
        return ask_stuck(name, native=native, answer_s=NATIVE_S if native else ANSWER_S)
    except HostSilent as error:
        pid, problem = error.pid, str(error)
    except NoSession as error:
        raise click.ClickException(str(error)) from None
    except SessionSocketError as error:
        pid, problem = _host_of(name), str(error)
    if not pid:
        raise click.ClickException(f"{problem}; its process cannot be seen from here")
    from ovtui.host.diagnosis.without_host import diagnose_without_host
    from ovtui.records.diagnosis import StuckAnswer

    notify(f"{problem}; what follows is what /proc tells, without the session's events")
    return StuckAnswer(session=name, diagnoses=diagnose_without_host(pid, native=native), host_problem=problem)


def _host_of(name: str) -> int:
    """The process of a host that answers otherwise than expected; 0 where it is not known."""
    from ovtui.host import session_socket

    try:
        with session_socket.connect(name, session_socket.ANSWER_S) as connection:
            return session_socket.peer_pid(connection)
    except OSError:
        return 0


def _print(answer: StuckAnswer) -> None:
    from ovtui.metrics.session.diagnosis_text import diagnosis_lines

    if not answer.diagnoses:
        notify(f"session {answer.session} has no engine now")
    for at, found in enumerate(answer.diagnoses):
        if at:
            print_line("")
        for line in diagnosis_lines(found):
            print_line(line.text)
