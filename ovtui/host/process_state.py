"""What another process does at present, as the kernel tells in /proc."""

from __future__ import annotations

import os
from pathlib import Path

STOPPED = ("T", "t")
"""States of a process that is stopped: by SIGSTOP, by a debugger."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_CPU_FIELDS = (11, 12)
"""User and system time, counted from the state."""


def process_state(pid: int) -> tuple[str, float]:
    """The state of a process as /proc/PID/stat has it ('R', 'S', 'D', 'T', ...), and its CPU seconds; an empty state
    where it is gone, or is another container's."""
    try:
        # The name of the program, in parentheses, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return fields[0], sum(int(fields[at]) for at in _CPU_FIELDS) / _TICKS_PER_S
    except (OSError, ValueError, IndexError):
        return "", 0.0


def is_stopped(pid: int) -> bool:
    """False where that cannot be told."""
    return process_state(pid)[0] in STOPPED
