"""A terminal on a box by asyncssh."""

from __future__ import annotations

import asyncio
from collections import deque

import asyncssh

from ovtui.fleet.box import BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.channel import WAITING_BYTES

_CLOSE_S = 1.5


class AsyncsshTerminal(asyncssh.SSHClientSession[bytes]):
    """A RemoteTerminal."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._news = asyncio.Event()
        self._gone = asyncio.Event()
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._status: int | None = None
        self._error: BoxError | None = None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def connection_lost(self, exc: Exception | None) -> None:
        if self._status is None:
            self._error = errors.lost(str(exc or ""))
        self._gone.set()
        self._news.set()

    def data_received(self, data: bytes, datatype: int | None) -> None:  # noqa: ARG002
        self._pieces.append(data)
        self._waiting += len(data)
        if self._waiting > WAITING_BYTES and not self._paused and self._channel is not None:
            self._paused = True
            self._channel.pause_reading()
        self._news.set()

    def exit_status_received(self, status: int) -> None:
        self._status = status

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: ARG002
        self._status = 254

    async def read(self, n: int) -> bytes:
        while not self._pieces:
            if self._gone.is_set():
                if self._error is not None:
                    raise self._error
                return b""
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        if len(piece) > n:
            self._pieces.appendleft(piece[n:])
            piece = piece[:n]
        self._waiting -= len(piece)
        if self._paused and self._waiting < WAITING_BYTES // 2 and self._channel is not None:
            self._paused = False
            self._channel.resume_reading()
        return piece

    def write(self, data: bytes) -> None:
        if self._channel is not None and not self._gone.is_set():
            self._channel.write(data)

    def resize(self, columns: int, rows: int) -> None:
        if self._channel is not None and not self._gone.is_set():
            self._channel.change_terminal_size(columns, rows)

    async def close(self) -> int:
        if self._channel is not None and not self._gone.is_set():
            self._channel.close()
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await self._gone.wait()
            except TimeoutError:
                self._channel.abort()
        return 255 if self._status is None else self._status
