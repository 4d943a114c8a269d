"""A table as texts: what the list of a study draws, and what is copied of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ovtui.dashboard.drawing.text_fit import Piece, cut

_TAIL_LEAST = 12
"""Cells that the last column keeps, as long as another one can be left out for it."""


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    unit: str = ""
    drop_rank: int = 0
    """Where there is no room, the column of the highest rank goes first; 0 never goes."""
    left: bool = False
    """Aligned to the left."""


@dataclass(frozen=True, slots=True)
class RowText:
    cells: Sequence[str]
    """One for each column."""
    tail: str
    """What stands behind them, in the room that is left: words, which may be long."""
    style: str = ""
    """Of the whole row."""
    word: str = ""
    """The word with which `tail` begins that has a colour of its own."""
    word_style: str = ""
    fields: Sequence[str] = ()
    """The row for the clipboard and for files."""
    full: str = ""
    """What stands under the table where the row is cut."""


@dataclass(frozen=True, slots=True)
class TableText:
    columns: Sequence[Column]
    rows: Sequence[RowText]
    tail: str
    """Heading of what stands behind the columns."""
    headings: Sequence[str]
    """Of `RowText.fields`."""
    title: str
    empty: str
    """Said in the place of the rows where there is none."""


def fitting_columns(table: TableText, width: int) -> list[tuple[int, int]]:
    """Number and width of the columns for which `width` cells have room."""
    widths = [
        max(
            [cell_len(column.heading), cell_len(column.unit), *(cell_len(row.cells[number]) for row in table.rows)]
        )
        + 2
        for number, column in enumerate(table.columns)
    ]  # fmt: skip
    shown = list(range(len(table.columns)))
    while sum(widths[number] for number in shown) + _TAIL_LEAST > width:
        number = max(shown, key=lambda number: table.columns[number].drop_rank)
        if not table.columns[number].drop_rank:
            break
        shown.remove(number)
    return [(number, widths[number]) for number in shown]


def head_lines(table: TableText, columns: Sequence[tuple[int, int]]) -> list[list[Piece]]:
    lines: list[list[Piece]] = []
    for texts, tail in (
        ([column.heading for column in table.columns], table.tail),
        ([column.unit for column in table.columns], ""),
    ):
        if any(texts) or tail:
            lines.append([(" " + "".join(_cell(table, number, texts[number], w) for number, w in columns), "$dim")])
            lines[-1].append((tail, "$dim"))
    return lines


def row_pieces(table: TableText, index: int, columns: Sequence[tuple[int, int]]) -> list[Piece]:
    row = table.rows[index]
    cells = "".join(_cell(table, number, row.cells[number], width) for number, width in columns)
    rest = row.tail.removeprefix(row.word)
    return [(f" {cells}", row.style), (row.word, row.word_style), (rest, row.style)]


def _cell(table: TableText, number: int, text: str, width: int) -> str:
    text = cut(text, width - 2)
    padding = " " * (width - 2 - cell_len(text))
    return f"{text}{padding}  " if table.columns[number].left else f"{padding}{text}  "
