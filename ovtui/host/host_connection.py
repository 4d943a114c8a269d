"""A client's connection to its session's host: what is sent and received, whether the host still answers, how it ended,
and what of another version cannot be read."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

from ovtui import __version__
from ovtui.host.client_protocol import (
    OLDEST_PROTOCOL,
    PROTOCOL,
    AskStatus,
    Attach,
    Command,
    Denied,
    HostMessage,
    SessionEnded,
    Status,
    Welcome,
    unreadable_text,
    versions_text,
)
from ovtui.host.session_socket import HostSilent, NoSession, SessionSocketError, silence_text
from ovtui.records.clock import SessionClock
from ovtui.records.diagnosis import StuckAnswer
from ovtui.records.events import Event, Note
from ovtui.records.wire import UnknownMessage, UnreadableMessage, Wire, WireClosed

if TYPE_CHECKING:
    from ovtui.records.source import HostState

ASK_AFTER_S = 1.5
"""Without a message for this time the host is asked for its status, which one of any version answers. It sends readings
of the machine once a second."""
SILENT_AFTER_S = 2.0
"""A host that has not answered a question for this time is silent. Counted from a question and not from the last
message, so that a client that was itself stopped for an hour does not blame the host."""
GIVEN_UP_S = 4.0
"""A client that leaves gives up a host that has not answered a question for this time, in which a busy one answers."""
STOPPED_S = 0.6
"""The same where a signal ends the client, of a host whose process is stopped: that one would not answer before it is
continued."""
TOLD_AFTER_S = 0.6
"""A client that leaves says that it waits for an answer."""
_LOOK_S = 0.1
"""How often a client that waits for the end looks whether the host still answers."""
_REASONS = {
    "client": "by another view",
    "signal": "by a signal to its host",
    "time": "because no view that may command was attached",
}
"""By EndReason."""


Answer = TypeVar("Answer", Status, Welcome, StuckAnswer)


def ask_host(
    wire: Wire[HostMessage, Command], question: Command, answer: type[Answer], session: str, pid: int, answer_s: float
) -> Answer:
    """Sends the first message of a connection, and waits for what answers it. Raises SessionSocketError: NoSession
    where the session ends, HostSilent where its host does not answer within `answer_s`, and with a sentence where it
    denies or is of a version that does not fit. `pid`: the host's, 0 where it is not known."""
    end_s = time.monotonic() + answer_s
    try:
        with contextlib.suppress(WireClosed):  # why it was closed is still to be received
            wire.send(question)
        while True:
            wire.set_timeout(max(end_s - time.monotonic(), 0))
            with contextlib.suppress(UnknownMessage):
                message, fd = wire.receive()
                if fd is not None:
                    os.close(fd)
                if isinstance(message, Denied):
                    raise SessionSocketError(f"session {session}: {message.reason}")
                if isinstance(message, answer):
                    return message
    except WireClosed:
        raise NoSession(f"session {session} has ended") from None
    except (TimeoutError, BlockingIOError):
        raise HostSilent(session, pid, answer_s) from None
    except UnreadableMessage as error:
        raise SessionSocketError(f"session {session}: {unreadable_text(str(error), error.fields)}") from None
    except ValueError:
        raise SessionSocketError(f"what answers for session {session} is no host of ovtui") from None


