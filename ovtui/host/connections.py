"""The host's connections to clients: their wires, the messages they have not read yet, and which may command. Who gets
a connection, and when one is taken back: host.connection_limits."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from ovtui import __version__
from ovtui.host import connection_limits, crash_files
from ovtui.host.client_protocol import (
    OLDEST_PROTOCOL,
    PROTOCOL,
    AskStatus,
    AskStuck,
    Attach,
    Command,
    Denied,
    Detach,
    End,
    HostMessage,
    Quit,
    Rest,
    Start,
    TakeTurn,
    Tell,
    since,
    versions_text,
)
from ovtui.host.session_socket import peer_pid
from ovtui.records.ring.ring_memory import reopen_read_only
from ovtui.records.wire import UnknownMessage, UnreadableMessage, Wire, WireClosed
from ovtui.settings.shown_text import in_quotes

MAX_UNREAD = 10_000
"""Messages that a client may leave unread before its connection is closed: nothing waits for a client."""
COMMANDS_PER_TURN = 64
"""Commands taken from one client before the others have their turn."""
STUCK_ANSWER_S = 120.0
"""So long at most a client that only asks where the engines stand is waited for: debuggers take their time."""

Departure = Literal["quit", "detached", "hung-up", "gone"]
"""How a client left; gone: without a Quit or Detach."""


class Connection:
    """A connection to one client. Owner: the server's loop."""

    def __init__(self, sock: socket.socket, person: bool, study_pid: int = 0) -> None:
        self.wire: Wire[Command, HostMessage] = Wire(sock, Command, takes_fds=False)
        self.is_person = person
        """False for a process of the session's own: the Prometheus exporter, a study."""
        self.takes_turns = self.is_study = study_pid > 0
        """A study's process, which sends TakeTurn, Rest and Tell alone; who began a `driven` session may do so, too."""
        self.use = connection_limits.Use(sock, peer_pid(sock) if person else study_pid, time.monotonic())
        self.pidfd = -1
        """Tells that the client has died, also where another process holds its end of the wire open; -1 for none."""
        self.backlog: deque[tuple[HostMessage | Iterator[HostMessage], int | None]] = deque()
        """Unsent messages, each with its descriptor, which the connection owns. An iterator stands for many."""
        self._coming: HostMessage | None = None
        """The next one of an iterator."""
        self.attached = False
        """True once it has sent Start or Attach."""
        self.subscribed = False
        """True once the client has been sent everything so far; new messages are then sent to it, too."""
        self.may_command = False
        self.protocol, self.version = PROTOCOL, ""
        """Of the client, as told by its first message."""
        self.leaves = False
        """It has quit, and waits for the end of the session."""

    def unsent(self) -> tuple[HostMessage, int | None] | None:
        """The message that is to be sent next, with its descriptor; None where all are sent."""
        while self._coming is None and self.backlog:
            message, fd = self.backlog[0]
            if not isinstance(message, Iterator):
                return message, fd
            self._coming = next(message, None)
            if self._coming is None:
                self.backlog.popleft()
        return None if self._coming is None else (self._coming, None)

    def sent(self) -> None:
        """To be called when that one is."""
        if self._coming is None:
            self.backlog.popleft()
        self._coming = None

    def stop_sending(self) -> None:
        """It reads no more. What it sent before is still to be read."""
        for fd in [fd for _, fd in self.backlog if fd is not None]:
            os.close(fd)
        self.backlog.clear()
        self._coming, self.protocol = None, 0  # of which no message is


class ConnectionHandler(Protocol):
    """What Connections needs of the server."""

    def begin(self, connection: Connection, command: Start) -> None: ...

    def attach(self, connection: Connection) -> None: ...

    def send_status(self, connection: Connection) -> None: ...

    def ask_stuck(self, connection: Connection, *, native: bool) -> None: ...

    def execute(self, command: Command) -> None: ...

    def execute_for_study(self, connection: Connection, command: TakeTurn | Rest | Tell) -> None: ...

    def study_left(self, connection: Connection) -> None:
        """The wire of a study's process is closed."""

    def commander_left(self, how: Departure) -> None:
        """A client that could command has left."""


