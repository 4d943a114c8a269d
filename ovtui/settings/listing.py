"""Names in a sentence: all of them, or the first few and how many more there are. A language model has dozens of
inputs, and a folder thousands of files."""

from __future__ import annotations

from collections.abc import Sequence


def joined(names: Sequence[str]) -> str:
    """'a, b and c'; empty for none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def first_few(names: Sequence[str], most: int) -> str:
    """'a, b and c', of more than `most` names 'a, b and 7 more'; empty for none."""
    return joined([*names[:most], f"{len(names) - most} more"] if len(names) > most else names)


def first_few_listed(names: Sequence[str], most: int) -> str:
    """As `first_few`, but with commas alone where all are there: 'a, b, c'; for paths and shapes, in which an 'and'
    would be lost."""
    return first_few(names, most) if len(names) > most else ", ".join(names)
