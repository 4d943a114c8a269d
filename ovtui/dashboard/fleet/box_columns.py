"""The columns of the fleet's table on the screen: how wide they are, which of them fit, which letter sorts by each.
What they are called and what stands in them is that of the printed table (metrics/fleet/table.py)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from ovtui.dashboard.drawing.text_fit import cut, cut_middle, fitting_milliseconds
from ovtui.metrics.fleet.table import COLUMN, COLUMNS, FleetRow, Key

_WIDTHS: dict[Key, int] = {
    "kind": 26, "phase": 15, "device": 9, "rate": 10, "p50": 10, "p99": 10, "handover": 11, "batch": 9, "errors": 8,
    "temperature": 6,
}  # fmt: skip
"""With the gap after it; so wide that a column does not jump."""
_NARROW: dict[Key, int] = {"phase": 13, "rate": 9, "p50": 9, "p99": 9, "errors": 6, "device": 8}
"""Where columns would have to go otherwise."""
LETTERS: dict[Key, str] = {
    "box": "b", "kind": "k", "phase": "h", "device": "d", "rate": "r", "p50": "5", "p99": "9", "handover": "o",
    "batch": "a", "errors": "e", "temperature": "t", "odd": "x",
}  # fmt: skip
_LATENCIES: tuple[Key, ...] = ("p50", "p99")
_NAME_LEAST, _NAME_MOST = 8, 32
_LAST_LEAST, _LAST_ENOUGH = 12, 20
MARK_CELLS = 3
ASCENDING: tuple[Key, ...] = ("box", "kind", "phase", "device")
"""Columns of words: the first of the alphabet comes first, of the others the greatest."""
Widths = dict[Key, int]
"""Of the columns that are shown, in their order. The last one, which tells what differs and why, takes the rest."""


def fitting_widths(width: int, names: Sequence[str], *, kinds: bool) -> Widths:
    """The columns for which `width` cells have room; `names`: of all boxes; `kinds`: with the column of the kind."""
    longest = max(map(cell_len, names), default=0) + 2
    shown: Widths = {c.key: _WIDTHS.get(c.key, 0) for c in COLUMNS if kinds or c.key != "kind"}
    shown["box"] = min(max(longest, _NAME_LEAST), _NAME_MOST)

    def room() -> int:
        return width - MARK_CELLS - 2 - sum(shown.values())

    if room() < _LAST_ENOUGH:
        shown |= {key: size for key, size in _NARROW.items() if key in shown}
    while room() < _LAST_LEAST:
        key = max(shown, key=lambda key: COLUMN[key].drop_rank)
        if not COLUMN[key].drop_rank:
            break
        del shown[key]
    shown["box"] = max(shown["box"] - max(_LAST_LEAST - room(), 0), _NAME_LEAST)
    shown["odd"] = max(room(), 0)
    return shown


def heading(key: Key, width: int) -> str:
    column = COLUMN[key]
    return cell(key, column.heading if cell_len(column.heading) <= width - 2 else column.short, width)


def text_of(row: FleetRow, key: Key, width: int) -> str:
    """Its long form, or the short one where that does not fit; a latency of many seconds without decimals."""
    if cell_len(row.cells[key]) <= width - 2:
        return row.cells[key]
    value = row.values[key]
    return (
        fitting_milliseconds(value, width - 2, 0) if key in _LATENCIES and isinstance(value, float) else row.short[key]
    )


def cell(key: Key, text: str, width: int) -> str:
    """A text in a column of so many cells, with the gap after it."""
    room = max(width - 2, 0)
    text = cut_middle(text, room) if key in ("box", "kind") else cut(text, room)
    padding = " " * (room - cell_len(text))
    return f"{text}{padding}  " if COLUMN[key].left else f"{padding}{text}  "
