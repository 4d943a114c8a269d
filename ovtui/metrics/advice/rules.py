"""The table of rules, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ovtui.metrics.advice.situation import Situation

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Advice:
    id: str
    severity: Severity
    text: str
    """One sentence: what is and what to do."""
    evidence: str
    """The figures it rests on, all of this session."""
    remedy: dict[str, Any] = field(default_factory=dict)
    """Settings that answer it, field name to value; empty where no setting does."""


Rule = Callable[[Situation], Advice | None]
"""Speaks or is silent; must not speak on less than it can show."""


def advise(situation: Situation | None) -> list[Advice]:
    """What is to be said now, warnings first."""
    from ovtui.metrics.advice.table import RULES

    if situation is None:
        return []
    said = [advice for rule in RULES if (advice := rule(situation)) is not None]
    return sorted(said, key=lambda advice: advice.severity != "warning")
