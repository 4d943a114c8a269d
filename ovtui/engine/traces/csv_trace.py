"""The times of a CSV file, of any dialect that a spreadsheet writes: read where there is one reading, refused with the
line where there are two, or none. Nothing is guessed: a load at other times than those written would not be noticed."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.traces.file_text import read_text
from ovtui.engine.traces.numbers import NS_PER_UNIT, Readings, read_number, rounding, split_unit
from ovtui.engine.traces.other_meanings import OtherMeanings
from ovtui.engine.traces.stamps import Stamp, dated, looks_like_stamp, read_stamp
from ovtui.engine.traces.table import (
    DELIMITERS,
    NO_DELIMITER,
    REMEDY,
    Ambiguous,
    Layout,
    Row,
    Unreadable,
    declared_delimiter,
    filled,
    find_layout,
    is_total,
    numeric,
    require_no_date_beside,
    require_no_unit_beside,
    require_no_unit_elsewhere,
    rows_of,
)
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import readable

_MAX_NS = Decimal(2**63)
_LONGEST_WITHOUT_UNIT_S = 30 * 86_400
"""A longer trace whose unit nobody names is one in milliseconds, or in a smaller unit."""
_FIRST_EPOCH_S = 900_000_000
"""In the year 1998."""
_LAST_EPOCH_S = 4_200_000_000
"""In the year 2103: a larger number is no date in seconds."""
_CLOCK_BACK_NS = (-3600 * 10**9, -3300 * 10**9)
"""From a time to the next one, where clocks go back."""
_DELIMITER_NAMES = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}


@dataclass(frozen=True, slots=True)
class TraceTimes:
    due_ns: list[float]
    """Ascending, from the first."""
    text: str
    """What was understood of the file, as a sentence for a person; empty for a recording."""


@dataclass(slots=True)
class _Reading:
    """The times under one delimiter."""

    delimiter: str
    layout: Layout
    offsets_ns: array[float]
    """From the first row's time, in the order of the file."""
    lines: array[int]
    first: tuple[int, str]
    """Line and text of the first time."""
    remarks: list[str] = field(default_factory=list)


def read_csv(path: str) -> TraceTimes:
    """Raises ChangeRejected, whose text gives the line."""
    text = read_text(path)
    declared, first = declared_delimiter(text)
    first_line = 1
    if declared:
        text, first_line = text[len(first) :], 2
    candidates = [declared] if declared else [NO_DELIMITER, *(sign for sign in DELIMITERS if sign in text)]
    readings, failures = [], []
    for delimiter in candidates:
        try:
            readings.append(_read(text, delimiter, first_line, quotes='"' in text))
        except Unreadable as error:
            failures.append(error)
    try:
        if doubt := next((error for error in failures if isinstance(error, Ambiguous)), None):
            raise doubt
        if not readings:
            raise max(failures, key=lambda error: (error.rank, error.line))
        _require_one_reading(readings)
    except Unreadable as error:
        line = f", line {error.line:,}" if error.line else ""
        raise ChangeRejected(f"trace {path}{line}: {readable(error.reason)}") from None
    chosen = readings[-1]
    if chosen.layout.total_line:
        chosen.remarks.append(f"without the total in line {chosen.layout.total_line:,}")
    due_ns = np.sort(np.frombuffer(chosen.offsets_ns, dtype=np.float64))
    is_sorted = bool((np.diff(np.frombuffer(chosen.offsets_ns, dtype=np.float64)) >= 0).all())
    times: list[float] = (due_ns - due_ns[0]).tolist()
    remarks = [*chosen.remarks, *([] if is_sorted else ["put in order"])]
    return TraceTimes(times, f"trace {path}: {_count_text(len(times))} {readable(', '.join(remarks))}")


def _count_text(count: int) -> str:
    return "1 time" if count == 1 else f"{count:,} times"


def _require_one_reading(readings: list[_Reading]) -> None:
    """Raises Unreadable where two delimiters give different times."""
    first = readings[0]
    for other in readings[1:]:
        if first.first != other.first or first.offsets_ns != other.offsets_ns:
            line, text = first.first
            raise Ambiguous(line, _two_readings(text, first.delimiter, other.delimiter))


