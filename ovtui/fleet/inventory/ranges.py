"""Ranges in a name, as Ansible has them: box[01:20:2].lab, box[a:f], several in one name."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from ovtui.fleet.box import FleetError
from ovtui.settings.shown_text import in_quotes

MOST_BOXES = 10_000
_RANGE = re.compile(r"\[(\d+|[A-Za-z]):(\d+|[A-Za-z])(?::(\d+))?\]")


def expanded(pattern: str) -> list[str]:
    """The names that a pattern stands for; the pattern itself where it has no range. Raises FleetError."""
    names = [""]
    end = 0
    for found in _RANGE.finditer(pattern):
        before = pattern[end : found.start()]
        end = found.end()
        values = list(_values(found[1], found[2], found[3], pattern))
        if len(names) * len(values) > MOST_BOXES:
            raise FleetError(f"{in_quotes(pattern[:60])} stands for more than {MOST_BOXES:,} boxes")
        names = [name + before + value for name in names for value in values]
    return [name + pattern[end:] for name in names]


def _values(first: str, last: str, step_text: str | None, pattern: str) -> Iterator[str]:
    step = int(step_text[:9]) if step_text else 1
    wrong = ""
    if step == 0:
        wrong = "its step is 0"
    elif first.isdigit() != last.isdigit():
        wrong = "it goes from a number to a letter"
    elif first.isdigit() and len(first) > 1 and first[0] == "0" and len(first) != len(last):
        wrong = "its ends have leading zeros and are not of the same length"
    elif len(first) > 9 or len(last) > 9:
        wrong = "it is too long"
    if wrong:
        raise FleetError(f"the range in {in_quotes(pattern[:60])}: {wrong}")
    if first.isdigit():
        width = len(first) if first[0] == "0" and len(first) > 1 else 0
        numbers = range(int(first), int(last) + 1, step)
        if len(numbers) > MOST_BOXES:
            raise FleetError(f"{in_quotes(pattern[:60])} stands for more than {MOST_BOXES:,} boxes")
        values: Iterator[str] = (f"{number:0{width}}" for number in numbers)
    else:
        letters = string.ascii_letters
        values = iter(letters[letters.index(first) : letters.index(last) + 1 : step])
    empty = True
    for value in values:
        empty = False
        yield value
    if empty:
        raise FleetError(f"the range in {in_quotes(pattern[:60])} ends before it begins")
