"""What of a recording cannot be read, collected while it is read."""

from __future__ import annotations

MOST_REASONS = 3
"""So many are told; the rest is a number."""


class Damage:
    """Owner: the reader of the file."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def add(self, what: str, count: int = 1) -> None:
        """`what`: a few words for one and for more of them, '# event is|# events are', where '#' stands for their
        number."""
        self._counts[what] = self._counts.get(what, 0) + count

    def set(self, what: str) -> None:
        """`what` holds, however often it is found."""
        self._counts.setdefault(what, 1)

    def __bool__(self) -> bool:
        return bool(self._counts)

    @property
    def text(self) -> str:
        """'3 events are no JSON, the table telemetry is missing'; empty without damage."""
        told = [what.split("|")[-(count != 1)].replace("#", f"{count:,}") for what, count in self._counts.items()]
        more = len(told) - MOST_REASONS
        return ", ".join([*told[:MOST_REASONS], *([f"and {more} more kinds of damage"] if more > 0 else [])])
