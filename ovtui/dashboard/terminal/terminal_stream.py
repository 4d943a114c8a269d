"""stdout and stderr that never wait for a terminal: what it does not take is kept until it does, or until the end."""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
import time
from typing import TextIO

from ovtui.dashboard.terminal.open_terminal import open_for_output

MAX_KEPT_BYTES = 1 << 20
"""Beyond it the newest is dropped: hours of progress on a terminal that was stopped by ctrl+s."""
_SETTLE_PERIOD_S = 0.1
_open: list[TerminalBytes] = []


class TerminalBytes(io.RawIOBase):
    """Bytes for a terminal. Owner: the main thread."""

    def __init__(self, fd: int, own: int) -> None:
        """`own`: a non-blocking descriptor of the same terminal, which this takes over."""
        self._fd, self._own = fd, own
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return os.isatty(self._fd)

    def fileno(self) -> int:
        return self._fd

    @property
    def is_behind(self) -> bool:
        """The terminal has not taken all yet."""
        self._send()
        return bool(self._kept)

    def write(self, data: object) -> int:
        taken = bytes(data)  # type: ignore[call-overload]
        if len(self._kept) < MAX_KEPT_BYTES:
            self._kept += taken
        self._send()
        return len(taken)

    def _send(self) -> None:
        try:
            while self._kept:
                del self._kept[: os.write(self._own, self._kept)]
        except BlockingIOError:
            return
        except OSError:  # it has hung up
            self._kept.clear()

    def settle(self, stall_s: float | None) -> None:
        """Waits until the terminal has taken all; gives up where it takes nothing for `stall_s`."""
        poll = select.poll()
        poll.register(self._own, select.POLLOUT)
        taken_s, left = time.monotonic(), len(self._kept)
        while self.is_behind:
            if len(self._kept) != left:
                taken_s, left = time.monotonic(), len(self._kept)
            elif stall_s is not None and time.monotonic() - taken_s > stall_s:
                self._kept.clear()
                return
            poll.poll(_SETTLE_PERIOD_S * 1000)


def never_wait_for_terminals() -> None:
    """Replaces sys.stdout and sys.stderr where they are terminals. `settle_terminals` is to be called at the end."""
    for name in ("stdout", "stderr"):
        stream = _patient(getattr(sys, name))
        if stream is not None:
            setattr(sys, name, stream)


def _patient(stream: TextIO | None) -> TextIO | None:
    """None for what is no terminal, and for what does not wait already."""
    if stream is None or isinstance(getattr(stream, "buffer", None), TerminalBytes):
        return None
    try:
        stream.flush()
        fd = stream.fileno()
        own = open_for_output(fd) if os.isatty(fd) else None
    except (OSError, ValueError):
        return None
    if own is None:
        return None
    raw = TerminalBytes(fd, own)
    _open.append(raw)
    return io.TextIOWrapper(
        raw,  # type: ignore[arg-type]  # unbuffered: the bytes are kept in one place
        encoding=stream.encoding,
        errors=stream.errors,
        write_through=True,
    )


def settle_terminals(stall_s: float | None) -> None:
    """The end of the process: what the terminals have not taken yet is waited for, see TerminalBytes.settle."""
    for stream in _open:
        with contextlib.suppress(OSError, ValueError):
            stream.settle(stall_s)


def is_behind(stream: TextIO) -> bool:
    """True where a terminal has not taken yet what was written before."""
    raw = getattr(stream, "buffer", None)
    return isinstance(raw, TerminalBytes) and raw.is_behind
