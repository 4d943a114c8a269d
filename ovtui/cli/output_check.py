"""Whether a file that is written at the end can be written, asked before anything is measured."""

from __future__ import annotations

import os
from pathlib import Path


def why_not(path: Path) -> str:
    """The reason in a few words; empty where it can be written. Nothing is left behind and nothing changed."""
    if path.is_dir():
        return "that is a folder; name a file"
    if path.exists() and not path.is_file():
        return ""  # a pipe or a device: to open it now would be the end of it for who reads
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    try:
        # Rights alone tell too little: root has all of them on a disk that is full, or in /proc.
        if path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
        else:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            path.unlink()
    except OSError as error:
        return f"it cannot be written ({error.strerror})"
    return ""
