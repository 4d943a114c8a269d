"""A probe of a rate: what the search asks for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["bracket", "narrow", "again"]
"""bracket: to find a rate that holds and one that fails; narrow: between the two; again: a rate that was measured
already, to see whether it does the same."""
Outcome = Literal["held", "missed", "unknown", "overload"]
OUTCOMES = ("held", "missed", "unknown", "overload")
"""held, missed: known with 99 % confidence. unknown: not decided in the probe's time. overload: the queue grew."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is to be measured next."""

    number: int
    """From 1, over the whole search."""
    rate: float
    """Requests per second."""
    purpose: Purpose
    times: int
    """Which time this rate is measured: 1 for the first."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    rate: float
    outcome: Outcome

    @property
    def held(self) -> bool:
        """Whatever is not known to hold does not."""
        return self.outcome == "held"
