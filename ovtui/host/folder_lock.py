"""Which of several processes works in a folder: the one that holds its lock."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

LOCK = "lock"


def lock_folder(folder: Path) -> int:
    """A descriptor that holds the lock until it is closed; the kernel gives it up when the process is killed. Raises
    BlockingIOError where another process holds it, and OSError where the folder cannot be written to or has no
    locks."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
