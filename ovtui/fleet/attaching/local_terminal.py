"""This terminal, raw, for what draws on it from afar: nothing waits for it, and it is given back as it was."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import termios
from typing import Any, Self

from ovtui.terminal.open_terminal import open_for_output
from ovtui.terminal.terminal_guard import TerminalGuard
from ovtui.terminal.terminal_size import TerminalSize, terminal_size

_READ_BYTES = 4096
_INPUTS = (
    termios.BRKINT | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.INPCK | termios.ISTRIP | termios.IXON
    | termios.IXOFF
)  # fmt: skip
_LOCAL = termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG
_ALSO_OFF = "\x1b7\x1b[r\x1b8\x1b[?1002l"
"""What the filter lets through and ovtui's own screen does not switch on."""
_CUT_OFF = b"\x18\x1b[m"
"""After a piece that was cut off: ends an escape sequence (CAN), and the style."""


class LocalTerminal:
    """Owner: the loop's thread. As a context manager it is as before after it."""

    def __init__(self, stdin: int = 0, stdout: int = 1) -> None:
        own = open_for_output(stdout)
        self.stdin, self._stdout = stdin, stdout
        self._out = stdout if own is None else own
        self._owned = own is not None
        self._before: list[Any] | None = None
        """The attributes as they were; None as long as they are."""
        self._half_written = False
        # Where stderr is none, as under the fleet's screen, who started this sees to the terminal.
        self._guard = TerminalGuard(_ALSO_OFF) if stdin == 0 and os.isatty(2) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_back(b"")
        if self._guard is not None:
            self._guard.close()
        if self._owned:
            os.close(self._out)

    @property
    def size(self) -> TerminalSize:
        return terminal_size(self._stdout)

    def make_raw(self) -> None:
        """In the background this stops the process, until it is in front again."""
        try:
            self._before = termios.tcgetattr(self.stdin)
        except termios.error:
            return
        inputs, outputs, controls, local, *speeds, characters = self._before
        characters = [*characters]
        characters[termios.VMIN], characters[termios.VTIME] = 1, 0
        raw = [inputs & ~_INPUTS, outputs & ~termios.OPOST, controls, local & ~_LOCAL, *speeds, characters]
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self.stdin, termios.TCSANOW, raw)
            if self._guard is not None:
                self._guard.screen_is_up(self._before, termios.tcgetattr(self.stdin))

    def read_keys(self) -> bytes:
        """What was typed; b'' where the terminal is gone."""
        try:
            return os.read(self.stdin, _READ_BYTES)
        except OSError:
            return b""

    async def write(self, data: bytes) -> None:
        """Waits for a terminal that does not read, without holding up the loop."""
        rest = memoryview(data)
        while rest:
            try:
                self._half_written = True
                rest = rest[os.write(self._out, rest) :]
            except BlockingIOError:
                await self._writable()
            except OSError:  # it has hung up, which its input tells
                return
        self._half_written = False

    async def _writable(self) -> None:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_writer(self._out, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self._out)

    def give_back(self, restoring: bytes) -> None:
        """`restoring`: what switches off what was switched on. Of a terminal that does not read, what it has not read
        is dropped for it. Does nothing twice."""
        data = (_CUT_OFF if self._half_written and restoring else b"") + restoring
        if self._half_written:
            with contextlib.suppress(termios.error, OSError):
                termios.tcflush(self._out, termios.TCOFLUSH)
        self._half_written = False
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._out, data) :]
        if self._before is not None:
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})  # in the background
            with contextlib.suppress(termios.error):
                termios.tcflush(self.stdin, termios.TCIFLUSH)  # answers and reports of the mouse that were on their way
                termios.tcsetattr(self.stdin, termios.TCSANOW, self._before)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            self._before = None
            if self._guard is not None:
                self._guard.screen_is_down()
