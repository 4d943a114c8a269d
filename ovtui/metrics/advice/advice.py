"""A piece of advice, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ovtui.metrics.advice.situation import AdviceFacts

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


Rule = Callable[[AdviceFacts], Advice | None]
"""Speaks or is silent; must not speak on less than it can show."""