def _two_readings(text: str, first: str, second: str) -> str:
    one, two = (_DELIMITER_NAMES.get(sign, in_quotes(sign)) for sign in (first, second))
    what = f"one number, or columns between {two}" if first == NO_DELIMITER else f"columns between {one} or {two}"
    return (
        f"{in_quotes(text)} may be {what}; name the columns in a header, such as t_s, or put numbers "
        "with a comma in double "
        "quotes"
    )


def _read(text: str, delimiter: str, first_line: int, *, quotes: bool) -> _Reading:
    """Raises Unreadable."""
    comments: list[tuple[int, str]] = []
    rows = rows_of(text, delimiter, first_line, comments)
    layout, read = find_layout(rows, delimiter, comments)
    if delimiter == "," and not layout.header_line and not quotes:
        rows, again = itertools.tee(itertools.chain(read, rows))
        _require_no_decimal_commas(again)
        read = []
    data = _times_of(layout, itertools.chain(read, rows))
    first = next(data, None)
    if first is None:
        raise Unreadable(layout.header_line, "no times below the header" if layout.header_line else "no times in it", 1)
    times = itertools.chain([first], data)
    if looks_like_stamp(first[1]):
        reading = _read_stamps(delimiter, layout, times)
    else:
        reading = _read_numbers(delimiter, layout, times, quotes=quotes)
    if layout.other_numbers:
        _require_no_index(reading)
    return reading


def _require_no_decimal_commas(rows: Iterator[Row]) -> None:
    """Raises Unreadable where the first two cells of each row may be one number with a decimal comma: of '0,25,3' the
    time may be 0 or 0.25."""
    first: tuple[int, str] | None = None
    for line, cells in rows:
        if len(cells) < 2 or not (cells[0].lstrip("+-").isdecimal() and cells[1].isdecimal()):
            return
        first = first or (line, ",".join(cells[:2]))
    if first is not None:
        raise Ambiguous(first[0], _two_readings(first[1], NO_DELIMITER, ","))


def _times_of(layout: Layout, rows: Iterator[Row]) -> Iterator[tuple[int, str]]:
    """Line and cell of each time. A row of totals at the end is left out. Raises Unreadable."""
    index, name = layout.column.index, layout.column.name
    total: int | None = None
    has_begun = False
    for line, cells in rows:
        if total is not None:
            raise Unreadable(total, "a total between the times; leave it out", rank=3)
        width = filled(cells)
        if width > layout.width or (not layout.header_line and width < layout.width):
            there = "the header has" if layout.header_line else "the first row has"
            raise Unreadable(line, f"{width} cells, and {there} {layout.width}", rank=1)
        cell = cells[index] if index < len(cells) else ""
        if layout.header_line and any(
            cells[at] and not layout.names[at] for at in range(index + 1, min(width, len(layout.names)))
        ):
            raise Unreadable(line, f"a value beside {in_quotes(name)} in a column that has no name", rank=2)
        if is_total(cells):
            if numeric(cell):
                raise Unreadable(line, f"{in_quotes(cell)} stands beside a total; leave that row out", rank=3)
            total = layout.total_line = line
            continue
        if not cell:
            raise Unreadable(line, "the time is missing", rank=2)
        if not has_begun and not (layout.column.unit or looks_like_stamp(cell) or split_unit(cell)[1]):
            require_no_unit_beside(layout, line, cells)
        if not has_begun and looks_like_stamp(cell) and not dated(cell):
            require_no_date_beside(layout, line, cells)
        has_begun = True
        yield line, cell


def _place(layout: Layout) -> str:
    """Where the times stand, for the sentence."""
    if layout.column.name:
        return f"from column {in_quotes(layout.column.name)}"
    return "from the first column" if layout.width > 1 else "from its one column"


