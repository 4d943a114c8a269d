"""Exit codes, in one table."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    FINE = 0
    FAILED = 1
    USAGE = 2
    LIMIT_MISSED = 3
    UNUSABLE = 4
    """The model or the device cannot be used."""
    INTERRUPTED = 130
