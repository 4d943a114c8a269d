"""The host's connections to clients: their wires, the messages they have not read yet, and which may command."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from ovtui.host import crash_files
from ovtui.host.client_protocol import AskStatus, Attach, Command, Detach, HostMessage, Quit, Start
from ovtui.records.ring.ring_memory import reopen_read_only
from ovtui.records.wire import Wire, WireClosed

MAX_UNREAD = 10_000
"""Messages that a client may leave unread before its connection is closed: nothing waits for a client."""
MAX_CONNECTIONS = 32
"""Connections at once; further ones are closed at once."""
COMMANDS_PER_TURN = 64
"""Commands taken from one client before the others have their turn."""

Departure = Literal["quit", "detached", "hung-up", "gone"]
"""How a client left; gone: without a Quit or Detach."""


class Connection:
    """A connection to one client. Owner: the server's loop."""

    def __init__(self, wire: Wire[Command, HostMessage], person: bool) -> None:
        self.wire = wire
        self.is_person = person
        """False for the Prometheus exporter, which is a process of the session's own."""
        self.backlog: deque[tuple[HostMessage, int | None]] = deque()
        """Unsent messages, each with the descriptor that goes along; the connection owns the descriptor."""
        self.subscribed = False
        """True once the client has been sent everything so far; new messages are then sent to it, too."""
        self.may_command = False
        self.backfill_messages = 0
        """How many messages it was sent when it attached: it may leave so many more unread."""


class ConnectionHandler(Protocol):
    """What Connections needs of the server."""

    def begin(self, connection: Connection, command: Start) -> None: ...

    def attach(self, connection: Connection) -> None: ...

    def send_status(self, connection: Connection) -> None: ...

    def execute(self, command: Command) -> None: ...

    def commander_left(self, how: Departure) -> None:
        """A client that could command has left."""


class Connections:
    """All open connections. Iteration gives the subscribed ones. Owner: the server's loop."""

    def __init__(self, selector: selectors.BaseSelector, handler: ConnectionHandler) -> None:
        self._selector = selector
        self._handler = handler
        self._connections: list[Connection] = []

    def __iter__(self) -> Iterator[Connection]:
        """The subscribed connections. Safe against connections that close during the iteration."""
        return iter([connection for connection in self._connections if connection.subscribed])

    def is_connected(self, connection: Connection) -> bool:
        """True while the connection is open."""
        return connection in self._connections

    @property
    def commanding_count(self) -> int:
        return sum(connection.may_command for connection in self._connections)

    @property
    def watching_count(self) -> int:
        """Subscribed clients without the exporter."""
        return sum(connection.subscribed and connection.is_person for connection in self._connections)

    def add(self, sock: socket.socket, *, person: bool = True) -> None:
        """Takes over the host's end of a wire, and closes it where there are too many connections."""
        if len(self._connections) >= MAX_CONNECTIONS:
            sock.close()
            return
        wire: Wire[Command, HostMessage] = Wire(sock, Command)
        wire.set_timeout(0)
        connection = Connection(wire, person)
        self._connections.append(connection)
        self._selector.register(wire.fileno(), selectors.EVENT_READ, self._ready_callback(connection))

    def post(self, connection: Connection, message: HostMessage, fd: int | None = None) -> None:
        """Sends a message, or queues it until the client reads on. `fd` stays the caller's; the client gets a read-only
        duplicate."""
        if connection in self._connections:
            connection.backlog.append((message, None if fd is None else reopen_read_only(fd)))
            if len(connection.backlog) == 1:
                self._send(connection)
            elif len(connection.backlog) > MAX_UNREAD + connection.backfill_messages:
                self._drop(connection, "gone")

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
            while connection.backlog:
                message, fd = connection.backlog[0]
                with contextlib.suppress(ValueError):  # a message over the size limit is dropped
                    connection.wire.send(message, fd)
                connection.backlog.popleft()
                if fd is not None:
                    os.close(fd)
        except BlockingIOError:
            pass
        except (WireClosed, OSError):
            self._drop(connection, "gone")
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.backlog else 0)
        if self._selector.get_key(connection.wire.fileno()).events != wanted:
            self._selector.modify(connection.wire.fileno(), wanted, self._ready_callback(connection))

    def _receive(self, connection: Connection) -> None:
        try:
            for _ in range(COMMANDS_PER_TURN):
                command, fd = connection.wire.receive()
                if fd is not None:
                    os.close(fd)
                self._handle(connection, command)
                if connection not in self._connections:
                    return
        except BlockingIOError:
            pass
        except (WireClosed, ValueError, OSError):
            self._drop(connection, "gone")

    def _handle(self, connection: Connection, command: Command) -> None:
        match command:
            case Start():
                connection.may_command = connection.subscribed = True
                self._handler.begin(connection, command)
            case Attach():
                connection.may_command = not command.read_only
                self._handler.attach(connection)
            case AskStatus():
                self._handler.send_status(connection)
            case Quit():
                self._quit(connection)
            case Detach():
                self._drop(connection, "hung-up" if command.hangup else "detached")
            case _ if connection.may_command:
                self._handler.execute(command)
            case _:
                pass  # from a read-only client, or before its Start or Attach

    def _quit(self, connection: Connection) -> None:
        """Where that ends the session, the wire stays open until the host exits, so that the client can wait for it."""
        if connection.may_command and self.commanding_count == 1:
            connection.may_command = connection.subscribed = False
            self._handler.commander_left("quit")
        else:
            self._drop(connection, "quit")

    def _drop(self, connection: Connection, how: Departure) -> None:
        how = _as_it_left(connection, how)
        self._connections.remove(connection)
        self._selector.unregister(connection.wire.fileno())
        connection.wire.close()
        for _, fd in connection.backlog:
            if fd is not None:
                os.close(fd)
        if connection.may_command:
            self._handler.commander_left(how)


def _as_it_left(connection: Connection, how: Departure) -> Departure:
    """A view that died of an error of its own is as one that hung up: nobody wanted the session to end."""
    if how != "gone":
        return how
    with socket.socket(fileno=os.dup(connection.wire.fileno())) as peer:
        pid, _, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return "hung-up" if crash_files.has_crashed(pid) else how