def _read_stamps(delimiter: str, layout: Layout, data: Iterator[tuple[int, str]]) -> _Reading:
    reading: _Reading | None = None
    base = before = Stamp(0, dated=False, zoned=False)
    for line, cell in data:
        try:
            stamp = read_stamp(cell)
        except ValueError as error:
            raise Unreadable(line, f"{in_quotes(cell[:60])}: {error}", rank=3) from None
        if reading is None:
            what = "dates" if stamp.dated else "clock times"
            remarks = [_place(layout), f"as {what}"]
            reading = _Reading(delimiter, layout, array("d"), array("q"), (line, cell), remarks)
            base = before = stamp
        if stamp.dated != base.dated or stamp.zoned != base.zoned:
            lacking = "date" if stamp.dated != base.dated else "time zone"
            raise Ambiguous(line, f"{in_quotes(cell)}: some times have a {lacking} and some have none", rank=3)
        if not stamp.dated and stamp.ns < before.ns:
            raise Ambiguous(
                line, f"{in_quotes(cell)} is before the time above, without a date: after midnight?", rank=3
            )
        if stamp.dated and not stamp.zoned and _CLOCK_BACK_NS[0] < stamp.ns - before.ns < _CLOCK_BACK_NS[1]:
            text = (
                f"{in_quotes(cell)} is an hour before the time above: is it the end of summer time? "
                "Write the time zones"
            )
            raise Ambiguous(line, text, rank=3)
        before = stamp
        reading.offsets_ns.append(float(stamp.ns - base.ns))
        reading.lines.append(line)
    assert reading is not None
    return reading


class _Dialect:
    """The times so far, read with one decimal mark."""

    def __init__(self) -> None:
        self.base: Decimal | None = None
        self.offsets_ns = array("d")
        self.failed: tuple[int, str] | None = None

    def add(self, line: int, cell: str, value: Decimal | None, unit: str) -> None:
        if self.failed is not None:
            return
        if value is None:
            self.failed = line, cell
            self.offsets_ns = array("d")
            return
        value *= NS_PER_UNIT[unit or "s"]
        if not -_MAX_NS < value < _MAX_NS:
            why = "" if unit else f" as seconds, and no header names another unit{REMEDY}"
            raise Ambiguous(line, f"{in_quotes(cell)} is out of range{why}", rank=3)
        if self.base is None:
            self.base = value
        self.offsets_ns.append(float(value - self.base))


def _read_numbers(delimiter: str, layout: Layout, data: Iterator[tuple[int, str]], *, quotes: bool) -> _Reading:
    point, comma, lines = _Dialect(), _Dialect(), array("q")
    first: tuple[int, str] = (0, "")
    differs: tuple[int, str, Readings] | None = None
    column, unit, has_marks = layout.column, "", False
    meanings = OtherMeanings()
    for line, cell in data:
        number, own_unit = split_unit(cell)
        if not lines:
            first, unit = (line, cell), own_unit
        elif own_unit != unit:
            raise Unreadable(line, f"{in_quotes(cell[:60])}: the unit is another one than in line {first[0]:,}", rank=3)
        found = read_number(number)
        if found.point is None and found.comma is None:
            raise Unreadable(line, f"{in_quotes(cell[:60])} is no time{_why_no_number(cell)}", rank=3)
        if found.parted_by_blank and delimiter == NO_DELIMITER and not quotes:
            _require_one_word(layout, line, cell)
        if place := rounding(number):
            text = (
                f"{in_quotes(cell)} is rounded to {10 ** min(place, 30):,}; write all digits of the "
                "times, without an exponent"
            )
            raise Unreadable(line, text, rank=3)
        in_force = own_unit or column.unit
        if not in_force:
            meanings.add(number)
        point.add(line, cell, found.point, in_force)
        comma.add(line, cell, found.comma, in_force)
        if point.failed and comma.failed:
            mark = "comma" if comma.failed[0] > point.failed[0] else "point"
            raise Ambiguous(
                line, f"{in_quotes(cell[:60])} does not go with the decimal {mark} of the times above", rank=3
            )
        if differs is None and found.point is not None and found.comma is not None and found.point != found.comma:
            differs = line, cell, found
        has_marks = has_marks or found.point != found.comma
        lines.append(line)
    if unit and column.unit and unit != column.unit:
        raise Unreadable(
            first[0], f"{in_quotes(first[1])} contradicts the unit of the column {in_quotes(column.name)}", rank=3
        )
    if differs is not None and not point.failed and not comma.failed:
        line, cell, found = differs
        raise Ambiguous(
            line,
            f"{in_quotes(cell)} may be {found.point:f} or {found.comma:f}: no time shows which sign is "
            "the decimal mark; "
            "write the times without thousands separators and with a decimal point, one of them not with 3 decimals",
            rank=3,
        )
    chosen = point if not point.failed else comma
    remarks = [_place(layout)]
    if has_marks and chosen is comma:
        remarks.append("decimal comma")
    unit = unit or column.unit
    if not unit:
        require_no_unit_elsewhere(layout)
        if meaning := meanings.found():
            raise Ambiguous(
                first[0], f"{in_quotes(first[1])} may be {meaning}, and no header names a unit{REMEDY}", rank=3
            )
        _require_seconds(layout, first, chosen)
    remarks.append(f"in {unit}" if unit else "in s, as no unit is named")
    return _Reading(delimiter, layout, chosen.offsets_ns, lines, first, remarks)


