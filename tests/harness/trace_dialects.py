"""The dialects in which spreadsheets and loggers write a list of times: `written` makes the file's bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
HEADERS = {
    "ns": ("t_ns", "timestamp_ns", "startTimeUnixNano", "due_ns", "time [ns]"),
    "us": ("t_us", "Zeit (µs)", "arrival_us", "time in usec"),
    "ms": ("t_ms", "time [ms]", "Zeit (ms)", "timestampMs", "arrival_time_ms", "t / ms"),
    "s": ("t_s", "time (s)", "arrival_s", "Sekunden", "time"),
}
EPOCH = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Dialect:
    """How a file is written. `unit` is also that of a file without a header, whose reader takes seconds."""

    unit: str
    header: str
    """Empty for none."""
    delimiter: str
    mark: str
    thousands: str
    decimals: int
    quotes: bool
    before: tuple[str, ...]
    after: tuple[str, ...]
    """Cells of further columns."""
    encoding: str
    line_end: str
    declared: bool
    """Begins with Excel's 'sep='."""
    comment: str
    stamps: str
    """'' for numbers, else the form of dates."""
    closing: bool
    """A delimiter ends each line."""
    exponent: bool


DIALECTS = st.builds(
    lambda unit, name, **rest: Dialect(unit=unit, header=("", *HEADERS[unit])[name % (len(HEADERS[unit]) + 1)], **rest),
    unit=st.sampled_from(sorted(NS)),
    name=st.integers(0, 20),
    delimiter=st.sampled_from(",;\t|"),
    mark=st.sampled_from(".,"),
    thousands=st.sampled_from(["", "", ".", ",", "'", "\u2019", " ", "\u00a0", "\u202f"]),
    decimals=st.integers(0, 4),
    quotes=st.booleans(),
    before=st.sampled_from([(), (), ("#",), ("7",), ("a b",), ("",)]),
    after=st.sampled_from([(), (), ("3",), ("0,5",), ("4.5", "x"), ("x y",), ("1.234",)]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    declared=st.booleans(),
    comment=st.sampled_from(["", "", "# made by a logger", "# duration 5 s"]),
    stamps=st.sampled_from(["", "", "", "iso", "german", "clock"]),
    closing=st.booleans(),
    exponent=st.booleans(),
)  # fmt: skip


def written(times: list[int], dialect: Dialect) -> tuple[bytes, list[Decimal]]:
    """A file of these times, each in units of 10 ** -decimals of its unit, and what they are in ns, in order, from the
    first."""
    scale = Decimal(10) ** -dialect.decimals * NS[dialect.unit]
    ns = [time * scale for time in times]
    if dialect.stamps:
        ns = [Decimal(int(value) // 1_000_000 * 1_000_000) for value in ns]
        if dialect.stamps == "clock":  # which has no days
            ns = [value % 70_000_000_000_000 for value in ns]
        cells = [_stamp(int(value), dialect) for value in ns]
    else:
        cells = [_number(time, dialect) for time in times]
    rows = [[_index(mark, row), cell] for row, cell in enumerate(cells) for mark in [dialect.before]]
    lines = [[*before, cell, *dialect.after] for before, cell in rows]
    if dialect.header:
        names = ["n"] * len(dialect.before) + [dialect.header] + [f"c{at}" for at in range(len(dialect.after))]
        lines.insert(0, names)
    end = dialect.delimiter if dialect.closing else ""
    body = [dialect.delimiter.join(_quoted(cell, dialect) for cell in line) + end for line in lines]
    head = [f"sep={dialect.delimiter}"] * dialect.declared + [dialect.comment] * bool(dialect.comment)
    text = dialect.line_end.join([*head, *body, ""])
    return text.encode(dialect.encoding, "replace"), [value - min(ns) for value in sorted(ns)]


def _index(before: tuple[str, ...], row: int) -> list[str]:
    return [str(row) if cell == "#" else cell for cell in before]


def _quoted(cell: str, dialect: Dialect) -> str:
    # A writer quotes what holds its delimiter.
    return f'"{cell}"' if dialect.quotes or dialect.delimiter in cell else cell


def _number(time: int, dialect: Dialect) -> str:
    digits = f"{abs(time):0{dialect.decimals + 1}d}"
    whole, after = digits[: len(digits) - dialect.decimals], digits[len(digits) - dialect.decimals :]
    sign = "-" if time < 0 else ""
    if dialect.exponent and after:
        return f"{sign}{whole}{dialect.mark}{after}E+00"
    if dialect.thousands != dialect.mark:
        whole = f"{int(whole):,}".replace(",", dialect.thousands)
    return f"{sign}{whole}" + (dialect.mark + after if after else "")


def _stamp(ns: int, dialect: Dialect) -> str:
    at = EPOCH + timedelta(microseconds=ns // 1000)
    ms = f"{dialect.mark}{at.microsecond // 1000:03}"
    form = {"iso": "%Y-%m-%d %H:%M:%S", "german": "%d.%m.%Y %H:%M:%S", "clock": "%H:%M:%S"}[dialect.stamps]
    return at.strftime(form) + ms
