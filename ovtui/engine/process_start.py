"""What a process of the engine's kind does first: it ends with the process that started it, and keeps its answer apart
from what OpenVINO prints."""

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


def ignore_interrupts() -> None:
    """ctrl+c in the terminal is for the client."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def answer_pipe() -> int:
    """The descriptor of stdout, for the answer of a process that is asked one question. Whatever OpenVINO or a driver
    prints from now on goes to stderr."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe
