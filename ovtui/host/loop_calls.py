"""Calls that other threads and signal handlers have the host's loop make."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable

_READ_BYTES = 1 << 16


class LoopCalls:
    """Owner: the server's loop; `add` may be called on any thread and by signal handlers."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()
        self._read_fd, self._wake_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._wake_fd, warn_on_full_buffer=False)

    def fileno(self) -> int:
        """Readable when there are calls to make, or a signal has come."""
        return self._read_fd

    def add(self, call: Callable[[], None]) -> None:
        """Has the loop's thread make a call, in the order of arrival. Does not wait."""
        self._calls.append(call)
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_fd, b"\0")

    def make(self) -> None:
        """On the loop's thread."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_fd, _READ_BYTES)
        while self._calls:
            self._calls.popleft()()
