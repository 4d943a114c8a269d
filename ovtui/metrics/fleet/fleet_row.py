"""A row of a fleet's table: the texts of one box, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ovtui.metrics.fleet.odd_one import OddOne

Key = Literal[
    "box", "kind", "phase", "device", "rate", "p50", "p99", "handover", "batch", "errors", "temperature", "odd"
]
Severity = Literal["", "odd", "silent", "failed"]


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One box. Texts are cleaned; a value that is not known is '–'."""

    name: str
    """As in BoxState, uncleaned: to find the box by."""
    severity: Severity
    cells: Mapping[Key, str]
    short: Mapping[Key, str]
    values: Mapping[Key, float | str | None]
    """To sort by; None where it is not known."""
    odd: OddOne | None
    text: str
    """Why it failed or what it waits for, cleaned; may be empty."""
