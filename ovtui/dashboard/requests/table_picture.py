"""One frame of the request table as a grid of cells: title, column headings, rows, the newest first.

Each cell's style is an ink on a ground; `style_number` joins them, and the widget makes the styles in that order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ovtui.dashboard.drawing.cells import Cells
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.requests.request_columns import Placed, place_columns, texts_of
from ovtui.records.record import Flag, Records

GUTTER = 2
"""Cells at the left: the cursor and the bracket of a batch."""


class Ink(IntEnum):
    PLAIN = 0
    TITLE = 1
    DIM = 2
    ERROR = 3
    WARNING = 4

    @property
    def component(self) -> str:
        return f"request-table--{self.name.lower()}"


class Ground(IntEnum):
    """What lies behind a row. Neighbouring batches differ, so that the members of one are seen together."""

    NONE = 0
    EVEN = 1
    ODD = 2
    CURSOR = 3

    @property
    def component(self) -> str:
        return f"request-table--{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one frame."""

    records: Records
    """[n] newest first."""
    newer: int
    """batch_id of the record above the first row; 0 for none."""
    older: int
    """batch_id of the one below the last row."""
    cursor: int | None
    """The row to highlight."""
    decimals: int


def style_number(ink: Ink, ground: Ground) -> int:
    return ground * len(Ink) + ink


def draw(width: int, height: int, page: Page, title: tuple[str, str, str] | None, held: bool, glyphs: Glyphs) -> Cells:
    """`title`: name, mode and hint, or None where it does not stand; `held`: the mode is not the usual one."""
    cells = Cells(width, height)
    y = 0
    if title is not None:
        _draw_title(cells, title, held, glyphs)
        y = 1
    placed = place_columns(GUTTER, width)
    for place in placed:
        cells.put(place.x, y, place.align(place.heading), Ink.DIM)
    y += 1
    if not len(page.records):
        cells.put(GUTTER, y, "no requests yet", Ink.DIM)
        return cells
    _draw_rows(cells, y, page, placed, glyphs)
    return cells


def _draw_title(cells: Cells, title: tuple[str, str, str], held: bool, glyphs: Glyphs) -> None:
    name, mode, hint = (glyphs.text(part) for part in title)
    cells.put(0, 0, name, Ink.TITLE)
    x = len(name) + 2
    cells.put(x, 0, mode, Ink.WARNING if held else Ink.DIM)
    x += len(mode) + 2
    if hint and x + len(hint) <= cells.width:
        cells.put(cells.width - len(hint), 0, hint, Ink.DIM)


def _draw_rows(cells: Cells, first_y: int, page: Page, placed: list[Placed], glyphs: Glyphs) -> None:
    columns = texts_of(page.records, placed, page.decimals)
    batches = [page.newer, *page.records["batch_id"].tolist(), page.older]
    flags = page.records["flags"].tolist()
    state = next((place for place in placed if place.column.name == "state"), None)
    gap = " " * (placed[1].x - placed[0].x - placed[0].width) if len(placed) > 1 else ""
    for row, cell_texts in enumerate(zip(*columns, strict=True)):
        y = first_y + row
        if y >= cells.height:  # less than one row of room, as while a terminal is being resized
            return
        at_cursor = row == page.cursor
        ground = Ground.CURSOR if at_cursor else _ground(batches[row + 1])
        newer, batch, older = batches[row : row + 3]
        bracket = _bracket(newer, batch, older, glyphs)
        text = (glyphs.cursor if at_cursor else " ") + bracket + gap.join(cell_texts)
        if glyphs.name == "ascii":
            text = glyphs.text(text)
        cells.styles[y, :] = style_number(Ink.PLAIN, ground)
        cells.put(0, y, text, style_number(Ink.PLAIN, ground))
        if state is not None and flags[row]:
            ink = Ink.ERROR if flags[row] & Flag.ERROR else Ink.WARNING
            cells.styles[y, state.x :] = style_number(ink, ground)


def _ground(batch: int) -> Ground:
    if not batch:
        return Ground.NONE
    return Ground.ODD if batch % 2 else Ground.EVEN


def _bracket(newer: int, batch: int, older: int, glyphs: Glyphs) -> str:
    """Joins the rows of one batch."""
    above, below = bool(batch) and newer == batch, bool(batch) and older == batch
    if above:
        return glyphs.group[1] if below else glyphs.group[2]
    return glyphs.group[0] if below else " "


def newest_first(records: Records) -> Records:
    return np.ascontiguousarray(records[::-1])
