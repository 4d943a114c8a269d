"""The order of the rows of a fleet's table, and which of them are shown."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics.fleet.fleet_row import FleetRow, Key
from ovtui.metrics.fleet.name_order import NameOrder, name_order

_SEARCHED: tuple[Key, ...] = ("box", "kind", "phase", "device")


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


def _value_order(row: FleetRow, key: Key) -> tuple[float, NameOrder]:
    value = row.values[key]
    return (0.0, name_order(value)) if isinstance(value, str) else (value or 0.0, ())
