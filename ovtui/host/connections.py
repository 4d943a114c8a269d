"""The views at the host's end: their wires, what they have not read yet, and who of them may command."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from ovtui.host.client_protocol import AskStatus, Attach, Command, Detach, HostMessage, Quit, Start
from ovtui.records.ring.ring_memory import reopen_read_only
from ovtui.records.wire import Wire, WireClosed

MAX_UNREAD = 10_000
"""Messages a view may leave unread before it is cut off: nothing waits for a view."""
MAX_CONNECTIONS = 32
"""Connections at once; what comes beyond is closed."""
COMMANDS_PER_TURN = 64
"""Commands taken from one view before the others have their turn."""

Departure = Literal["quit", "detached", "hung-up", "gone"]
"""How a view left; gone: without a word."""


class Connection:
    """One connection. Owner: the server's loop."""

    def __init__(self, wire: Wire[Command, HostMessage], person: bool) -> None:
        self.wire = wire
        self.is_person = person
        """Somebody looks at it: it is not a process of the session's own."""
        self.backlog: deque[tuple[HostMessage, int | None]] = deque()
        """With the descriptor that goes along, which is ours to close."""
        self.subscribed = False
        """It has been told of everything so far and is told of what happens."""
        self.may_command = False
        self.backfill_messages = 0
        """Messages of what was before it came, which it may take its time to read."""


class ConnectionHandler(Protocol):
    """What the views need of the server behind them."""

    def begin(self, view: Connection, command: Start) -> None: ...

    def attach(self, view: Connection) -> None: ...

    def send_status(self, view: Connection) -> None: ...

    def execute(self, command: Command) -> None: ...

    def commander_left(self, how: Departure) -> None:
        """A view that could command has gone."""


class Connections:
    """Owner: the server's loop."""

    def __init__(self, selector: selectors.BaseSelector, desk: ConnectionHandler) -> None:
        self._selector = selector
        self._handler = desk
        self._connections: list[Connection] = []

    def __iter__(self) -> Iterator[Connection]:
        """Those that watch; safe against any of them leaving meanwhile."""
        return iter([view for view in self._connections if view.subscribed])

    def is_connected(self, view: Connection) -> bool:
        """Whether it is still connected."""
        return view in self._connections

    @property
    def commanding_count(self) -> int:
        return sum(view.may_command for view in self._connections)

    @property
    def watching_count(self) -> int:
        """Views of people."""
        return sum(view.subscribed and view.is_person for view in self._connections)

    def add(self, connection: socket.socket, *, person: bool = True) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            connection.close()
            return
        wire: Wire[Command, HostMessage] = Wire(connection, Command)
        wire.set_timeout(0)
        view = Connection(wire, person)
        self._connections.append(view)
        self._selector.register(wire.fileno(), selectors.EVENT_READ, self._ready_callback(view))

    def post(self, view: Connection, message: HostMessage, fd: int | None = None) -> None:
        """Sends, or keeps until the view reads on. `fd` stays the caller's; the view gets it read-only."""
        if view in self._connections:
            view.backlog.append((message, None if fd is None else reopen_read_only(fd)))
            if len(view.backlog) == 1:
                self._send(view)
            elif len(view.backlog) > MAX_UNREAD + view.backfill_messages:
                self._drop(view, "gone")

    def post_all(self, message: HostMessage, fd: int | None = None) -> None:
        for view in self:
            self.post(view, message, fd)

    def _ready_callback(self, view: Connection) -> Callable[[int], None]:
        def ready(events: int) -> None:
            if events & selectors.EVENT_WRITE and view in self._connections:
                self._send(view)
            if events & selectors.EVENT_READ and view in self._connections:
                self._receive(view)

        return ready

    def _send(self, view: Connection) -> None:
        try:
            while view.backlog:
                message, fd = view.backlog[0]
                with contextlib.suppress(ValueError):  # over the limit of a message: left out
                    view.wire.send(message, fd)
                view.backlog.popleft()
                if fd is not None:
                    os.close(fd)
        except BlockingIOError:
            pass
        except (WireClosed, OSError):
            self._drop(view, "gone")
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if view.backlog else 0)
        if self._selector.get_key(view.wire.fileno()).events != wanted:
            self._selector.modify(view.wire.fileno(), wanted, self._ready_callback(view))

    def _receive(self, view: Connection) -> None:
        try:
            for _ in range(COMMANDS_PER_TURN):
                command, fd = view.wire.receive()
                if fd is not None:
                    os.close(fd)
                self._handle(view, command)
                if view not in self._connections:
                    return
        except BlockingIOError:
            pass
        except (WireClosed, ValueError, OSError):
            self._drop(view, "gone")

    def _handle(self, view: Connection, command: Command) -> None:
        match command:
            case Start():
                view.may_command = view.subscribed = True
                self._handler.begin(view, command)
            case Attach():
                view.may_command = not command.read_only
                self._handler.attach(view)
            case AskStatus():
                self._handler.send_status(view)
            case Quit():
                self._quit(view)
            case Detach():
                self._drop(view, "hung-up" if command.hangup else "detached")
            case _ if view.may_command:
                self._handler.execute(command)
            case _:
                pass  # a read-only view, or one that has not said what it is

    def _quit(self, view: Connection) -> None:
        """Where that ends the session, the wire stays open until the process is gone: so the view can wait for it."""
        if view.may_command and self.commanding_count == 1:
            view.may_command = view.subscribed = False
            self._handler.commander_left("quit")
        else:
            self._drop(view, "quit")

    def _drop(self, view: Connection, how: Departure) -> None:
        self._connections.remove(view)
        self._selector.unregister(view.wire.fileno())
        view.wire.close()
        for _, fd in view.backlog:
            if fd is not None:
                os.close(fd)
        if view.may_command:
            self._handler.commander_left(how)
