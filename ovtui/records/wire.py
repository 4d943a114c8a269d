"""Typed messages between the processes, over Unix sockets of type SOCK_SEQPACKET. The kernel keeps the message
boundaries, and a message can carry a file descriptor. A message has at most MESSAGE_BYTES."""

from __future__ import annotations

import os
import socket
from typing import Generic, TypeVar

import msgspec

MESSAGE_BYTES = 128 * 1024
"""Below Linux's default socket buffer (208 KiB), so that a message always fits."""

T_in = TypeVar("T_in")
T_out = TypeVar("T_out")


class WireClosed(ConnectionError):
    """The peer has closed the connection."""


class Wire(Generic[T_in, T_out]):
    """One end of a connection. Owner: one thread receives, one sends. `fileno` is for a selector."""

    def __init__(self, sock: socket.socket, incoming: object) -> None:
        self._sock = sock
        self._decoder: msgspec.msgpack.Decoder[T_in] = msgspec.msgpack.Decoder(incoming)
        self._encoder = msgspec.msgpack.Encoder()

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def set_timeout(self, timeout_s: float | None) -> None:
        """None blocks without limit, 0 never blocks."""
        self._sock.settimeout(timeout_s)

    def send(self, message: T_out, fd: int | None = None) -> None:
        """Raises BlockingIOError when the peer does not read, WireClosed when it is gone, and ValueError for a message
        above MESSAGE_BYTES."""
        data = self._encoder.encode(message)
        if len(data) > MESSAGE_BYTES:
            raise ValueError(f"a message of {len(data)} bytes is over the limit of {MESSAGE_BYTES}")
        try:
            if fd is None:
                self._sock.send(data)
            else:
                socket.send_fds(self._sock, [data], [fd])
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WireClosed from error

    def receive(self) -> tuple[T_in, int | None]:
        """The next message and its file descriptor, if any. Raises BlockingIOError or TimeoutError when there is no
        message, WireClosed at the end, and ValueError for data that is not a message."""
        try:
            data, fds, flags, _ = socket.recv_fds(self._sock, MESSAGE_BYTES, 1)
        except ConnectionResetError as error:
            raise WireClosed from error
        fd = fds[0] if fds else None
        if fd is not None:
            os.set_inheritable(fd, False)  # recv_fds drops its flags argument (Python 3.11), MSG_CMSG_CLOEXEC too
        try:
            if not data:
                raise WireClosed
            if flags & socket.MSG_TRUNC:
                raise ValueError("an oversized message")
            return self._decoder.decode(data), fd
        except (ValueError, WireClosed):
            if fd is not None:
                os.close(fd)
            raise


def wire_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