class Connections:
    """All open connections. Iteration gives the subscribed ones. Owner: the server's loop."""

    def __init__(self, selector: selectors.BaseSelector, handler: ConnectionHandler) -> None:
        self._selector = selector
        self._handler = handler
        self._connections: list[Connection] = []
        self._begun = False
        """A client has sent Start."""

    def __iter__(self) -> Iterator[Connection]:
        """The subscribed connections. Safe against connections that close during the iteration."""
        return iter([connection for connection in self._connections if connection.subscribed])

    def is_connected(self, connection: Connection) -> bool:
        """True while the connection is open."""
        return connection in self._connections

    @property
    def commanding_count(self) -> int:
        return sum(connection.may_command and connection.is_person for connection in self._connections)

    @property
    def watching_count(self) -> int:
        """Subscribed clients without the exporter and a study."""
        return sum(connection.subscribed and connection.is_person for connection in self._connections)

    @property
    def client_pids(self) -> list[int]:
        """Of the attached clients whose process the kernel names (SO_PEERCRED): not of one in another pid namespace.
        May be called on any thread."""
        return [each.use.pid for each in tuple(self._connections) if each.attached and each.use.pid > 0]

    def add(self, sock: socket.socket, *, person: bool = True, begins: bool = False, study_pid: int = 0) -> Connection:
        """Takes over the host's end of a wire. `begins`: of the client that started the host. The session is its from
        the first moment on, so that a host whose client dies before its Start ends too. `study_pid`: of a study's
        process, which is no person."""
        connection = Connection(sock, person, study_pid)
        connection.wire.set_timeout(0)
        connection.use.reserved = begins or not person
        if not person:
            connection.use.attach_by_s = float("inf")  # it imports first
        connection.may_command = begins
        for other in connection_limits.too_many_waiting(self._waiting(), connection.use):
            self._drop(other, "gone")
        self._connections.append(connection)
        self._selector.register(connection.wire.fileno(), selectors.EVENT_READ, self._ready_callback(connection))
        if connection.use.pid not in (0, os.getpid()):
            with contextlib.suppress(OSError):  # it has exited already: its wire tells
                connection.pidfd = os.pidfd_open(connection.use.pid)
                self._selector.register(
                    connection.pidfd, selectors.EVENT_READ, lambda _: self._client_exited(connection)
                )
        return connection

    def deadline_s(self) -> float | None:
        """When `enforce_deadlines` has to be called, on the monotonic clock; None for never."""
        waiting = [each.use.attach_by_s for each in self._connections if not each.attached and each.is_person]
        held = [each.use.held_until_s for each in self._connections if each.use.held_until_s is not None]
        return min([*waiting, *held], default=None)

    def enforce_deadlines(self) -> None:
        """Closes what has not attached in time, and reads on from those that had sent too much."""
        now_s = time.monotonic()
        for connection in list(self._connections):
            if not connection.attached and now_s >= connection.use.attach_by_s:
                self._drop(connection, "gone")
            elif connection.use.held_until_s is not None and now_s >= connection.use.held_until_s:
                connection.use.held_until_s = None
                self._select(connection)

    def _waiting(self) -> list[Connection]:
        """Those that have neither attached nor a place of their own, oldest first."""
        return [each for each in self._connections if not each.attached and not each.use.reserved]

    def post(self, connection: Connection, message: HostMessage, fd: int | None = None) -> None:
        """Sends a message, or queues it until the client reads on. `fd` stays the caller's; the client gets a read-only
        duplicate. What a client of an older version does not know is not sent to it."""
        if connection in self._connections and since(message) <= connection.protocol:
            connection.use.note_reading(time.monotonic(), bool(connection.backlog))
            connection.backlog.append((message, None if fd is None else reopen_read_only(fd)))
            if len(connection.backlog) == 1:
                self._send(connection)
            elif len(connection.backlog) > MAX_UNREAD:
                self._drop(connection, "gone")

    def post_many(self, connection: Connection, messages: Iterator[HostMessage]) -> None:
        """Posts messages that are made when it is their turn."""
        if connection in self._connections:
            known = (each for each in messages if since(each) <= connection.protocol)
            connection.backlog.append((known, None))
            if len(connection.backlog) == 1:
                self._send(connection)

    def post_all(self, message: HostMessage, fd: int | None = None) -> None:
        """Posts a message to every subscribed client."""
        for connection in self:
            self.post(connection, message, fd)

    def post_everyone(self, message: HostMessage) -> None:
        """Posts a message to every client whose wire is still open, also to the one that waits for the end."""
        for connection in list(self._connections):
            self.post(connection, message)

    def _ready_callback(self, connection: Connection) -> Callable[[int], None]:
        def ready(events: int) -> None:
            if events & selectors.EVENT_WRITE and connection in self._connections:
                self._send(connection)
            if events & selectors.EVENT_READ and connection in self._connections:
                self._receive(connection)

        return ready

    def _send(self, connection: Connection) -> None:
        try:
            while (unsent := connection.unsent()) is not None:
                message, fd = unsent
                with contextlib.suppress(ValueError):  # a message over the size limit is dropped
                    connection.wire.send(message, fd)
                connection.sent()
                if fd is not None:
                    os.close(fd)
        except BlockingIOError:
            pass
        except (WireClosed, OSError):
            connection.stop_sending()
        self._select(connection)

    def _select(self, connection: Connection) -> None:
        """Waits for what is wanted of a connection now: to read from it, to write to it, neither or both."""
        wanted = 0 if connection.use.held_until_s is not None else selectors.EVENT_READ
        wanted |= selectors.EVENT_WRITE if connection.backlog else 0
        fd = connection.wire.fileno()
        registered = self._selector.get_map().get(fd)
        if not wanted:
            if registered is not None:
                self._selector.unregister(fd)
        elif registered is None:
            self._selector.register(fd, wanted, self._ready_callback(connection))
        elif registered.events != wanted:
            self._selector.modify(fd, wanted, self._ready_callback(connection))

    def _receive(self, connection: Connection) -> None:
        now_s = time.monotonic()
        try:
            for _ in range(COMMANDS_PER_TURN):
                if not connection.use.may_send(now_s):
                    self._select(connection)
                    return
                try:
                    command, _ = connection.wire.receive()
                except UnknownMessage as error:
                    self._deny(connection, f"this session does not know the command {in_quotes(str(error)[:40])}")
                    continue
                except UnreadableMessage as error:
                    self._deny(connection, f"this session does not understand the command {str(error)[:200]}")
                    if not connection.attached:
                        raise
                    continue
                self._handle(connection, command)
                if connection not in self._connections:
                    return
        except BlockingIOError:
            pass
        except (WireClosed, ValueError, OSError):
            if connection in self._connections:
                self._drop(connection, "gone")

    def _client_exited(self, connection: Connection) -> None:
        """What it sent before its end is still to be read."""
        connection.use.held_until_s, connection.use.unlimited = None, True
        while connection in self._connections and connection.wire.has_message():
            self._receive(connection)
        if connection in self._connections:
            self._drop(connection, "gone")

    def _handle(self, connection: Connection, command: Command) -> None:
        match command:
            case Start():
                self._begin(connection, command)
            case Attach():
                self._attach(connection, command)
            case AskStatus():
                if not connection.attached:
                    connection.protocol, connection.version = command.protocol, command.version
                self._handler.send_status(connection)
            case AskStuck():
                if not connection.attached:
                    connection.protocol, connection.version = command.protocol, command.version
                    connection.use.attach_by_s = time.monotonic() + STUCK_ANSWER_S
                native = command.native and not (connection.attached and not connection.may_command)
                self._handler.ask_stuck(connection, native=native)
            case Quit():
                self._quit(connection)
            case Detach():
                self._drop(connection, "hung-up" if command.hangup else "detached")
            case TakeTurn() | Rest() | Tell() if connection.takes_turns:
                self._handler.execute_for_study(connection, command)
            case TakeTurn() | Rest() | Tell():
                self._deny(connection, "only a study's own process takes turns and tells of them")
            # Nothing from a read-only client, or before its Start or Attach.
            case _ if connection.may_command or (connection.leaves and isinstance(command, End)):
                if not connection.is_study:
                    self._handler.execute(command)

    def _begin(self, connection: Connection, command: Start) -> None:
        if self._begun:
            self._deny(connection, "this session has begun already; a session has one start")
            return
        self._begun = True
        connection.protocol, connection.version = command.protocol, command.version
        connection.attached = connection.may_command = connection.subscribed = True
        connection.takes_turns = command.options.driven
        self._handler.begin(connection, command)

    def _attach(self, connection: Connection, command: Attach) -> None:
        if connection.attached:
            self._deny(connection, "this client is attached already")
            return
        connection.protocol, connection.version = command.protocol, command.version
        if command.protocol < OLDEST_PROTOCOL:
            reason = f"this session's host is too new for this client: {versions_text('', command.protocol)}"
        else:
            reason = self._take_place(connection, read_only=command.read_only)
        if reason:
            self._deny(connection, reason)
            self._drop(connection, "gone")
        else:
            self._handler.attach(connection)

    def _take_place(self, connection: Connection, *, read_only: bool) -> str:
        """Makes it one of the attached clients; returns why it cannot be one, as a sentence, or ''."""
        others = [each for each in self._connections if each.attached and not each.use.reserved]
        stalled, reason = connection_limits.place_for(
            connection.use, [each.use for each in others], read_only=read_only, now_s=time.monotonic()
        )
        if not reason:
            connection.attached, connection.may_command, connection.use.read_only = True, not read_only, read_only
            for other in [each for each in others if each.use is stalled]:
                self._drop(other, "gone")
        return reason

    def _deny(self, connection: Connection, reason: str) -> None:
        """A client of an older version that is not attached closes at it, and has nothing to lose."""
        if not connection.attached:
            connection.protocol = PROTOCOL
        self.post(connection, Denied(reason=reason, version=__version__, protocol=PROTOCOL))

    def _quit(self, connection: Connection) -> None:
        """Where that ends the session, the wire stays open until the host exits, so that the client can wait for it and
        receives what came back until then."""
        if connection.may_command and connection.is_person and self.commanding_count == 1:
            connection.may_command, connection.leaves = False, True
            self._handler.commander_left("quit")
        else:
            self._drop(connection, "quit")

    def _drop(self, connection: Connection, how: Departure) -> None:
        how = _as_it_left(connection, how)
        self._connections.remove(connection)
        for fd in (connection.wire.fileno(), connection.pidfd):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(fd)
        connection.wire.close()
        if connection.pidfd >= 0:
            os.close(connection.pidfd)
        connection.stop_sending()
        if connection.is_study:
            self._handler.study_left(connection)
        elif connection.may_command and (connection.subscribed or not connection.attached):
            self._handler.commander_left(how)  # not of one that gave up before it was let in: it has seen nothing


def _as_it_left(connection: Connection, how: Departure) -> Departure:
    """A view that died of an error of its own is as one that hung up: nobody wanted the session to end."""
    return "hung-up" if how == "gone" and crash_files.has_crashed(connection.use.pid) else how