class HostConnection:
    """Owner: the client's thread."""

    def __init__(self, sock: socket.socket, clock: SessionClock, host_pid: int) -> None:
        """`host_pid`: 0 where it is not known."""
        self.wire: Wire[HostMessage, Command] = Wire(sock, HostMessage)
        self.host_pid = host_pid
        self._clock = clock
        self.gone = False
        """The connection is closed, by the host or because this version cannot go on with it."""
        self.ended: SessionEnded | None = None
        """The host's last message; None while the session goes on, and where the host died."""
        self._unreadable = ""
        self._host_version = ""
        """As the Welcome told it."""
        self._skipped = False
        self._heard_s = time.monotonic()
        self._asked_s: float | None = None
        self.hurried = False
        """A host that is stopped is given up soon."""

    def send(self, command: Command) -> None:
        if not self.gone:
            # Where the host is gone, its last messages are still to be received. One that does not read is told by
            # HostState.silent.
            with contextlib.suppress(WireClosed, OSError):
                self.wire.send(command)

    def receive(self) -> Iterator[tuple[HostMessage | Note, int | None]]:
        """What has come, each with its descriptor, which is the caller's then. Does not wait."""
        while not self.gone:
            try:
                message, fd = self.wire.receive()
            except BlockingIOError:
                return
            except UnknownMessage as error:
                yield from self._skip(str(error))
            except UnreadableMessage as error:
                self._unreadable = unreadable_text(str(error), {"version": self._host_version} | error.fields)
                self.gone = True
            except (WireClosed, ValueError, OSError):
                self.gone = True
            else:
                yield self._heard(message), fd

    def _heard(self, message: HostMessage) -> HostMessage:
        self._heard_s, self._asked_s = time.monotonic(), None
        if isinstance(message, Welcome):
            self._host_version = message.version
        elif isinstance(message, SessionEnded):
            self.ended = message
        elif isinstance(message, Denied):
            return Note(t_ns=self._clock(), severity="warning", text=message.reason)
        return message

    def _skip(self, kind: str) -> Iterator[tuple[Event, None]]:
        """A message of a newer host; the first one is told."""
        if not self._skipped:
            self._skipped = True
            text = f"left out what this version does not know ({kind[:40]}): the host is ovtui {self._host_version}"
            yield Note(t_ns=self._clock(), severity="info", text=f"{text} and this is ovtui {__version__}"), None

    def attach(self, command: Attach, session: str, answer_s: float) -> Welcome:
        """Raises SessionSocketError, as `ask_host`, and with a sentence where the host is too old."""
        message = ask_host(self.wire, command, Welcome, session, self.host_pid, answer_s)
        if message.protocol < OLDEST_PROTOCOL:
            named = versions_text(message.version, message.protocol)
            raise SessionSocketError(f"session {session}: its host is too old: {named}")
        self._heard(message)
        return message

    def wait_for_end(self, limit_s: float) -> Iterator[tuple[HostMessage | Note, int | None]]:
        """What comes until the host closes the connection, at most for that time, and not from a host that is given up;
        then `gone` is true where it did."""
        end_s = time.monotonic() + limit_s
        while not self.gone:
            self.wire.set_timeout(min(max(end_s - time.monotonic(), 0), _LOOK_S))
            try:
                message, fd = self.wire.receive()
            except UnknownMessage:
                continue
            except (TimeoutError, BlockingIOError):
                if self.given_up or time.monotonic() >= end_s:
                    return
            except (WireClosed, ValueError, OSError):
                self.gone = True
            else:
                yield self._heard(message), fd

    def ask_if_silent(self) -> None:
        """Asks the host where nothing has come for a while. To be called at each poll."""
        if time.monotonic() - self._heard_s >= ASK_AFTER_S:
            self.ask()

    def ask(self) -> None:
        """Asks the host for its status, unless a question waits for its answer."""
        if self.ended is None and self._asked_s is None:
            self._asked_s = time.monotonic()
            self.send(AskStatus(protocol=PROTOCOL, version=__version__))

    @property
    def unanswered_s(self) -> float:
        """For how long a question has waited for its answer; 0 where none does."""
        return 0.0 if self._asked_s is None or self.gone else time.monotonic() - self._asked_s

    @property
    def given_up(self) -> bool:
        """The host has not answered for so long that a client which leaves does so without it."""
        from ovtui.host.standstill_watch import is_stopped

        waited_s = self.unanswered_s
        return waited_s >= GIVEN_UP_S or (self.hurried and waited_s >= STOPPED_S and is_stopped(self.host_pid))

    @property
    def silence(self) -> str:
        """For a client that leaves: that the host does not answer, as a sentence; empty where it does."""
        waited_s = self.unanswered_s
        return silence_text("", self.host_pid, waited_s) if waited_s >= TOLD_AFTER_S else ""

    def state(self, session: str, *, left: bool, left_silent: str = "") -> HostState:
        """`left`: this client has left, and an end is its own. `left_silent`: that the host did not answer then."""
        from ovtui.records.source import HostState

        if left:
            return HostState(silent=left_silent)
        if self.ended is not None:
            reason = self.ended.reason
            how = _REASONS.get(reason, "by another view or by its host")
            return HostState(ended=f"session {session} was ended {how}", signalled=reason == "signal")
        silent_s = self.unanswered_s
        silent = silence_text("", self.host_pid, silent_s) if silent_s >= SILENT_AFTER_S else ""
        return HostState(silent=silent, unreadable=self._unreadable)
