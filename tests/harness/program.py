"""The real program on a pty, driven and read as a person does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from harness.terminal import STATUS_ASKED, STATUS_WELL, SYNCHRONIZED_OUTPUT_ASKED, SYNCHRONIZED_OUTPUT_THERE, Terminal

LIMIT_S = 60.0
"""How long a state may take to come: far more than it does, for a busy machine."""
KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f", "ctrl+c": "\x03", "ctrl+z": "\x1a",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~",
}  # fmt: skip

What = str | re.Pattern[str] | Callable[[str], object]
"""What to wait for: a text on the screen, a pattern, or a function of the screen's text."""


def ovtui(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ovtui", *arguments]


class Program:
    """A process whose terminal is a pty. A thread reads the pty all the time, as a terminal does, so that a program
    never stalls because a test looks elsewhere; everything else is the test's thread."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        columns: int = 120,
        rows: int = 40,
        shown: tuple[int, int] | None = None,
        *,
        answers: bool = True,
    ) -> None:
        """`columns`, `rows`: as the terminal tells them, 0 where it does not know. `shown`: what it has, where that is
        something else. `answers`: the terminal says that it is well when it is asked, after it has drawn what came
        before the question."""
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self._modes_before = termios.tcgetattr(slave)
        self.terminal = Terminal(*(shown or (columns or 80, rows or 24)))
        self.received = 0
        """Bytes the program has sent to the terminal."""
        self.answers = answers
        self.unanswered = 0
        """How often it was asked while it did not answer."""
        self.only_counts = False
        """Set where the work of a terminal would disturb a measurement: nothing is drawn any more."""
        self._seen = threading.Condition()
        self._hung_up = False
        try:
            self.process = subprocess.Popen(
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=dict(env),
                start_new_session=True,
                preexec_fn=_take_terminal,
            )
        finally:
            os.close(slave)
        self._pidfd = os.pidfd_open(self.process.pid)
        self._wake_read, self._wake_write = os.pipe()
        self._reads = True
        self._reader = threading.Thread(target=self._read, name="pty", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the program if it still runs, and lets go of the terminal."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()
        for descriptor in (self._pidfd, self._wake_read, self._wake_write):
            with contextlib.suppress(OSError):
                os.close(descriptor)

    def hang_up(self) -> None:
        """The terminal goes away, as when an SSH connection drops: the kernel sends SIGHUP."""
        if not self._hung_up:
            self._hung_up = True
            os.write(self._wake_write, b"x")
            self._reader.join()
            os.close(self._master)

    def stop_reading(self) -> None:
        """The terminal stands still, as a tmux that is stopped or a line that hangs: the kernel takes some 60 kB, and
        then nothing. It still follows what the test does to its size."""
        self._reads = False
        os.write(self._wake_write, b"x")

    def read_on(self) -> None:
        self._reads = True
        os.write(self._wake_write, b"x")

    def wait_until_full(self, limit_s: float = LIMIT_S) -> None:
        """After `stop_reading`: has the program draw until the kernel takes nothing more."""
        output = os.open(f"/proc/{self.process.pid}/fd/1", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        end_s, columns, rows = time.monotonic() + limit_s, *self.size
        try:
            narrower = False
            while select.select([], [output], [], 0.05)[1]:  # it is asked until it has changed
                assert time.monotonic() < end_s, f"the terminal is not full after {limit_s:g} s"
                narrower = not narrower
                self._set_size(columns - narrower, rows)
                select.select([self._pidfd], [], [], 0.05)
            self._set_size(columns, rows)
        finally:
            os.close(output)

    def answer(self) -> None:
        """Makes up for the answers that are missing, and goes on answering."""
        with self._seen:
            os.write(self._master, STATUS_WELL * self.unanswered)
            self.unanswered, self.answers = 0, True

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(self._master, termios.TIOCGWINSZ, bytes(8)))
        return columns, rows

    # What is on the screen

    @property
    def text(self) -> str:
        with self._seen:
            return self.terminal.text

    def line(self, part: str) -> str:
        """The first line of the screen that contains `part`; fails where there is none."""
        return line_of(self.text, part)

    def wait_for(self, what: What, limit_s: float = LIMIT_S) -> str:
        """Reads until `what` is on the screen and returns the screen's text. Fails with a picture of the screen
        when the limit has passed, or when the program has ended without showing it."""
        end_s = time.monotonic() + limit_s
        with self._seen:
            while not met(what, text := self.terminal.text):
                left_s = end_s - time.monotonic()
                if not self._reader.is_alive():
                    raise AssertionError(f"ended with {self.process.wait()}, never showed {what}:\n{self._picture()}")
                if left_s <= 0:
                    raise AssertionError(f"not within {limit_s:g} s: {what}\n{self._picture()}")
                self._seen.wait(left_s)
            return text

    # What a person does

    def keys(self, *names: str) -> None:
        """Types keys by name ('s', 'down', 'ctrl+c')."""
        for name in names:
            self.type(KEYS.get(name, name))

    def type(self, text: str) -> None:
        self.type_bytes(text.encode())

    def type_bytes(self, data: bytes) -> None:
        os.write(self._master, data)

    def resize(self, columns: int, rows: int) -> None:
        with self._seen:
            self.terminal.resize(columns, rows)
        self._set_size(columns, rows)

    def send_signal(self, number: int) -> None:
        self.process.send_signal(number)

    # How it ended

    def wait(self, limit_s: float = LIMIT_S) -> int:
        """Waits for the program's end and everything it wrote; the exit code, minus the signal's number if killed."""
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {limit_s:g} s:\n{self._picture()}") from None
        self._reader.join(limit_s)
        return code

    def assert_terminal_restored(self) -> None:
        left = self.terminal.unrestored()
        if termios.tcgetattr(self._master) != self._modes_before:
            left.append("raw mode")
        assert not left, f"the program left behind: {', '.join(left)}\n{self._picture()}"

    def _picture(self) -> str:
        """Of the screen, for a failure's message."""
        width = max((len(line) for line in self.terminal.lines), default=0)
        return "\n".join(f"|{line:{width}}|" for line in self.terminal.lines)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        before = b""
        """The last bytes read: a question may come in two pieces."""
        while True:
            watched = [self._wake_read, *([self._master, self._pidfd] if self._reads else [])]
            ready, _, _ = select.select(watched, [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 1)
                if self._hung_up:
                    return
                continue
            if self._master in ready:
                try:
                    data = os.read(self._master, 65536)
                except OSError:  # EIO: nobody holds the other end any more
                    data = b""
                if data:
                    if SYNCHRONIZED_OUTPUT_ASKED in before + data:
                        os.write(self._master, SYNCHRONIZED_OUTPUT_THERE)
                    with self._seen:
                        self.received += len(data)
                        if not self.only_counts:
                            self.terminal.feed(data)
                        asked = (before[1 - len(STATUS_ASKED) :] + data).count(STATUS_ASKED)
                        if self.answers:
                            os.write(self._master, STATUS_WELL * asked)
                        else:
                            self.unanswered += asked
                        self._seen.notify_all()
                    before = (before + data)[1 - len(SYNCHRONIZED_OUTPUT_ASKED) :]
                    continue
            if self._master in ready or self._pidfd in ready:
                break
        with self._seen:
            self.terminal.end()
            self._seen.notify_all()


def line_of(text: str, part: str) -> str:
    """The first line of a screen's text that contains `part`. Of what `wait_for` returned, it is the line of that
    moment: the screen itself may have gone on."""
    for line in text.splitlines():
        if part in line:
            return line
    raise AssertionError(f"no line with {part!r} on the screen:\n{text}")


def met(what: What, text: str) -> object:
    if isinstance(what, str):
        return what in text
    return what.search(text) if isinstance(what, re.Pattern) else what(text)


def _take_terminal() -> None:
    """In the new process, which leads a session: its standard input becomes the controlling terminal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
