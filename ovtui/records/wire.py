"""Typed messages between the processes, over Unix sockets of type SOCK_SEQPACKET. The kernel keeps the message
boundaries, and a message can carry a file descriptor. A message has at most MESSAGE_BYTES."""

from __future__ import annotations

import os
import select
import socket
from typing import Generic, TypeVar, get_args

import msgspec

from ovtui.records.odd_names import from_msgpack, to_msgpack

MESSAGE_BYTES = 128 * 1024
"""Below Linux's default socket buffer (208 KiB), so that a message always fits."""

T_in = TypeVar("T_in")
T_out = TypeVar("T_out")


class WireClosed(ConnectionError):
    """The peer has closed the connection."""


class UnknownMessage(ValueError):
    """A well-formed message of a type that this version does not have: the peer is newer. The text is its type."""


class UnreadableMessage(ValueError):
    """A message of a known type whose fields are not as this version has them: the peer is of another version. The
    text is its type and what is wrong."""

    def __init__(self, text: str, fields: dict[str, object]) -> None:
        super().__init__(text)
        self.fields = fields
        """Of the message, as they came."""


class Wire(Generic[T_in, T_out]):
    """One end of a connection. Owner: one thread receives, one sends. `fileno` is for a selector."""

    def __init__(self, sock: socket.socket, incoming: object, *, takes_fds: bool = True) -> None:
        """Without `takes_fds` the kernel drops descriptors that come along: a peer cannot fill this process's table."""
        self._sock = sock
        self._incoming = incoming
        self._takes_fds = takes_fds
        self._decoder: msgspec.msgpack.Decoder[T_in] = msgspec.msgpack.Decoder(incoming)

    def fileno(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        self._sock.close()

    def set_timeout(self, timeout_s: float | None) -> None:
        """None blocks without limit, 0 never blocks."""
        self._sock.settimeout(timeout_s)

    def has_message(self) -> bool:
        """True where `receive` would not wait: a message is there, or the end."""
        return bool(select.select([self._sock], [], [], 0)[0])

    def send(self, message: T_out, fd: int | None = None) -> None:
        """Raises BlockingIOError when the peer does not read, WireClosed when it is gone, and ValueError for a message
        above MESSAGE_BYTES."""
        data = to_msgpack(message)
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
        message, WireClosed at the end, and ValueError for data that is not a message: UnknownMessage or
        UnreadableMessage where a peer of another version may have sent it."""
        try:
            data, fds, flags = self._receive_data()
        except ConnectionResetError:
            # The peer closed without reading everything from here. The kernel tells that once, before what the peer
            # sent last.
            try:
                data, fds, flags = self._receive_data()
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
            return self._decoded(data), fd
        except (ValueError, WireClosed):
            if fd is not None:
                os.close(fd)
            raise

    def _receive_data(self) -> tuple[bytes, list[int], int]:
        """Data, descriptors and flags of a message."""
        if self._takes_fds:
            data, fds, flags, _ = socket.recv_fds(self._sock, MESSAGE_BYTES, 1)
            return data, fds, flags
        data, _, flags, _ = self._sock.recvmsg(MESSAGE_BYTES)
        return data, [], flags

    def _decoded(self, data: bytes) -> T_in:
        try:
            try:
                return from_msgpack(self._decoder, data)
            except msgspec.ValidationError as error:
                raise self._of_another_version(data, error) from None
        except (RecursionError, TypeError):  # nested too deeply; a map as a key
            raise ValueError("no message") from None

    def _of_another_version(self, data: bytes, error: msgspec.ValidationError) -> Exception:
        """What is to be raised for data that is msgpack and no message."""
        found = msgspec.msgpack.decode(data)
        if not isinstance(found, dict):
            return error
        types = [kind.__struct_config__ for kind in get_args(self._incoming) or (self._incoming,)]
        named = {config.tag_field: found[config.tag_field] for config in types if config.tag_field in found}
        for field, tag in named.items():
            if any((config.tag_field, config.tag) == (field, tag) for config in types):
                return UnreadableMessage(f"{tag}: {error}", found)
            if isinstance(tag, str):
                return UnknownMessage(tag)
        return error


def wire_pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
