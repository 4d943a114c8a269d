"""What a box tells in text and JSON, which may be anything: read within bounds, or not at all."""

from __future__ import annotations

import traceback
from typing import Any, TypeVar

import msgspec

from ovtui.fleet.box import BoxError
from ovtui.settings.shown_text import shown

LARGEST = 1 << 63
"""No count and no size is larger."""
DEEPEST = 24
"""Lists and tables within one another, of a result."""
_DIGITS = 18
T = TypeVar("T")


def whole_number(text: str | bytes) -> int | None:
    """Of decimal digits and nothing else, 18 at most; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def decoded(data: bytes, kind: type[T]) -> T | None:
    """JSON of a box; None for what is none of this type, is no UTF-8, or lies too deep within itself."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError):
        return None


def bounded(value: Any, depth: int = DEEPEST) -> Any:
    """JSON as it came, with None for numbers that no figure has and for what lies too deep."""
    match value:
        case bool() | str() | None:
            return value
        case int():
            return value if -LARGEST < value < LARGEST else None
        case float():
            return value if -LARGEST < value < LARGEST else None
        case dict() | list() if not depth:
            return None
        case dict():
            return {key: bounded(each, depth - 1) for key, each in value.items()}
        case list():
            return [bounded(each, depth - 1) for each in value]
    return None


def unusable(error: Exception) -> BoxError:
    """Of an answer that nobody thought of: this box fails, and the others go on."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {place[0].filename.rpartition('/ovtui/')[2]}:{place[0].lineno}" if place else ""
    why = f"{type(error).__name__}: {shown(str(error))[:120]}{where}"
    return BoxError("failed", f"what it sent is nothing that ovtui sends ({why}): look at what is installed there")
