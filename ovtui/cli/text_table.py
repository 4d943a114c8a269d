"""Tables of plain text on stdout."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.cli.terminal_text import print_line
from ovtui.settings.shown_text import padded, shown, width_of


def table_lines(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """Cleaned, in columns as wide as what is in them; the last one is not filled up. All rows have as many cells."""
    cells = [[shown(text) for text in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    return [
        (indent + "  ".join(padded(text, width) for text, width in zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """With its headings; nothing where there is no row."""
    for line in table_lines([heads, *rows]) if rows else []:
        print_line(line)
