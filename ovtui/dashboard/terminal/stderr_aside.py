"""stderr while the screen is up, where both are the same terminal: what a library or Python writes there is kept, and
written once the screen is gone."""

from __future__ import annotations

import contextlib
import os
import select

from ovtui.terminal.open_terminal import is_same_terminal

_STDOUT, _STDERR = 1, 2
MAX_KEPT_BYTES = 1 << 16
"""The end of it is what is shown."""


class StderrAside:
    """Owner: the main thread. Descriptor 2 is a file in memory between `begin` and `end`."""

    def __init__(self) -> None:
        self._before = self._kept = -1

    def begin(self) -> None:
        if not is_same_terminal(_STDERR, _STDOUT):
            return
        self._before = os.dup(_STDERR)
        self._kept = os.memfd_create("stderr", os.MFD_CLOEXEC)
        os.dup2(self._kept, _STDERR, inheritable=True)

    def end(self) -> bytes:
        """What was written meanwhile."""
        if self._before < 0:
            return b""
        os.dup2(self._before, _STDERR, inheritable=True)
        os.close(self._before)
        size = os.fstat(self._kept).st_size
        text = os.pread(self._kept, MAX_KEPT_BYTES, max(size - MAX_KEPT_BYTES, 0))
        os.close(self._kept)
        self._before = self._kept = -1
        return text


def write_to_stderr(text: str) -> None:
    """What Python writes to sys.stderr under the screen; dropped where that would have to be waited for."""
    with contextlib.suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(_STDERR, select.POLLOUT)
        if poll.poll(0):
            os.write(_STDERR, text.encode("utf-8", "backslashreplace")[: select.PIPE_BUF])
