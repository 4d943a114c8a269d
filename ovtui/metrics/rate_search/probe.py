"""A probe of a rate: what the search asks for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovtui.records.study_events import Pressure

Purpose = Literal["bracket", "narrow", "near", "again"]
"""bracket: to find a rate that holds and one that fails; narrow: between the two; near: where the limit is met, by the
estimate of all probes so far; again: a rate that was measured already, to see whether it does the same."""
Outcome = Literal["held", "likely held", "likely missed", "missed", "unknown", "overload"]
OUTCOMES: tuple[Outcome, ...] = ("held", "likely held", "likely missed", "missed", "unknown", "overload")
"""held, missed: known with 99 % confidence. likely: not decided in the probe's time, and that is the side of the limit
on which its figure was. unknown: nothing tells. overload: the queue grew."""
HOLD: tuple[Outcome, ...] = ("held", "likely held")
KNOWN_TO_FAIL: tuple[Outcome, ...] = ("missed", "overload")


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

    @property
    def is_long(self) -> bool:
        """Its whole time is worth it: it tells where the limit is met."""
        return self.purpose in ("near", "again")


@dataclass(frozen=True, slots=True)
class ProbeResult:
    rate: float
    outcome: Outcome
    pressure: Pressure | None = None
    """None where it is not known, as of a queue that grew."""