def _why_no_number(cell: str) -> str:
    lower = cell.strip("+-").lower()
    if lower in ("nan", "na", "n/a", "null", "none", "inf", "infinity", "-") or lower.startswith("#"):
        return ": a value is missing there; leave that row out"
    return "" if cell.isascii() else "; digits are 0 to 9"


def _require_one_word(layout: Layout, line: int, cell: str) -> None:
    """Raises Unreadable where blanks may part columns and not thousands."""
    name = layout.column.name
    bracketed = name.rstrip()[-1:] in (")", "]", "}") or " " not in name
    if not layout.header_line or not bracketed:
        raise Ambiguous(
            line,
            f"{in_quotes(cell)} may be one number with blanks between its thousands, or several columns; "
            "write it without blanks, or name the column in a header, such as t_s",
            rank=3,
        )


def _require_seconds(layout: Layout, first: tuple[int, str], times: _Dialect) -> None:
    """Raises Unreadable where numbers without a unit cannot be seconds."""
    line, cell = first
    if layout.column.of_dates:
        raise Ambiguous(
            line,
            f"{in_quotes(cell)} is no date, and the column {in_quotes(layout.column.name)} names no unit{REMEDY}",
            3,
        )
    offsets_s = np.frombuffer(times.offsets_ns, dtype=np.float64) / 1e9
    assert times.base is not None
    begin_s = float(times.base) / 1e9 + float(offsets_s.min())
    if layout.column.of_counts and not _FIRST_EPOCH_S < begin_s <= _LAST_EPOCH_S:
        text = f"{in_quotes(cell)} may be a count: the column {in_quotes(layout.column.name)} names no unit{REMEDY}"
        raise Ambiguous(line, text, 3)
    long_s = float(offsets_s.max() - offsets_s.min())
    if long_s > _LONGEST_WITHOUT_UNIT_S or abs(begin_s) > _LAST_EPOCH_S:
        found = f"{long_s / 86_400:,.0f} days" if long_s > _LONGEST_WITHOUT_UNIT_S else "beyond the year 2100"
        raise Ambiguous(
            line, f"{in_quotes(cell)}: as seconds these times are {found}, and no header names another unit{REMEDY}", 3
        )


def _require_no_index(reading: _Reading) -> None:
    """Raises Unreadable where the first column of a table without a header counts its rows, or says nothing."""
    if len(reading.lines) < 2:
        return
    steps_ns = np.diff(np.frombuffer(reading.offsets_ns, dtype=np.float64))
    counts = reading.first[1] in ("0", "1") and bool((steps_ns == 1e9).all())
    if counts or not steps_ns.any():
        what = "may count the rows" if counts else "is the same in each row"
        text = f"the first column {what}, and no header names the times{REMEDY}"
        raise Ambiguous(reading.first[0], text, rank=3)
