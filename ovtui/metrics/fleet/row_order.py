"""The order of the rows of a fleet's table, and which of them are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ovtui.metrics.fleet.fleet_row import FleetRow, Key

_DIGITS = re.compile(r"(\d+)")
_SEARCHED: tuple[Key, ...] = ("box", "kind", "phase", "device")


def name_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """box2 before box10; of any name, also one without a letter."""
    parts = _DIGITS.split(name.casefold())
    ordered = [(0, 0, part) if number % 2 == 0 else _number_order(part) for number, part in enumerate(parts)]
    return (*ordered, (0, 0, name))


def _number_order(digits: str) -> tuple[int, int, str]:
    """By value without making a number of it, which of thousands of digits takes long."""
    plain = digits.lstrip("0")
    return 1, len(plain), plain


def sorted_rows(rows: Sequence[FleetRow], key: Key, *, descending: bool = False) -> list[FleetRow]:
    """By a column; rows in which it is not known come last either way, equal ones by name."""
    by_name = sorted(rows, key=lambda row: name_order(row.name))
    known = [row for row in by_name if row.values[key] is not None]
    known.sort(key=lambda row: _value_order(row, key), reverse=descending)
    return known + [row for row in by_name if row.values[key] is None]


def filtered_rows(rows: Sequence[FleetRow], text: str) -> list[FleetRow]:
    """Those in which each word of `text` is found, in any case: in the name, the kind, the phase or the device; `odd`
    finds those that differ from their kind, `failed` those that failed."""
    words = text.casefold().split()
    return [row for row in rows if all(_found(row, word) for word in words)]


def _found(row: FleetRow, word: str) -> bool:
    if word == row.severity or (word == "odd" and row.odd is not None):
        return True
    return any(word in row.cells[key].casefold() for key in _SEARCHED)


def _value_order(row: FleetRow, key: Key) -> tuple[float, tuple[tuple[int, int, str], ...]]:
    value = row.values[key]
    return (0.0, name_order(value)) if isinstance(value, str) else (value or 0.0, ())
