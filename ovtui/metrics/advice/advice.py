"""The types of the advice engine: a piece of advice, what it claims, and a rule that gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ovtui.metrics import number_format
from ovtui.metrics.advice.advice_facts import AdviceFacts

Severity = Literal["info", "warning"]
Figure = Literal["throughput", "response p50", "response p99", "late share", "schedule error p99", "compile time"]
Basis = Literal["measured", "estimated", "rule of thumb"]
Unit = Literal["/s", "ms", "%"]
UNITS: dict[Figure, Unit] = {
    "throughput": "/s",
    "response p50": "ms",
    "response p99": "ms",
    "late share": "%",
    "schedule error p99": "ms",
    "compile time": "ms",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What the remedy of a piece of advice is for, and what of it is promised. A range that was not worked out from
    this session's figures is left out: then the advice says "try", and nothing is promised."""

    figure: Figure
    """Throughput is to rise; every other figure is to fall. Latencies are response times."""
    basis: Basis
    """measured: this session measured what the remedy sets. estimated: worked out from its figures. rule of thumb:
    neither."""
    how: str
    """How it was worked out, as a phrase."""
    now: float | None = None
    """The figure as it is, in its unit; None where it is not known."""
    low: float | None = None
    high: float | None = None
    """The range in which the figure is expected to lie; None where nothing is promised on that side."""

    @property
    def promises(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def sentence(self) -> str:
        """'response p50 0.5 to 2.6 ms (estimated: half the timeout, and the quickest run)'."""
        if not self.promises:
            return f"{self.figure}: try it; nothing is promised ({self.basis}: {self.how})"
        low, high = (_value(self.figure, value) for value in (self.low, self.high))
        if self.low is None:
            range_text = f"at most {high}"
        elif self.high is None:
            range_text = f"at least {low}"
        else:
            range_text = f"{low} to {high}"
        return f"{self.figure} {range_text} {UNITS[self.figure]} ({self.basis}: {self.how})"


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
    claim: Claim | None = None
    """What the remedy is for; None where it only makes something possible that was asked for."""
    merged: tuple[str, ...] = ()
    """Rules whose remedies contradict this one or are the same, and which rank behind it: their evidence stands in this
    one's."""


Rule = Callable[[AdviceFacts], Advice | None]
"""Returns advice or None. A rule gives advice only if its evidence proves the problem."""


def _value(figure: Figure, value: float | None) -> str:
    match UNITS[figure]:
        case "/s":
            return number_format.rate(value)
        case "ms":
            return number_format.milliseconds(value)
        case _:
            return number_format.UNKNOWN if value is None else f"{value:.3g}"
