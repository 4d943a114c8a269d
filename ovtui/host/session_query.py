"""Questions to running sessions without attaching: which there are, what they do, whether their hosts answer; and the
end of one whose host does not."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ovtui import __version__
from ovtui.host import session_socket
from ovtui.host.client_protocol import PROTOCOL, AskStatus, AskStuck, Command, HostMessage, Status
from ovtui.host.host_connection import ask_host
from ovtui.host.session_socket import ANSWER_S, HostSilent, NoSession, SessionSocketError
from ovtui.records.diagnosis import StuckAnswer
from ovtui.records.wire import Wire

ASKED_AT_ONCE = 16
KILLED_S = 5.0


@dataclass(frozen=True)
class Answer:
    """Of one session that has a host."""

    session: str
    pid: int
    """The host's process; 0 where it is not known."""
    status: Status | None = None
    problem: str = ""
    """Why there is no status, as a sentence."""
    silent: bool = False
    """The host does not answer."""


def ask_all(answer_s: float = ANSWER_S) -> list[Answer]:
    """Of the sessions that have a host, oldest first; removes the sockets of dead ones. Waits `answer_s` at most."""
    session_socket.remove_dead_sockets()
    return ask(session_socket.session_names(), answer_s)


def ask(sessions: Iterable[str], answer_s: float = ANSWER_S) -> list[Answer]:
    """Of these sessions, those that have a host, all asked at the same time."""
    names = list(sessions)
    if len(names) < 2:
        answers = [_ask_one(name, answer_s) for name in names]
    else:
        with ThreadPoolExecutor(ASKED_AT_ONCE) as threads:
            answers = list(threads.map(lambda name: _ask_one(name, answer_s), names))
    return [answer for answer in answers if answer is not None]


def status_of(session: str, answer_s: float = ANSWER_S) -> Status:
    """Raises SessionSocketError: NoSession, HostSilent, or with a sentence."""
    connection = session_socket.connect(session, answer_s)
    wire: Wire[HostMessage, Command] = Wire(connection, HostMessage)
    try:
        question = AskStatus(protocol=PROTOCOL, version=__version__)
        return ask_host(wire, question, Status, session, session_socket.peer_pid(connection), answer_s)
    finally:
        wire.close()


def ask_stuck(session: str, *, native: bool, answer_s: float) -> StuckAnswer:
    """Raises SessionSocketError: NoSession, HostSilent where it does not answer its status within ANSWER_S or this
    within `answer_s`, or with a sentence, as where the host is of an older version."""
    status_of(session)
    connection = session_socket.connect(session, ANSWER_S)
    wire: Wire[HostMessage, Command] = Wire(connection, HostMessage)
    try:
        question = AskStuck(native=native, protocol=PROTOCOL, version=__version__)
        return ask_host(wire, question, StuckAnswer, session, session_socket.peer_pid(connection), answer_s)
    finally:
        wire.close()


def _ask_one(session: str, answer_s: float) -> Answer | None:
    try:
        status = status_of(session, answer_s)
    except NoSession:
        return None
    except HostSilent as error:
        return Answer(session, error.pid, problem=str(error), silent=True)
    except SessionSocketError as error:
        return Answer(session, 0, problem=str(error))
    return Answer(session, status.pid, status)


def kill_host(session: str) -> bool:
    """Kills the host of a session, and with it its engines, and removes its socket. False where it is not gone within
    KILLED_S. Raises SessionSocketError where there is none, or its process is not visible here."""
    with session_socket.connect(session, ANSWER_S) as connection:
        pid = session_socket.peer_pid(connection)
        if not pid:
            raise SessionSocketError(f"the host of session {session} is in another container: end it there")
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            return True
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            gone = bool(select.select([pidfd], [], [], KILLED_S)[0])
        finally:
            os.close(pidfd)
    session_socket.remove_dead_sockets()
    return gone
