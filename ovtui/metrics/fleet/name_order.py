"""The order of boxes by name: box2 before box10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")
NameOrder = tuple[tuple[int, int, str], ...]


def name_order(name: str) -> NameOrder:
    """box2 before box10; of any name, also one without a letter."""
    parts = _DIGITS.split(name.casefold())
    ordered = [(0, 0, part) if number % 2 == 0 else _number_order(part) for number, part in enumerate(parts)]
    return (*ordered, (0, 0, name))


def _number_order(digits: str) -> tuple[int, int, str]:
    """By value without making a number of it, which of thousands of digits takes long."""
    plain = digits.lstrip("0")
    return 1, len(plain), plain
