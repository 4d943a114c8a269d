"""A terminal on a box by the system's ssh, which needs a terminal here, too: a pty of ours."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from asyncio.subprocess import DEVNULL, Process
from collections import deque
from typing import Self

from ovtui.fleet.reach.channel import PIECE_BYTES, WAITING_BYTES

_CLOSE_S = 1.5


class SystemTerminal:
    """A RemoteTerminal."""

    def __init__(self, process: Process, descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._reading = True
        self._open = True
        self._keys = bytearray()
        self._news = asyncio.Event()
        os.set_blocking(descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._take)

    @classmethod
    async def start(cls, words: list[str], columns: int, rows: int, term: str) -> Self:
        ours, theirs = pty.openpty()
        try:
            _set_size(ours, columns, rows)
            process = await asyncio.create_subprocess_exec(
                *words, stdin=theirs, stdout=theirs, stderr=DEVNULL, start_new_session=True,
                preexec_fn=_take_terminal, env={**os.environ, "TERM": term},
            )  # fmt: skip
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return cls(process, ours)

    def _take(self) -> None:
        try:
            piece = os.read(self._descriptor, PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:  # EIO: ssh has ended
            piece = b""
        if piece:
            self._pieces.append(piece)
            self._waiting += len(piece)
            if self._waiting > WAITING_BYTES:
                self._reading = False
                self._loop.remove_reader(self._descriptor)
        else:
            self._shut()
        self._news.set()

    def _shut(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._news.set()

    async def read(self, n: int) -> bytes:
        while not self._pieces:
            if not self._open:
                return b""
            self._news.clear()
            await self._news.wait()
        piece = self._pieces.popleft()
        if len(piece) > n:
            self._pieces.appendleft(piece[n:])
            piece = piece[:n]
        self._waiting -= len(piece)
        if not self._reading and self._open and self._waiting < WAITING_BYTES // 2:
            self._reading = True
            self._loop.add_reader(self._descriptor, self._take)
        return piece

    def write(self, data: bytes) -> None:
        if self._open:
            self._keys += data
            self._type()

    def _type(self) -> None:
        try:
            while self._keys:
                del self._keys[: os.write(self._descriptor, self._keys[:1024])]
            self._loop.remove_writer(self._descriptor)
        except BlockingIOError:
            self._loop.add_writer(self._descriptor, self._type)
        except OSError:
            self._shut()

    def resize(self, columns: int, rows: int) -> None:
        if self._open:
            _set_size(self._descriptor, columns, rows)

    def kill(self) -> None:
        self._shut()
        signal_to(self._process, signal.SIGKILL)

    async def close(self) -> int:
        self._shut()
        signal_to(self._process, signal.SIGTERM)
        try:
            async with asyncio.timeout(_CLOSE_S):
                status = await self._process.wait()
        except TimeoutError:
            self.kill()
            return 255
        return status if status >= 0 else 255


def _take_terminal() -> None:
    """In the new process: the pty is its controlling terminal, so that it gets SIGWINCH, and SIGHUP where this process
    ends without closing it, killed too; ssh would go on otherwise, and what runs there with it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def signal_to(process: Process, number: int) -> None:
    """Not `process.kill()`: that reaps a process that has just ended, and asyncio then loses its exit status."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
