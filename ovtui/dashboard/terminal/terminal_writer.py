"""Writes to the terminal on a thread of its own. Whoever puts something never waits: where the terminal does not read
as fast as frames come, none is put until it has taken the one before."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ovtui.terminal.open_terminal import open_for_output
from ovtui.terminal.terminal_guard import ABORTED

BEHIND_BYTES = 1 << 16
"""Bytes of what is no frame, such as a clipboard, behind which a frame would wait too long."""
MAX_WAITING_BYTES = 1 << 22
"""Of what is no frame (modes, bells, the clipboard): beyond it the terminal takes nothing, and it is dropped."""
STALL_S = 0.4
"""At the end: a terminal that has taken nothing for so long will not."""
END_S = 8.0
"""At the end: how long a slow line that goes on taking may need for what must still be sent, such as a clipboard."""
_PIECE_BYTES = 4096
_BLOCKING_PIECE_BYTES = 256
"""Where only the shell's own descriptor is there, which blocks."""


class _Chunk(NamedTuple):
    data: bytes
    is_frame: bool


class TerminalWriter(threading.Thread):
    """`write`, `write_frame` and `is_behind`: the app's thread. Everything that is taken is written whole and in order,
    except for what `stop` cuts off."""

    def __init__(self, fd: int, caught_up: Callable[[], None], failed: Callable[[BaseException], None]) -> None:
        """`fd` stays the caller's. `caught_up` is called on the writer's thread when all has been written after
        `is_behind` was True, `failed` with an error of its own."""
        super().__init__(daemon=True, name="terminal-output")
        own = open_for_output(fd)
        self._fd = fd if own is None else own
        self._owns_fd = own is not None
        self._caught_up, self._failed = caught_up, failed
        self._lock = threading.Lock()
        self._chunks: deque[_Chunk] = deque()
        self._waiting_bytes = 0
        self._frames = 0
        """Frames that are not written whole yet."""
        self._behind = False
        self._gone = False
        """The terminal has hung up: nothing is written any more."""
        self._ending = self._given_up = self._has_failed = False
        self._taken_s = time.monotonic()
        """When the terminal last took something, or was first asked to."""
        self._writing = False
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def write(self, text: str) -> None:
        """What must arrive: modes, the clipboard."""
        self._put(_Chunk(text.encode("utf-8", "replace"), False))

    def write_frame(self, text: str) -> None:
        """What may be cut off by the end. One at a time: see `is_behind`."""
        self._put(_Chunk(text.encode("utf-8", "replace"), True))

    def flush(self) -> None:
        """Everything is written as soon as it can be."""

    def is_behind(self) -> bool:
        """True where a frame would only wait for what was put before; `caught_up` is called when that is over."""
        with self._lock:
            self._behind = self._behind or self._frames > 0 or self._waiting_bytes > BEHIND_BYTES
            return self._behind

    def takes_nothing(self) -> bool:
        """True where the terminal has taken nothing for a second of what it was sent."""
        return self._writing and time.monotonic() - self._taken_s > 1

    def _put(self, chunk: _Chunk) -> None:
        with self._lock:
            if self._gone or self._waiting_bytes > MAX_WAITING_BYTES:
                return
            self._chunks.append(chunk)
            self._waiting_bytes += len(chunk.data)
            self._frames += chunk.is_frame
            os.eventfd_write(self._woken, 1)

    def run(self) -> None:
        try:
            while (chunk := self._next()) is not None:
                whole = self._write_whole(chunk)
                if chunk.is_frame:
                    with self._lock:
                        self._frames -= 1
                if not whole and not self._given_up:
                    self._write_whole(_Chunk(ABORTED.encode(), False))
        except BaseException as error:
            self._has_failed = True
            self._failed(error)

    def _next(self) -> _Chunk | None:
        """Waits for something to write; None at the end."""
        while True:
            with self._lock:
                if self._gone or self._given_up:
                    self._chunks.clear()
                    self._waiting_bytes = self._frames = 0
                if self._chunks:
                    chunk = self._chunks.popleft()
                    self._waiting_bytes -= len(chunk.data)
                    self._writing, self._taken_s = True, time.monotonic()
                    return chunk
                self._writing = False
                if self._ending:
                    return None
                caught_up, self._behind = self._behind, False
            if caught_up:
                self._caught_up()
            self._wait(None)

    def _wait(self, writable_fd: int | None) -> None:
        """Until something is put or ends, or the terminal takes more."""
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if writable_fd is not None:
            poll.register(writable_fd, select.POLLOUT)
        poll.poll()
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._woken)

    def _write_whole(self, chunk: _Chunk) -> bool:
        """False where it was cut off."""
        rest = memoryview(chunk.data)
        piece = _PIECE_BYTES if self._owns_fd else _BLOCKING_PIECE_BYTES
        while rest and not self._gone:
            if self._given_up or (self._ending and chunk.is_frame):
                return False
            try:
                if not self._owns_fd and not _is_writable(self._fd):
                    raise BlockingIOError
                rest = rest[os.write(self._fd, rest[:piece]) :]
                self._taken_s = time.monotonic()
            except BlockingIOError:
                self._wait(self._fd)
            except OSError as error:
                if error.errno != errno.EINTR:
                    self._gone = True
        return True

    def stop(self, restoring: str = "") -> bool:
        """Writes what must still arrive, without the frames, and ends the thread: at once where the terminal reads,
        after STALL_S where it does not. True where all has arrived. A terminal that does not read gets `restoring`
        instead of all that it has not read, should it ever read on."""
        with self._lock:
            self._chunks = deque(chunk for chunk in self._chunks if not chunk.is_frame)
            self._ending = True
            self._taken_s = time.monotonic()
            os.eventfd_write(self._woken, 1)
        end_s = time.monotonic() + END_S
        while self.is_alive() and time.monotonic() < min(end_s, self._taken_s + STALL_S):
            self.join(0.05)
        if self.is_alive():
            self._given_up = True
            os.eventfd_write(self._woken, 1)
            self.join(0.1)
            self.write_at_last(restoring)
        with self._lock:
            self._gone = True  # nothing is put any more
            left = b"".join(chunk.data for chunk in self._chunks) if self._has_failed else b""
        if left:
            self._write_at_once(ABORTED.encode() + left)
        if not self.is_alive():
            os.close(self._woken)
            if self._owns_fd:
                os.close(self._fd)
        return not self._given_up

    def write_at_last(self, text: str) -> None:
        """From any thread, at an end by force: in place of all that the terminal has not read."""
        with contextlib.suppress(termios.error, OSError):
            termios.tcflush(self._fd, termios.TCOFLUSH)
        self._write_at_once((ABORTED + text).encode())

    def _write_at_once(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            if _is_writable(self._fd):
                os.write(self._fd, data)


def _is_writable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))
