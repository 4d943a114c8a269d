"""Clients and hosts of a session that send what a test makes up: other versions, attackers, the half-finished."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from ovtui.host import session_socket
from ovtui.host.session_socket import SessionSocket

LIMIT_S = 30.0
Message = dict[str, Any]
Answers = Callable[[Message], Sequence[Message]]


class RawClient:
    """A connection to a session's host that sends dictionaries, or bytes."""

    def __init__(self, session: str) -> None:
        self.socket = session_socket.connect(session, LIMIT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, message: Message | bytes) -> None:
        self.socket.send(message if isinstance(message, bytes) else msgspec.msgpack.encode(message))

    def receive(self) -> Message | None:
        """The next message; None at the end."""
        try:
            data = self.socket.recv(1 << 17)
        except ConnectionResetError:  # what it is where something of ours was left unread
            return None
        return msgspec.msgpack.decode(data) if data else None

    def receive_kind(self, kind: str) -> Message:
        while (message := self.receive()) is not None:
            if message["kind"] == kind:
                return message
        raise AssertionError(f"closed without {kind}")


class RawHost:
    """Listens as a session's host does, and answers each message with what `answers` makes of it. A thread of its own;
    closes a connection when the client leaves, and after a message with the kind 'close'."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.received: list[Message] = []
        self.listening = SessionSocket()
        self.name = self.listening.name
        self._listener = self.listening._listener
        self._listener.settimeout(0.05)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="raw host", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join(LIMIT_S)
        self.listening.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(LIMIT_S)
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(1 << 17):
                message = msgspec.msgpack.decode(data)
                self.received.append(message)
                if message["command"] in ("quit", "detach", "end"):
                    return
                for answer in self._answers(message):
                    if answer["kind"] == "close":
                        return
                    connection.send(msgspec.msgpack.encode(answer))
