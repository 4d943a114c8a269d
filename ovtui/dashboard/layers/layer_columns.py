"""The columns of the tables of layers: which fit, what stands in them, how a share is drawn as a bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len

from ovtui.dashboard.drawing.text_fit import cut, cut_middle, one_line
from ovtui.metrics import number_format
from ovtui.metrics.layers.table import LayerRow

NAME_LEAST = 18
_NAME_ENOUGH = 28
"""Cells that a name has before other columns grow."""
_NAME_MOST = 90
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    unit: str
    width: int
    """With the gap after it."""
    drop_rank: int = 0
    """Where there is no room, the column of the highest rank goes first; 0 never goes."""
    left: bool = False
    grows: int = 0
    """By so many cells at most, where there is room."""


COLUMNS = {
    "order": Column("", "#", 7, 5),
    "type": Column("type", "", 14, 1, left=True, grows=10),
    "exec": Column("exec type", "", 20, 4, left=True, grows=16),
    "precision": Column("preci-", "sion", 8, 3, left=True),
    "median": Column("median", "ms", 9),
    "p95": Column("p95", "ms", 9, 2),
    "share": Column("share", "%", 7),
    "bar": Column("", "", 8, left=True, grows=6),
    "cumulative": Column("cumul.", "%", 8),
}
PAIR_COLUMNS = {
    "type": Column("type", "", 14, 2, left=True, grows=10),
    "a": Column("", "ms", 9),
    "a-bar": Column("", "", 8, 3, left=True, grows=6),
    "b": Column("", "ms", 9),
    "b-bar": Column("", "", 8, 3, left=True, grows=6),
    "ratio": Column("", "", 14),
    "layers": Column("layers", "", 10, 1),
}
"""Of two devices beside each other."""
NAME = "name"
Widths = dict[str, int]
"""Of the columns that are shown, by name, in their order; and of the layer's name, which is not among COLUMNS."""


def fitting_widths(columns: Mapping[str, Column], width: int) -> Widths:
    """The columns for which `width` cells have room beside the layer's name."""
    shown = {name: column.width for name, column in columns.items()}
    while (room := width - 3 - sum(shown.values())) < NAME_LEAST:
        dropped = max(shown, key=lambda name: columns[name].drop_rank)
        if not columns[dropped].drop_rank:
            break
        del shown[dropped]
    for name in shown:
        grown = min(columns[name].grows, max(room - _NAME_ENOUGH, 0))
        shown[name] += grown
        room -= grown
    return {NAME: min(max(room, 0), _NAME_MOST), **shown}


def name_cell(name: str, width: int) -> str:
    """Both ends of a long name are kept: layers of one block differ there."""
    text = cut_middle(one_line(name), max(width - 2, 0))
    return text + " " * (width - cell_len(text))


def cell(column: Column, text: str, width: int) -> str:
    text = cut(text, width - 2)
    padding = " " * (width - 2 - cell_len(text))
    return f"{text}{padding}  " if column.left else f"{padding}{text}  "


def ink(device: str) -> str:
    """The colour of its bars."""
    return "$cpu" if device.startswith("CPU") else "$accelerator"


def cell_text(name: str, row: LayerRow) -> str:
    """Of all columns but the bar."""
    layer = row.layer
    match name:
        case "order":
            return f"{layer.order}"
        case "type":
            return one_line(layer.type)
        case "exec":
            return one_line(layer.exec_type)
        case "precision":
            return one_line(layer.precision)
        case "median":
            return number_format.layer_milliseconds(layer.median_us)
        case "p95":
            return number_format.layer_milliseconds(layer.p95_us)
        case "share":
            return share_text(row.share)
    return share_text(row.cumulative)


def share_text(share: float | None) -> str:
    """Without its unit."""
    return number_format.share(share).removesuffix(" %")


def bar(share: float | None, largest: float, cells: int) -> str:
    """As long as its share of the largest one, which fills all cells; to an eighth of a cell."""
    eighths = round(8 * cells * (share or 0.0) / largest) if largest > 0 else 0
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()
