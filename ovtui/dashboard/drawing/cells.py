"""Grids of characters and styles, the difference of two grids, and their rows as strips for Textual.

Textual sends a refreshed region whole, regardless of what the terminal already shows. To send few bytes, a chart has to
name the regions that have changed."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from ovtui.dashboard.drawing.clean_lines import cell_text
from ovtui.dashboard.drawing.glyphs import SPACE, Codes


class ChartInk(IntEnum):
    """The styles of the latency charts; each has a component class in the stylesheet."""

    PLAIN = 0
    TITLE = 1
    DIM = 2
    MEDIAN = 3
    WORST = 4
    CLIPPED = 5
    MARK = 6
    CPU = 7
    STAND_IN = 8
    ACCELERATOR = 9
    SEVERAL = 10
    BESIDE = 11

    @property
    def component(self) -> str:
        return f"chart--{self.name.lower().replace('_', '-')}"


class CellGrid:
    """[height, width] characters, each with a style number; 0 is the plain style."""

    def __init__(self, width: int, height: int) -> None:
        self.codes = np.full((max(height, 0), max(width, 0)), SPACE, np.uint32)
        self.styles = np.zeros_like(self.codes, np.uint8)

    @property
    def width(self) -> int:
        return self.codes.shape[1]

    @property
    def height(self) -> int:
        return self.codes.shape[0]

    def put(self, x: int, y: int, text: str, style: int) -> None:
        """Writes `text` from column x of row y on, one cell per character, cut at the borders of the grid."""
        if not 0 <= y < self.height:
            return
        start, end = max(x, 0), min(x + len(text), self.width)
        if start < end:
            self.codes[y, start:end] = code_points(cell_text(text[start - x : end - x]))
            self.styles[y, start:end] = style

    def is_blank(self, x: int, y: int, length: int) -> bool:
        """True if `length` cells from column x of row y on are within the grid and empty."""
        inside = 0 <= y < self.height and x >= 0 and x + length <= self.width
        return inside and bool((self.codes[y, x : x + length] == SPACE).all())

    def text(self, y: int) -> str:
        return bytes(self.codes[y].astype("<u4")).decode("utf-32-le")

    def strip(self, y: int, styles: Sequence[Style], *, same_background: bool = False) -> Strip:
        """Row y; `styles`: the style of each style number.

        `same_background`: all styles have the same background, so that a space can take the style of the character
        before it. Each change of style costs 25-45 bytes on the wire, a space 1."""
        text = self.text(y)
        numbers = self.styles[y]
        if same_background and self.width:
            drawn = np.where(self.codes[y] == SPACE, 0, np.arange(self.width))
            numbers = numbers[np.maximum.accumulate(drawn)]
        starts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), self.width]
        runs = (Segment(text[a:b], styles[numbers[a]]) for a, b in pairwise(starts) if b > a)
        return Strip(runs, self.width)


def code_points(text: str) -> Codes:
    """[len(text)] code points, none of which is a control character."""
    text = text if text.isprintable() else cell_text(text)
    return np.frombuffer(text.encode("utf-32-le", "replace"), "<u4").astype(np.uint32)


def changed_regions(old: CellGrid, new: CellGrid) -> list[Region]:
    """The part of each row from its first to its last changed cell; adjacent rows with the same part form one region.

    Grids of different sizes differ everywhere."""
    if old.codes.shape != new.codes.shape:
        return [Region(0, 0, new.width, new.height)] if new.width and new.height else []
    changed = (old.codes != new.codes) | (old.styles != new.styles)
    regions: list[Region] = []
    for y in np.flatnonzero(changed.any(axis=1)).tolist():
        row = changed[y]
        x = int(row.argmax())
        width = new.width - x - int(row[::-1].argmax())
        above = regions[-1] if regions else None
        if above is not None and above.bottom == y and (above.x, above.width) == (x, width):
            regions[-1] = Region(x, above.y, width, above.height + 1)
        else:
            regions.append(Region(x, y, width, 1))
    return regions
