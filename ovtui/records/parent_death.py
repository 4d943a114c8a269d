"""A process of the session's own ends with the one that started it, also where that is killed."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int | None = None) -> None:
    """From now on the kernel kills this process when the thread that started it ends, and so when its process does.

    `parent_pid`: the parent's process id where it is known; a parent that has died before the call sends no signal, so
    then this process exits at once."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent_pid is not None and os.getppid() != parent_pid:
        os._exit(1)
