"""A trace's text as a table, under one of the delimiters that it may have."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ovtui.engine.traces import header
from ovtui.engine.traces.header import TimeColumn
from ovtui.engine.traces.numbers import read_number, split_unit
from ovtui.engine.traces.stamps import dated, looks_like_stamp
from ovtui.settings.shown_text import in_quotes

NO_DELIMITER = "\x1f"
"""A sign that no text of a trace holds: one column."""
DELIMITERS = ("\t", ";", "|", ",")
_BLANKS = " \u00a0\u2009\u202f\r\n"
"""Around a cell. No tab: it may part columns."""
MAX_TITLE_ROWS = 50
"""Rows before a header: a title, the date of the export."""
_TOTALS = header.words(
    "total totals sum summe gesamt gesamtsumme summa somme totaal totale suma average mean mittelwert count anzahl"
)


class Unreadable(Exception):
    """This is no table of times under that delimiter. `line` 0: of the whole file."""

    def __init__(self, line: int, reason: str, rank: int = 0) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason
        self.rank = rank
        """How far the reading came: of several delimiters the reason of the highest is told."""


class Ambiguous(Unreadable):
    """A table of times under that delimiter, and perhaps a table of other times under another one."""


@dataclass(slots=True)
class Layout:
    """What stands above the times."""

    column: TimeColumn
    width: int
    """Cells of the header, or of the first row."""
    header_line: int = 0
    """0 where there is no header."""
    names: list[str] = field(default_factory=list)
    titles: list[tuple[int, str]] = field(default_factory=list)
    """What stands before the times and is no header, with its lines."""
    comments: list[tuple[int, str]] = field(default_factory=list)
    """With their lines: those so far, while the table is read."""
    other_numbers: bool = False
    """True where there is no header, and beside the first column another one of numbers."""
    total_line: int = 0
    """Of the row of totals at the end, which is left out; 0 where there is none."""


Row = tuple[int, list[str]]


def declared_delimiter(text: str) -> tuple[str, str]:
    """The delimiter of Excel's first line, 'sep=;', and that line; empty where there is none."""
    line = text[: text.find("\n") + 1] or text
    word = line.rstrip("\r\n").strip(" ").strip('"')
    return (word[4], line) if word[:4].lower() == "sep=" and len(word) == 5 else ("", "")


def rows_of(text: str, delimiter: str, first_line: int, comments: list[tuple[int, str]]) -> Iterator[Row]:
    """The rows with anything in them, each with the number of the line where it begins. Raises Unreadable."""
    lines = io.StringIO(text, newline="")

    def without_comments() -> Iterator[str]:
        for number, line in enumerate(lines, first_line):
            bare = line.lstrip(" \t\ufeff")
            if bare.startswith("#") and not _ERROR_VALUE.match(bare):
                comments.append((number, bare.rstrip("\r\n")))
                yield "\n"
            else:
                yield line

    reader = csv.reader(without_comments(), delimiter=delimiter, strict=True)
    line = first_line
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "expected after" in str(error):
                raise Unreadable(line, "not CSV: text behind a quote that is closed", rank=0) from None
            reason = "a quote is not closed" if "unexpected end" in str(error) else str(error)
            raise Unreadable(line, f"not CSV: {reason}", rank=1) from None
        if any(cells) and any(cell and not cell.isspace() for cell in cells):
            yield line, [cell.strip(_BLANKS) for cell in cells]
        line = first_line + reader.line_num


def numeric(text: str) -> bool:
    """True for what may be a time."""
    return looks_like_stamp(text) or any(value is not None for value in read_number(split_unit(text)[0])[:2])


def is_total(cells: list[str]) -> bool:
    return any(cell.rstrip(":").strip().lower() in _TOTALS for cell in cells)


def filled(cells: list[str]) -> int:
    """The number of cells without those that are empty at the end."""
    return max((index for index, cell in enumerate(cells, 1) if cell), default=0)


def find_layout(rows: Iterator[Row], delimiter: str, comments: list[tuple[int, str]]) -> tuple[Layout, list[Row]]:
    """What stands above the times, and the rows that were read of them already. Raises Unreadable."""
    titles: list[Row] = []
    for line, cells in rows:
        column = _named_column(line, cells)
        if column is not None:
            layout = Layout(column, filled(cells), line, cells)
            layout, read = _with_unit_row(layout, rows)
        elif any(numeric(cell) for cell in cells):
            layout, read = _without_header(line, cells, titles, delimiter, comments), [(line, cells)]
        else:
            titles.append((line, cells))
            if len(titles) > MAX_TITLE_ROWS:
                break
            continue
        layout.titles = [(number, " ".join(words)) for number, words in titles]
        layout.comments = comments
        return layout, read
    if titles:
        line, cells = titles[0]
        raise Unreadable(line, f"{_named(cells)} is no time, and names no column of times{REMEDY}")
    raise Unreadable(0, "no times in it")


