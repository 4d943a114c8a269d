"""The types of the advice engine: a piece of advice, and a rule that gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ovtui.metrics.advice.advice_facts import AdviceFacts

Severity = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Advice:
    id: str
    severity: Severity
    text: str
    """One sentence: the problem and what to do about it."""
    evidence: str
    """The figures of this session behind it."""
    remedy: dict[str, Any] = field(default_factory=dict)
    """The settings that help, field name to value; empty if no setting does."""


Rule = Callable[[AdviceFacts], Advice | None]
"""Returns advice or None. A rule gives advice only if its evidence proves the problem."""
