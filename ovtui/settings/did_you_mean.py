"""The known name that is nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MIN_SIMILARITY = 0.6


def nearest(name: str, known: Iterable[str], min_similarity: float = _MIN_SIMILARITY) -> str:
    """The most similar known name; empty where none is similar enough. `min_similarity` is difflib's ratio, 0 to 1."""
    found = get_close_matches(name, list(known), n=1, cutoff=min_similarity)
    return found[0] if found else ""


def did_you_mean(name: str, known: Iterable[str], min_similarity: float = _MIN_SIMILARITY) -> str:
    """', did you mean rate?' to append to an error; empty where no known name is similar enough."""
    near = nearest(name, known, min_similarity)
    return f", did you mean {near}?" if near and near != name else ""
