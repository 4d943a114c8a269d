"""The table of a fleet as lines for a terminal or a file, as wide as there is room."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics import number_format
from ovtui.metrics.fleet.table import COLUMNS, FleetColumn, FleetRow
from ovtui.settings.shown_text import padded, width_of

GAP = "  "
NAME_CELLS, CUT = 28, "…"
"""A longer name is cut in its middle: names of one fleet differ at their ends."""
_LEAST_KINDS = 2


def table_lines(rows: Sequence[FleetRow], width: int) -> list[str]:
    """A heading and a line for each row, of at most `width` cells down to 60; the boxes of each kind below its name
    where there are several kinds. Columns of which no row knows anything are left out, then those for which there is no
    room, in a fixed order."""
    columns, short = fitting_columns(rows, width)
    cells = {row.name: [cell_of(row, column, short=short) for column in columns] for row in rows}
    heads = [column.short if short else column.heading for column in columns]
    widths = [max([width_of(head), *(width_of(cells[row.name][at]) for row in rows)]) for at, head in enumerate(heads)]
    lines = [_line(heads, columns, widths)]
    kinds = list(dict.fromkeys(row.cells["kind"] for row in rows))
    before = ""
    for row in rows:
        kind = row.cells["kind"]
        if len(kinds) >= _LEAST_KINDS and kind != before:
            lines.append(cut_middle(f"{kind}:", width))
            before = kind
        lines.append(_line(cells[row.name], columns, widths))
    return lines


def fitting_columns(rows: Sequence[FleetRow], width: int) -> tuple[list[FleetColumn], bool]:
    """The columns that fit into so many cells, and whether in their short form. The kind is a heading, no column."""
    columns = [column for column in COLUMNS if column.key != "kind" and _tells(rows, column)]
    while True:
        for short in (False, True):
            if _width(rows, columns, short=short) <= width:
                return columns, short
        least = max(columns, key=lambda column: column.drop_rank)
        if not least.drop_rank:
            return columns, True
        columns.remove(least)


def cell_of(row: FleetRow, column: FleetColumn, *, short: bool = False) -> str:
    text = (row.short if short else row.cells)[column.key]
    return cut_middle(text, NAME_CELLS) if column.key in ("box", "device") else text


def cut_middle(text: str, cells: int) -> str:
    """Its begin and its end, where it is wider than so many cells."""
    if width_of(text) <= cells:
        return text
    first = last = ""
    for number in range(len(text)):
        mine = text[number // 2] if number % 2 == 0 else text[-1 - number // 2]
        if width_of(first) + width_of(last) + width_of(mine) + 1 > cells:
            break
        first, last = (first + mine, last) if number % 2 == 0 else (first, mine + last)
    return f"{first}{CUT}{last}"


def _tells(rows: Sequence[FleetRow], column: FleetColumn) -> bool:
    """Whether any row knows it; those that never go are there all the same, but the mark of odd ones."""
    if column.drop_rank == 0 and column.key != "odd":
        return True
    return any(row.cells[column.key] not in ("", number_format.UNKNOWN) for row in rows)


def _width(rows: Sequence[FleetRow], columns: Sequence[FleetColumn], *, short: bool) -> int:
    widths = [
        max(
            [
                width_of(column.short if short else column.heading),
                *(width_of(cell_of(row, column, short=short)) for row in rows),
            ]
        )
        for column in columns
    ]
    return sum(widths) + len(GAP) * (len(columns) - 1)


def _line(cells: Sequence[str], columns: Sequence[FleetColumn], widths: Sequence[int]) -> str:
    parts = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        parts.append(padded(cell, width) if column.left else " " * (width - width_of(cell)) + cell)
    return GAP.join(parts).rstrip()