_ERROR_VALUE = re.compile(r"#(?:#+|N/A|NV|DIV/0!|[^\W\d_]+[!?])\s*(?:[;,|\"]|$)")
"""'#REF!' and '####' of a spreadsheet: a time is missing there, and no comment begins."""
_BEHIND_A_SIGN = re.compile(r"[=:(\[]\s*([^\W\d_]+)")
"""'ms' of 'unit=ms' and 't:ms'."""
REMEDY = "; name it with its unit: t_s, t_ms, t_us or t_ns"


def _named(cells: list[str]) -> str:
    return in_quotes(next(cell for cell in cells if cell)[:60])


def _named_column(line: int, cells: list[str]) -> TimeColumn | None:
    try:
        found = header.time_columns(cells)
    except header.UnknownUnit as error:
        raise Unreadable(line, str(error), rank=2) from None
    if len(found) > 1:
        names = " and ".join(in_quotes(column.name) for column in found)
        raise Unreadable(line, f"the columns {names} may both be the time; leave one of them", rank=2)
    return found[0] if found else None


def _with_unit_row(layout: Layout, rows: Iterator[Row]) -> tuple[Layout, list[Row]]:
    """A second row of the header may have the units."""
    column = layout.column
    for line, cells in rows:
        cell = cells[column.index] if column.index < len(cells) else ""
        unit = header.unit_word(cell)
        if not unit:
            return layout, [(line, cells)]
        if column.unit and unit != column.unit:
            raise Unreadable(
                line, f"the unit {in_quotes(cell)} contradicts the column {in_quotes(column.name)}", rank=2
            )
        layout.column = replace(column, unit=unit)
        return layout, []
    return layout, []


def _without_header(
    line: int, cells: list[str], titles: list[Row], delimiter: str, comments: list[tuple[int, str]]
) -> Layout:
    width = filled(cells)
    above = [(number, comment) for number, comment in comments if number < line]
    if above and not titles:
        # numpy writes the names behind a '#'.
        number, comment = above[-1]
        names = [name.strip() for name in comment.removeprefix("#").split(delimiter)]
        column = _named_column(number, names)
        if column is not None and len(names) == width:
            return Layout(column, width, number, names)
    if titles:
        number, names = titles[-1]
        raise Unreadable(number, f"{_named(names)} names no column of times{REMEDY}", rank=1)
    if not numeric(cells[0]):
        raise Unreadable(
            line, f"{in_quotes(cells[0][:60])} is no time, and no header names the column of times", rank=1
        )
    if not looks_like_stamp(cells[0]) and any(map(looks_like_stamp, cells)):
        text = f"the first column is no date, another one is, and no header names the times{REMEDY}"
        raise Unreadable(line, text, rank=3)
    return Layout(TimeColumn(0, "", ""), width, other_numbers=any(map(numeric, cells[1:])))


def require_no_unit_beside(layout: Layout, line: int, cells: list[str]) -> None:
    """Raises Unreadable where another cell of the first row is a unit."""
    for index, cell in enumerate(cells):
        if index != layout.column.index and header.unit_word(cell) not in ("", "s"):
            raise Unreadable(
                line, f"{in_quotes(cell)} may be the unit of the time beside it, and is not read{REMEDY}", rank=3
            )


def require_no_date_beside(layout: Layout, line: int, cells: list[str]) -> None:
    """Raises Unreadable where the days of clock times stand in another column."""
    for index, cell in enumerate(cells):
        name = layout.names[index] if index < len(layout.names) else ""
        if index != layout.column.index and (dated(cell) or header.names_days(name)):
            text = (
                f"{in_quotes(cell)} may be the day of the clock time beside it, and is not read; "
                "write both into one column"
            )
            raise Unreadable(line, text, rank=3)


def require_no_unit_elsewhere(layout: Layout) -> None:
    """Raises Unreadable where a comment, a title or another column names a unit that the column of times does not."""
    for name in layout.names:
        if header.names_units(name):
            raise Unreadable(
                layout.header_line,
                f"the column {in_quotes(name)} may have the unit of each time, and is not read{REMEDY}",
                rank=2,
            )
    for number, text in (*layout.comments, *layout.titles):
        words = text.lstrip("# ").split()
        for word in (*(word.strip(".,:;=") for word in words), *_BEHIND_A_SIGN.findall(text)):
            try:
                named = [column.unit for column in header.time_columns([word])]
            except header.UnknownUnit:
                named = ["?"]
            if any(unit not in ("", "s") for unit in (*named, header.unit_word(word))):
                raise Unreadable(
                    number, f"{in_quotes(word)} may be the unit of the times, and no header says so{REMEDY}", rank=2
                )
