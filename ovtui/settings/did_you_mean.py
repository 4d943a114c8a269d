"""The known name that is nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MIN_SIMILARITY = 0.6


def nearest(name: str, known: Iterable[str], min_similarity: float = _MIN_SIMILARITY) -> str:
    """The most similar known name, whatever its case; empty where none is similar enough. `min_similarity` is difflib's
    ratio, 0 to 1."""
    known = list(known)
    if name in known:
        return name
    by_folded = {each.casefold(): each for each in reversed(known)}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=min_similarity)
    return by_folded[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str], min_similarity: float = _MIN_SIMILARITY, *, start: str = ", ") -> str:
    """', did you mean rate?' to append to an error; empty where no known name is similar enough. `start` is '; ' behind
    a list, of which it would seem the last part."""
    near = nearest(name, known, min_similarity)
    return f"{start}did you mean {near}?" if near and near != name else ""
