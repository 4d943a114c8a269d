"""What a person may have meant by a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_MIN_SIMILARITY = 0.6


def nearest(name: str, known: Iterable[str], alike: float = _MIN_SIMILARITY) -> str:
    """The known name most like this one; empty where none is near. `alike` is difflib's ratio, from 0 to 1."""
    found = get_close_matches(name, list(known), n=1, cutoff=alike)
    return found[0] if found else ""


def did_you_mean(name: str, known: Iterable[str], alike: float = _MIN_SIMILARITY) -> str:
    """', did you mean rate?', to be put behind a refusal; empty where none is near."""
    near = nearest(name, known, alike)
    return f", did you mean {near}?" if near and near != name else ""
