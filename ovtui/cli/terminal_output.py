"""stdout and stderr where they are a terminal: nothing waits for it. What it does not take (ctrl+s, a tmux that stands
still, a line that hangs) is kept, and the end of the process waits for it, unless that is asked for by a signal."""

from __future__ import annotations

import io
import os
import select
import time

from ovtui.terminal.open_terminal import is_same_terminal, open_for_output

MAX_KEPT_BYTES = 1 << 18
"""Beyond it what goes to stdout waits, and what goes to stderr is dropped: hours of progress."""
STALL_S = 0.3
"""After a signal: a terminal that has taken nothing for so long will not."""
_PERIOD_MS = 100
_terminals: list[_Terminal] = []
_in_haste = False


class _Terminal:
    """One terminal, for both streams: their order stays. Owner: the main thread."""

    def __init__(self, fd: int, own: int) -> None:
        """`own`: a non-blocking descriptor of the same terminal."""
        self.fd, self._own = fd, own
        self._kept = bytearray()

    def put(self, data: bytes, *, may_drop: bool) -> None:
        self._send()
        if self._kept and len(self._kept) + len(data) > MAX_KEPT_BYTES:
            if may_drop:
                return
            self.settle(None)
        self._kept += data
        self._send()

    def _send(self) -> None:
        try:
            while self._kept:
                del self._kept[: os.write(self._own, self._kept)]
        except BlockingIOError:
            return
        except OSError:  # it has hung up
            self._kept.clear()

    def settle(self, stall_s: float | None) -> None:
        """Waits until all has been taken; gives up where nothing is for `stall_s`."""
        poll = select.poll()
        poll.register(self._own, select.POLLOUT)
        left, since_s = len(self._kept), time.monotonic()
        while self._kept:
            self._send()
            if len(self._kept) != left:
                left, since_s = len(self._kept), time.monotonic()
            elif stall_s is not None and time.monotonic() - since_s > stall_s:
                self._kept.clear()
            elif self._kept:
                poll.poll(_PERIOD_MS)

    @property
    def is_behind(self) -> bool:
        self._send()
        return bool(self._kept)


class TerminalOutput(io.FileIO):
    def __init__(self, fd: int, terminal: _Terminal, *, may_drop: bool) -> None:
        super().__init__(fd, "w", closefd=False)
        self._terminal, self._may_drop = terminal, may_drop

    def write(self, data: object) -> int:
        taken = bytes(data)  # type: ignore[call-overload]
        self._terminal.put(taken, may_drop=self._may_drop)
        return len(taken)


def terminal_output(fd: int, *, may_drop: bool) -> TerminalOutput | None:
    """None for what is no terminal, or cannot be opened once more."""
    if not os.isatty(fd):
        return None
    terminal = next((known for known in _terminals if is_same_terminal(known.fd, fd)), None)
    if terminal is None:
        own = open_for_output(fd)
        if own is None:
            return None
        terminal = _Terminal(fd, own)
        _terminals.append(terminal)
    return TerminalOutput(fd, terminal, may_drop=may_drop)


def wait_for_no_stalled_terminal() -> None:
    """The end was asked for by a signal, or there is nobody at the terminal."""
    global _in_haste
    _in_haste = True


def settle() -> None:
    """The end of the process: waits for the terminals, or only while they take something."""
    for terminal in _terminals:
        terminal.settle(STALL_S if _in_haste else None)


def is_behind(fd: int) -> bool:
    """True where the terminal has not taken yet what was written before."""
    return any(terminal.is_behind for terminal in _terminals if is_same_terminal(terminal.fd, fd))
