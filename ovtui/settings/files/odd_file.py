"""What is no file of settings: opening a pipe would wait for a writer for good, and a device has no end."""

from __future__ import annotations

import stat
from pathlib import Path

MOST_BYTES = 1 << 20


def why_unreadable(path: Path) -> str:
    """Why the path is not read, as a phrase; empty for a file of a reasonable size, and for what is not there: that is
    told by whoever opens it."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return ""
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        return "a pipe or a device, not a file"
    if found.st_size > MOST_BYTES:
        return f"{found.st_size:,} bytes; a file of settings has at most {MOST_BYTES:,}"
    return ""
