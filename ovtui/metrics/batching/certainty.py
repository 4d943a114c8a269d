"""How far a wait that is told may be relied on."""

from __future__ import annotations

from enum import StrEnum


class Certainty(StrEnum):
    """Of a wait, or a sum of them."""

    EXACT = "exact"
    ESTIMATED = "estimated"
    """Of runs after the timer: their latency less the least of a run that is known not to have waited. What they queued
    behind one another is part of it."""
    AT_MOST = "at_most"
    """Nothing is known to have run without waiting, so that nothing tells what a run takes: all of the latency of those
    that ran after the timer."""

    @property
    def sign(self) -> str:
        """What stands before the wait."""
        return _SIGNS[self]


_SIGNS = {Certainty.EXACT: "", Certainty.ESTIMATED: "≈", Certainty.AT_MOST: "≤"}
