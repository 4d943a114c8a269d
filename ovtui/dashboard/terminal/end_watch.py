"""The signals that end the dashboard, noticed by a thread: whatever the app waits for, it ends in time."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
END_S = 4.0
"""From a signal, or from a crash, to the end of the screen. It takes some 0.1 s, and 0.6 s on a terminal that does not
read; a second more on a busy machine. Beyond this it hangs."""
_CLOSE, _CRASH, _CTRL_C_IS_OURS = 0, 255, 254
"""Bytes in the pipe that are no signal's number."""


class EndWatch:
    """While it is entered, the three signals are its own. Enter and leave in the main thread.

    The interpreter's C handler writes the number of each signal into a pipe at once, whatever the main thread does; a
    Python handler would wait until that thread comes back from a write or from a library."""

    def __init__(self, on_signal: Callable[[int], object], give_up: Callable[[int], object]) -> None:
        """On the watch's thread: `on_signal` asks the app to end; `give_up` ends the process by force because it has
        not. Both get the signal's number, `give_up` 0 after a crash."""
        self.signal = 0
        """The first signal that came."""
        self._ctrl_c_is_others = False
        self._on_signal, self._give_up = on_signal, give_up
        self._end_s: float | None = None
        self._pipe = (-1, -1)
        self._before: dict[int, Any] = {}
        self._wakeup_before = -1
        self._thread = threading.Thread(target=self._watch, name="end-watch", daemon=True)

    def __enter__(self) -> Self:
        self._pipe = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._wakeup_before = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number != signal.SIGHUP or before is not signal.SIG_IGN:  # nohup
                self._before[number] = before
                signal.signal(number, _noted)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._write(_CLOSE)
        self._thread.join()
        pipe, self._pipe = self._pipe, (-1, -1)
        for fd in pipe:
            os.close(fd)

    def leave_ctrl_c_to_others(self) -> None:
        """Another program has the terminal: the SIGINT of ctrl+c, which all of its group get, is that program's."""
        self._ctrl_c_is_others = True

    def take_ctrl_c_back(self) -> None:
        """That program has ended. Goes through the pipe: the SIGINT that ended it may still stand there, unread."""
        self._write(_CTRL_C_IS_OURS)

    def expect_end(self) -> None:
        """The app has crashed and is about to end."""
        self._write(_CRASH)

    def _write(self, number: int) -> None:
        if self._pipe[1] < 0:
            return  # the watch is over
        with contextlib.suppress(BlockingIOError):
            os.write(self._pipe[1], bytes([number]))

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._pipe[0], select.POLLIN)
        while True:
            left_s = None if self._end_s is None else self._end_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                self._give_up(self.signal)
                return
            if not poll.poll(None if left_s is None else left_s * 1000):
                continue
            for number in os.read(self._pipe[0], 256):
                if number == _CLOSE:
                    return
                self._note(number)

    def _note(self, number: int) -> None:
        if number == _CTRL_C_IS_OURS:
            self._ctrl_c_is_others = False
        if number not in (*SIGNALS, _CRASH) or (number == signal.SIGINT and self._ctrl_c_is_others):
            return  # a resize, ctrl+z: the app's own
        if self._end_s is None:
            self._end_s = time.monotonic() + END_S
        if number != _CRASH and not self.signal:
            self.signal = number
            self._on_signal(number)


def _noted(number: int, frame: FrameType | None) -> None:
    """Python's handler, without which the default would end the process."""
