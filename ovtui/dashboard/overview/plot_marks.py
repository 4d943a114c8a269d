"""The marks of the latency charts: their numbers, which they keep, and the legend that says what each one is."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import EventMark
from ovtui.records import device_codes
from ovtui.records.arrays import Floats

_GAP = 2
"""Cells between two entries of the legend."""
_ELSEWHERE = "earlier (e)"
"""Of marks without room in the legend: the history of events has them all; its key by default."""
_MIN_TEXT_CELLS = 8
"""A text is not cut to less; what else is in its row goes first."""
_IN_SECONDS_BELOW = 60.0


@dataclass(frozen=True, slots=True)
class NumberedMark:
    number: int
    """From 1 on; '①' in the charts, where the glyphs have it."""
    mark: EventMark

    @property
    def t_s(self) -> float:
        return self.mark.t_ns / 1e9

    @property
    def text(self) -> str:
        """When and what, without the number: '3.92 s GPU.0 takes over'."""
        return f"{moment_text(self.t_s)} {mark_text(self.mark)}"


class MarkNumbers:
    """Gives each mark the next number when it is seen first; it keeps it for the life of the dashboard, also while a
    replay goes back before it. Owner: the overview."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, str, int], int] = {}
        """By moment, kind, and place among those of the same moment and kind: the text of a disturbance that lasts
        changes with its percentage."""
        self._of: tuple[object, ...] = ()
        self._found: list[NumberedMark] = []

    def of(self, *lists: Sequence[EventMark]) -> list[NumberedMark]:
        """The marks of all lists, by time. A list is replaced, or marks are added to it: nothing is done while neither
        has happened."""
        of = tuple((marks, len(marks), marks[-1] if marks else None) for marks in lists)
        if of != self._of:
            self._of = of
            marks = sorted((mark for marks in lists for mark in marks), key=lambda mark: mark.t_ns)
            self._found = [NumberedMark(self._number(key), mark) for key, mark in _with_keys(marks)]
        return self._found

    def _number(self, key: tuple[int, str, int]) -> int:
        return self._numbers.setdefault(key, len(self._numbers) + 1)


def _with_keys(marks: Sequence[EventMark]) -> Iterator[tuple[tuple[int, str, int], EventMark]]:
    seen: Counter[tuple[int, str]] = Counter()
    for mark in marks:
        same = (mark.t_ns, mark.kind)
        yield (*same, seen[same]), mark
        seen[same] += 1


def within(marks: Sequence[NumberedMark], first_s: float, last_s: float) -> Sequence[NumberedMark]:
    """Of marks by time, those from `first_s` to before `last_s`, on the session's clock."""
    begin = bisect_left(marks, first_s, key=lambda mark: mark.t_s)
    return marks[begin : bisect_left(marks, last_s, lo=begin, key=lambda mark: mark.t_s)]


def mark_cells(edges_s: Floats, marks: Iterable[NumberedMark], cells: int) -> list[tuple[int, NumberedMark]]:
    """The marks within the columns with these borders, each with its cell from the left, in the order of `marks`."""
    if len(edges_s) < 2 or cells <= 0:
        return []
    first_s, last_s = float(edges_s[0]), float(edges_s[-1])
    found = []
    for mark in marks:
        if first_s <= mark.t_s < last_s:
            found.append((min(math.floor((mark.t_s - first_s) / (last_s - first_s) * cells), cells - 1), mark))
    return found


def moment_text(t_s: float) -> str:
    """'3.92 s' in the first minute, when a start is looked at; then the session's clock, '02:14'."""
    return number_format.seconds(t_s) if 0 <= t_s < _IN_SECONDS_BELOW else number_format.elapsed(t_s)


def mark_text(mark: EventMark) -> str:
    """What happened, whole: 'GPU.0 takes over', 'timeout 1000→100', 'engine died: SIGKILL'."""
    text = one_line(mark.text)
    if mark.kind == "handover":
        devices = text.split(",")
        if len(devices) > 1:
            return f"one of {', '.join(devices)} serves"
        return "CPU stands in" if text == device_codes.STAND_IN_NAME else f"{text} takes over".strip()
    if mark.kind == "died":
        return f"engine died: {text}" if text else "engine died"
    if mark.kind == "restarted":
        return "engine restarted"
    if mark.kind == "other-load" and text:
        return f"{text} of the cores"
    return text or mark.kind


def legend_entry(mark: NumberedMark, glyphs: Glyphs) -> tuple[str, str]:
    """The number as the charts have it, and the text; digits stand in brackets, apart from the moment behind them."""
    number = glyphs.number(mark.number)
    return (f"[{number}]" if number.isdecimal() and number.isascii() else number), glyphs.text(mark.text)


Entry = tuple[str, str]
"""The number and the text of an entry; a note has no number."""


def legend_rows(marks: Sequence[NumberedMark], width: int, rows: int, glyphs: Glyphs) -> list[list[Entry]]:
    """At most `rows` rows of entries, each row at most `width` cells with `_GAP` between entries, in order of time.

    Where not all fit, the newest stay, and a note before them says how many are missing and where to find them."""
    if not marks or rows <= 0 or width <= 0:
        return []
    # Only those that could fit if no cell were lost are looked at: a plot of 15 min has dozens of throttlings.
    entries: list[Entry] = []
    room = width * rows
    for mark in reversed(marks):
        entry = legend_entry(mark, glyphs)
        if entries and room < entry_cells(entry):
            break
        entries.insert(0, entry)
        room -= entry_cells(entry) + _GAP
    while len(entries) > 1 or entry_cells(entries[0]) <= width:
        laid = _lay([*_earlier(len(marks) - len(entries)), *entries], width, rows)
        if laid is not None:
            return laid
        if len(entries) == 1:
            break
        del entries[0]
    number, text = entries[-1]
    for before in (_earlier(len(marks) - 1), []):
        room = width - sum(entry_cells(entry) + _GAP for entry in before) - len(number) - 1
        if room >= min(len(text), _MIN_TEXT_CELLS):
            return [[*before, (number, glyphs.text(cut(text, room)))]]
    return []


def _earlier(count: int) -> list[Entry]:
    return [("", f"+{count} {_ELSEWHERE}")] if count else []


def _lay(entries: Sequence[Entry], width: int, rows: int) -> list[list[Entry]] | None:
    laid: list[list[Entry]] = [[]]
    used = 0
    for entry in entries:
        cells = entry_cells(entry)
        if laid[-1] and used + _GAP + cells > width:
            laid.append([])
        used = cells if not laid[-1] else used + _GAP + cells
        laid[-1].append(entry)
        if used > width or len(laid) > rows:
            return None
    return laid


def entry_cells(entry: Entry) -> int:
    number, text = entry
    return len(number) + (1 if number else 0) + len(text)


def draw_legend(cells: CellGrid, marks: Sequence[NumberedMark], y: int, rows: int, glyphs: Glyphs) -> None:
    """Writes the legend from row `y` on, from the left border on: it needs all the width."""
    for at, entries in enumerate(legend_rows(marks, cells.width, rows, glyphs)):
        x = 0
        for number, text in entries:
            if number:
                cells.put(x, y + at, number, ChartInk.MARK)
            cells.put(x + (len(number) + 1 if number else 0), y + at, text, ChartInk.PLAIN if number else ChartInk.DIM)
            x += entry_cells((number, text)) + _GAP
