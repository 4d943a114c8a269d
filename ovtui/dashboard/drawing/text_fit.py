"""Text in a given number of terminal cells: cleaned, cut, spread over the width, in the longest form that fits."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from ovtui.metrics import number_format
from ovtui.settings.shown_text import shown

Piece = tuple[str, str]
"""A text and its style."""


def one_line(text: str) -> str:
    """The text on one line, as `shown`: names and reasons from files and drivers may contain anything."""
    return shown(" ".join(text.split()))


def cut(text: str, width: int) -> str:
    """At most `width` cells, with … at the end of a text that was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…" if width > 0 else ""


def cut_middle(text: str, width: int) -> str:
    """At most `width` cells. A long name keeps both ends, because models of one family differ there."""
    if cell_len(text) <= width or width < 5:
        return cut(text, width)
    tail = (width - 1) // 2
    while cell_len(text[-tail:]) > (width - 1) // 2:
        tail -= 1
    return set_cell_size(text, width - 1 - cell_len(text[-tail:])) + "…" + text[-tail:]


def line_of(pieces: Sequence[Piece]) -> Content:
    return Content.assemble(*pieces)


def width_of(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def spread(left: Sequence[Piece], right: Sequence[Piece], width: int) -> Content:
    """One line with `left` at the left and `right` at the right edge; where both do not fit, `left` is cut."""
    gap = width - width_of(left) - width_of(right)
    if gap >= 0:
        return line_of([*left, (" " * gap, ""), *right])
    room = width - width_of(right) - 1
    if room < 8:
        return line_of(left).truncate(width, ellipsis=True)
    return Content.assemble(line_of(left).truncate(room, ellipsis=True), " ", line_of(right))


def first_that_fits(forms: Sequence[Sequence[Piece]], width: int) -> list[Piece]:
    """The first of `forms`, which are ordered from the longest to the shortest, that fits; the last one if none
    does."""
    for form in forms:
        if width_of(form) <= width:
            return list(form)
    return list(forms[-1])


def fitting_milliseconds(value_ms: float | None, width: int, decimals: int) -> str:
    """`decimals` decimals, or as many as fit into `width` cells; '–' for None."""
    for digits in range(decimals, -1, -1):
        text = number_format.milliseconds(value_ms, digits)
        if len(text) <= width:
            break
    return text
