"""Gives memory back that is of no use any more: Textual's caches of past frames, and what the C library keeps of it.

Textual keys some caches by the object that is asked: `StylesCache.get_inner_outer` holds the lines of up to 1,024
widgets that are long gone (10 MB, filled in the course of some minutes of opening and closing panes), and those of
regions, styles and split texts take as much again until they are full. Without malloc_trim a view that was worked with
for six minutes kept 40 MB of a heap of which half was free."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterable

from rich import cells
from rich.segment import Segment
from textual._styles_cache import StylesCache
from textual.css.scalar import Scalar
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip

TRIM_S = 20.0
"""A trim takes some milliseconds for a heap of 40 MB; the caches are filled again within a few frames."""


def frame_caches() -> Iterable[object]:
    """Textual's and rich's functions with a cache whose keys change with widgets, sizes and figures."""
    yield StylesCache.get_inner_outer
    yield from vars(Region).values()
    yield from (Strip.render_ansi, Segment._split_cells, Scalar.resolve)
    yield from (ANSIToTruecolor.truecolor_style, cells.cached_cell_len)


class HeapTrimmer:
    """Owner: the app. The heap stays as it is where the C library has no malloc_trim, as in musl."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._due_s = time.monotonic() + TRIM_S

    def trim_if_due(self) -> None:
        now_s = time.monotonic()
        if now_s < self._due_s:
            return
        self._due_s = now_s + TRIM_S
        for cached in frame_caches():
            clear = getattr(cached, "cache_clear", None)
            if clear is not None:
                clear()
        if self._trim is not None:
            self._trim(0)
