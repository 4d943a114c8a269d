"""The views at the host's end: their wires, what they have not read yet, and who of them may command."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, Protocol

from ovtui.host.client_protocol import Ask, Attach, Command, Detach, HostMessage, Quit, Start
from ovtui.records.ring.ring_memory import read_only
from ovtui.records.wire import Wire, WireClosed

BACKLOG = 10_000
"""Messages a view may leave unread before it is cut off: nothing waits for a view."""
MOST = 32
"""Connections at once; what comes beyond is closed."""
AT_ONCE = 64
"""Commands taken from one view before the others have their turn."""

Left = Literal["quit", "detached", "hung-up", "gone"]
"""How a view left; gone: without a word."""


class View:
    """One connection. Owner: the server's loop."""

    def __init__(self, wire: Wire[Command, HostMessage], person: bool) -> None:
        self.wire = wire
        self.person = person
        """Somebody looks at it: it is not a process of the session's own."""
        self.backlog: deque[tuple[HostMessage, int | None]] = deque()
        """With the descriptor that goes along, which is ours to close."""
        self.watches = False
        """It has been told of everything so far and is told of what happens."""
        self.controls = False
        self.history = 0
        """Messages of what was before it came, which it may take its time to read."""


class Desk(Protocol):
    """What the views need of the server behind them."""

    def begin(self, view: View, command: Start) -> None: ...

    def attach(self, view: View) -> None: ...

    def tell_status(self, view: View) -> None: ...

    def obey(self, command: Command) -> None: ...

    def left(self, how: Left) -> None:
        """A view that could command has gone."""


class Views:
    """Owner: the server's loop."""

    def __init__(self, selector: selectors.BaseSelector, desk: Desk) -> None:
        self._selector = selector
        self._desk = desk
        self._views: list[View] = []

    def __iter__(self) -> Iterator[View]:
        """Those that watch; safe against any of them leaving meanwhile."""
        return iter([view for view in self._views if view.watches])

    def has(self, view: View) -> bool:
        """Whether it is still connected."""
        return view in self._views

    @property
    def controlling(self) -> int:
        return sum(view.controls for view in self._views)

    @property
    def watching(self) -> int:
        """Views of people."""
        return sum(view.watches and view.person for view in self._views)

    def add(self, connection: socket.socket, *, person: bool = True) -> None:
        if len(self._views) >= MOST:
            connection.close()
            return
        wire: Wire[Command, HostMessage] = Wire(connection, Command)
        wire.set_timeout(0)
        view = View(wire, person)
        self._views.append(view)
        self._selector.register(wire.fileno(), selectors.EVENT_READ, self._serve(view))

    def post(self, view: View, message: HostMessage, fd: int | None = None) -> None:
        """Sends, or keeps until the view reads on. `fd` stays the caller's; the view gets it read-only."""
        if view in self._views:
            view.backlog.append((message, None if fd is None else read_only(fd)))
            if len(view.backlog) == 1:
                self._send(view)
            elif len(view.backlog) > BACKLOG + view.history:
                self._drop(view, "gone")

    def post_all(self, message: HostMessage, fd: int | None = None) -> None:
        for view in self:
            self.post(view, message, fd)

    def _serve(self, view: View) -> Callable[[int], None]:
        def ready(events: int) -> None:
            if events & selectors.EVENT_WRITE and view in self._views:
                self._send(view)
            if events & selectors.EVENT_READ and view in self._views:
                self._receive(view)

        return ready

    def _send(self, view: View) -> None:
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
            self._selector.modify(view.wire.fileno(), wanted, self._serve(view))

    def _receive(self, view: View) -> None:
        try:
            for _ in range(AT_ONCE):
                command, fd = view.wire.receive()
                if fd is not None:
                    os.close(fd)
                self._take(view, command)
                if view not in self._views:
                    return
        except BlockingIOError:
            pass
        except (WireClosed, ValueError, OSError):
            self._drop(view, "gone")

    def _take(self, view: View, command: Command) -> None:
        match command:
            case Start():
                view.controls = view.watches = True
                self._desk.begin(view, command)
            case Attach():
                view.controls = not command.read_only
                self._desk.attach(view)
            case Ask():
                self._desk.tell_status(view)
            case Quit():
                self._quit(view)
            case Detach():
                self._drop(view, "hung-up" if command.hangup else "detached")
            case _ if view.controls:
                self._desk.obey(command)
            case _:
                pass  # a read-only view, or one that has not said what it is

    def _quit(self, view: View) -> None:
        """Where that ends the session, the wire stays open until the process is gone: so the view can wait for it."""
        if view.controls and self.controlling == 1:
            view.controls = view.watches = False
            self._desk.left("quit")
        else:
            self._drop(view, "quit")

    def _drop(self, view: View, how: Left) -> None:
        self._views.remove(view)
        self._selector.unregister(view.wire.fileno())
        view.wire.close()
        for _, fd in view.backlog:
            if fd is not None:
                os.close(fd)
        if view.controls:
            self._desk.left(how)
