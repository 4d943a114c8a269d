"""Gives freed memory back to the system: the C library keeps what arrays on the way have left between other things.

Without it a view that was worked with for six minutes kept 40 MB of a heap of which half was free."""

from __future__ import annotations

import ctypes
import time

TRIM_S = 20.0
"""A trim takes some milliseconds for a heap of 40 MB."""


class HeapTrimmer:
    """Owner: the app. Does nothing where the C library has no malloc_trim, as in musl."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._due_s = time.monotonic() + TRIM_S

    def trim_if_due(self) -> None:
        now_s = time.monotonic()
        if self._trim is not None and now_s >= self._due_s:
            self._due_s = now_s + TRIM_S
            self._trim(0)
