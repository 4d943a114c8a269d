"""One frame of the request table as a grid of cells: title, column headings, and rows, the newest first.

The style of a cell combines an ink (text colour) and a ground (background of the row); `style_index` numbers the
combinations, and the widget makes its list of styles in that order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.requests.request_columns import PlacedColumn, place_columns, table_texts
from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.record import Flag, Records

GUTTER_WIDTH = 2
"""Cells at the left edge, for the cursor and the bracket of a batch."""


_QUIET = Flag.LEFT_OUT | Flag.OVERTAKEN
"""What is told of a request without being amiss."""


class TableInk(IntEnum):
    PLAIN = 0
    TITLE = 1
    DIM = 2
    ERROR = 3
    WARNING = 4

    @property
    def component(self) -> str:
        return f"request-table--{self.name.lower()}"


class RowGround(IntEnum):
    """The background of a row. Neighbouring batches differ, so that the members of each stand out as a group."""

    NONE = 0
    EVEN = 1
    ODD = 2
    CURSOR = 3

    @property
    def component(self) -> str:
        return f"request-table--{self.name.lower()}"


@dataclass(frozen=True, slots=True)
class TablePage:
    """The rows of one frame."""

    records: Records
    """[n] newest first."""
    newer: int
    """batch_id of the record above the first row; 0: none."""
    older: int
    """batch_id of the record below the last row; 0: none."""
    cursor: int | None
    """The row to highlight."""
    decimals: int
    sorted_by: str = ""
    """The name of the column; empty in the order of completion."""
    least_first: bool = False
    nothing: str = "no requests yet"
    """Said where there are no rows."""


def style_index(ink: TableInk, ground: RowGround) -> int:
    return ground * len(TableInk) + ink


def draw_table(
    width: int, height: int, page: TablePage, title: tuple[str, str, str] | None, held: bool, glyphs: Glyphs,
    shapes: DataShapes = NO_DATA_SHAPES,
) -> CellGrid:  # fmt: skip
    """`title`: name, mode and hint, or None without a title row; `held`: the table does not follow, so the mode is
    highlighted."""
    cells = CellGrid(width, height)
    y = 0
    if title is not None:
        _draw_title(cells, title, held, glyphs)
        y = 1
    placed = place_columns(GUTTER_WIDTH, width, shapes, page.sorted_by)
    for place in placed:
        sorted_by = place.column.name == page.sorted_by
        ink = TableInk.TITLE if sorted_by else TableInk.DIM
        cells.put(place.x, y, place.align(place.heading), ink)
        if sorted_by:
            mark = glyphs.text("▲" if page.least_first else "▼")
            free = place.width - len(place.heading)
            if place.column.left:
                at = place.x + len(place.heading) if free > 0 else place.x - 1
            else:
                at = place.x + max(free, 0) - 1
            cells.put(at, y, mark, ink)
    y += 1
    if not len(page.records):
        cells.put(GUTTER_WIDTH, y, glyphs.text(page.nothing)[: max(width - GUTTER_WIDTH, 0)], TableInk.DIM)
        return cells
    _draw_rows(cells, y, page, placed, glyphs)
    return cells


def _draw_title(cells: CellGrid, title: tuple[str, str, str], held: bool, glyphs: Glyphs) -> None:
    name, mode, hint = (glyphs.text(part) for part in title)
    cells.put(0, 0, name, TableInk.TITLE)
    x = len(name) + 2
    cells.put(x, 0, mode, TableInk.WARNING if held else TableInk.DIM)
    x += len(mode) + 2
    if hint and x + len(hint) <= cells.width:
        cells.put(cells.width - len(hint), 0, hint, TableInk.DIM)


def _draw_rows(cells: CellGrid, first_y: int, page: TablePage, placed: list[PlacedColumn], glyphs: Glyphs) -> None:
    columns = table_texts(page.records, placed, page.decimals)
    batches = [page.newer, *page.records["batch_id"].tolist(), page.older]
    flags = page.records["flags"].tolist()
    state = next((at for at, place in enumerate(placed) if place.column.name == "state"), None)
    gap = " " * (placed[1].x - placed[0].x - placed[0].width) if len(placed) > 1 else ""
    for row, cell_texts in enumerate(zip(*columns, strict=True)):
        y = first_y + row
        if y >= cells.height:  # a terminal that is being resized may have no row left
            return
        at_cursor = row == page.cursor
        ground = RowGround.CURSOR if at_cursor else _ground(batches[row + 1])
        newer, batch, older = batches[row : row + 3]
        bracket = _bracket(newer, batch, older, glyphs)
        text = (glyphs.cursor if at_cursor else " ") + bracket + gap.join(cell_texts)
        if glyphs.name == "ascii":
            text = glyphs.text(text)
        cells.styles[y, :] = style_index(TableInk.PLAIN, ground)
        cells.put(0, y, text, style_index(TableInk.PLAIN, ground))
        if state is not None and cell_texts[state].strip():  # not each flag has a word
            cells.styles[y, placed[state].x :] = style_index(_state_ink(flags[row]), ground)


def _state_ink(flags: int) -> TableInk:
    if flags & Flag.ERROR:
        return TableInk.ERROR
    return TableInk.WARNING if flags & ~_QUIET else TableInk.DIM


def _ground(batch: int) -> RowGround:
    if not batch:
        return RowGround.NONE
    return RowGround.ODD if batch % 2 else RowGround.EVEN


def _bracket(newer: int, batch: int, older: int, glyphs: Glyphs) -> str:
    """The piece of the bracket that joins the rows of one batch."""
    above, below = bool(batch) and newer == batch, bool(batch) and older == batch
    if above:
        return glyphs.group[1] if below else glyphs.group[2]
    return glyphs.group[0] if below else " "


def newest_first(records: Records) -> Records:
    return np.ascontiguousarray(records[::-1])
