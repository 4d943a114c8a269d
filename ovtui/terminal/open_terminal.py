"""A terminal opened once more, for output that waits for nothing."""

from __future__ import annotations

import os
import stat

_CONTROLLING_TERMINAL = os.makedev(5, 0)
"""/dev/tty, which is whatever terminal the process has."""


def open_for_output(fd: int) -> int | None:
    """A non-blocking descriptor of the same terminal; the caller closes it. None where it cannot be opened again.

    The mode belongs to what was opened, which the descriptors 0 to 2 share with the shell: on these, O_NONBLOCK would
    stay behind. The link in /proc works also where the terminal has no name in this container."""
    for path in (f"/proc/self/fd/{fd}", f"/dev/fd/{fd}"):
        try:
            return os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
    return None


def is_same_terminal(fd: int, other: int) -> bool:
    """True where what is written to one descriptor appears on the terminal of the other."""
    try:
        if not (os.isatty(fd) and os.isatty(other)):
            return False
        first, second = os.fstat(fd), os.fstat(other)
    except OSError:
        return False
    if not (stat.S_ISCHR(first.st_mode) and stat.S_ISCHR(second.st_mode)):
        return False
    return first.st_rdev == second.st_rdev or _CONTROLLING_TERMINAL in (first.st_rdev, second.st_rdev)
