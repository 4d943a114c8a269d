"""What a process of the engine's kind does first: it leaves interrupts to the client, and keeps its answer apart from
what OpenVINO prints. That it ends with the process that started it: records.parent_death."""

from __future__ import annotations

import os
import signal


def ignore_interrupts() -> None:
    """ctrl+c in the terminal is for the client."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def answer_pipe() -> int:
    """The descriptor of stdout, for the answer of a process that is asked one question. Whatever OpenVINO or a driver
    prints from now on goes to stderr."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return pipe
