"""A line by asyncssh: one connection in this process, without a process for each command.

200 of them, each with a script that prints a line every 4 s: 54 MB in all, of which 46 MB are this program before the
first (40 KB each), and 1.3 % of a core. A login costs 4 ms of this process and 6 ms of `ssh -G`."""

from __future__ import annotations

import asyncio
import logging
import signal as signals
from collections import deque
from pathlib import Path

import asyncssh

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.asyncssh_terminal import AsyncsshTerminal
from ovtui.fleet.reach.channel import LATE_OUTPUT_S, WAITING_BYTES, Channel, Received, Tail
from ovtui.fleet.reach.channel_line import ChannelLine
from ovtui.fleet.reach.line import SILENCE_S, Progress
from ovtui.fleet.reach.scripts import in_terminal
from ovtui.fleet.reach.sftp_fetch import fetch_by_sftp
from ovtui.fleet.reach.shared_jumps import JumpUse

_WINDOW_BYTES = 512 << 10
"""What may be on its way of one command: at 300 ms of delay that is 1.7 MB/s, more than any output of a script."""
_KEEPALIVE_S, _KEEPALIVES = 3, 2
"""A dead line is noticed after 9 s."""
_CLOSE_S = 1.0

_SIGNALS = signals.Signals.__members__

logging.getLogger("asyncssh").setLevel(logging.CRITICAL)


class _Session(asyncssh.SSHClientSession[bytes]):
    """A Channel of asyncssh."""

    def __init__(self, most_bytes: float) -> None:
        self._received = Received(most_bytes)
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._eof = False
        self._tail = Tail()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed = False
        self._status: int | None = None
        self._error: BoxError | None = None
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None

    @property
    def heard_s(self) -> float:
        return self._received.heard_s

    @property
    def ended(self) -> bool:
        return self._status is not None

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = self._eof = True
        if self._status is None and self._error is None:
            self._error = errors.lost(str(exc or ""))
        self._writable.set()
        self._news.set()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if self._received.add(len(data)):
            self._error = self._error or errors.too_much(self._received.most_bytes)
            self.abort()
        elif datatype is not None:
            self._tail.add(data)
        else:
            self._pieces.append(data)
            self._waiting += len(data)
            if self._waiting > WAITING_BYTES and not self._paused and self._channel is not None:
                self._paused = True
                self._channel.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        self._eof = True
        self._news.set()
        return True

    def exit_status_received(self, status: int) -> None:
        self._status = status
        self._news.set()

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: ARG002
        self.exit_status_received(128 + signals.Signals[f"SIG{signal}"] if f"SIG{signal}" in _SIGNALS else 254)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def read(self) -> bytes:
        while True:
            if self._error is not None and self._error.kind == "too-much":
                raise self._error
            if self._pieces:
                piece = b"".join(self._pieces)
                self._pieces.clear()
                self._waiting = 0
                if self._paused and self._channel is not None:
                    self._paused = False
                    self._channel.resume_reading()
                return piece
            if self._eof:
                if self._closed and self._error is not None:
                    raise self._error
                return b""
            self._news.clear()
            try:
                async with asyncio.timeout(None if self._status is None else LATE_OUTPUT_S):
                    await self._news.wait()
            except TimeoutError:
                self._eof = self._eof or self._status is not None

    async def write(self, data: bytes) -> None:
        await self._writable.wait()
        if self._channel is None or self._closed:
            raise BrokenPipeError
        self._channel.write(data)

    def write_eof(self) -> None:
        if self._channel is not None and not self._closed:
            self._channel.write_eof()

    async def status(self) -> int:
        while self._status is None:
            if self._error is not None:
                raise self._error
            self._news.clear()
            await self._news.wait()
        return self._status

    def stderr(self) -> str:
        return self._tail.text()

    def abort(self) -> None:
        """Also where it has ended: standard input closes, and with it what watches it there."""
        self._pieces.clear()
        if self._channel is not None and not self._closed:
            self._channel.abort()


class AsyncsshLine(ChannelLine):
    def __init__(self, box: Box, connection: asyncssh.SSHClientConnection, jumps: JumpUse | None) -> None:
        """`jumps`: through which it goes."""
        super().__init__(box)
        self._connection = connection
        self._jumps = jumps
        self._silent = 0
        self._no_sftp = False

    async def open_channel(self, command: str, most_bytes: float) -> Channel:
        session = _Session(most_bytes)
        try:
            await self._connection.create_session(
                lambda: session, command, encoding=None, window=_WINDOW_BYTES, request_pty=False
            )
        except (asyncssh.Error, OSError) as error:
            raise of_channel(error) from None
        except asyncio.CancelledError:
            session.abort()
            raise
        return session

    async def terminal(self, command_script: str, columns: int, rows: int, term: str) -> AsyncsshTerminal:
        terminal = AsyncsshTerminal()
        try:
            async with asyncio.timeout(SILENCE_S):
                await self._connection.create_session(
                    lambda: terminal, in_terminal(command_script), encoding=None, window=_WINDOW_BYTES,
                    request_pty="force", term_type=term, term_size=(columns, rows),
                )  # fmt: skip
        except TimeoutError:
            raise errors.silent(SILENCE_S) from None
        except (asyncssh.Error, OSError) as error:
            raise of_channel(error) from None
        self.watch(True)  # who looks at it sees no silence
        return terminal

    def watch(self, silent: bool) -> None:
        self._silent += 1 if silent else -1
        if self._connection.is_closed():
            return
        if self._silent == (1 if silent else 0):
            self._connection.set_keepalive(_KEEPALIVE_S if silent else 0, _KEEPALIVES)

    async def fetch(
        self, remote: str, local: Path, *, progress: Progress | None = None, most_bytes: int = 64 << 30,
        silence_s: float = SILENCE_S,
    ) -> int:  # fmt: skip
        """By SFTP, or by a stream where the box offers no SFTP."""
        if not self._no_sftp:
            size = await fetch_by_sftp(self._connection, remote, local, progress, most_bytes, silence_s)
            if size is not None:
                return size
            self._no_sftp = True
        return await super().fetch(remote, local, progress=progress, most_bytes=most_bytes, silence_s=silence_s)

    async def close(self) -> None:
        self._connection.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._connection.wait_closed()
        except (TimeoutError, asyncssh.Error, OSError):
            self._connection.abort()
        finally:
            if self._jumps is not None:
                self._jumps.release()


def of_channel(error: Exception) -> BoxError:
    """Of a session that a connection did not open."""
    if isinstance(error, asyncssh.ChannelOpenError):
        if "connection closed" in str(error).lower():
            return errors.lost()
        return BoxError("refused", errors.no_session(str(error)))
    return errors.lost(str(error))
