"""The Result of the advice, and of what it claims."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from ovtui.metrics.advice.advice import UNITS, Advice, Basis, Claim, Figure, Unit

DECIMALS = 4


class ClaimResult(msgspec.Struct, frozen=True, kw_only=True):
    figure: Figure
    """What the remedy is for: throughput is to rise, everything else to fall. Latencies are response times of the
    segment in force; late share: of requests that found no idle infer request."""
    unit: Unit
    now: float | None
    """The figure in this session; null where it is not known."""
    low: float | None
    high: float | None
    """The range in which it is expected to lie with the remedy; null where nothing is promised on that side."""
    basis: Basis
    """measured: this session measured what the remedy sets. estimated: worked out from its figures. rule of thumb:
    neither."""
    how: str
    """How it was worked out."""


class AdviceResult(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    severity: Literal["info", "warning", "error"]
    text: str
    evidence: str
    """The figures of this session that it is based on."""
    remedy: dict[str, Any] = {}
    """Settings to change, by name."""
    claim: ClaimResult | None = None
    """What the remedy is for, and what of it is promised; null where it only makes possible what was asked for."""
    merged: list[str] = []
    """Ids of advice that contradicts this one, or has the same remedy, and ranks behind it; its evidence is part of
    `evidence`."""


def advice_results(found: Iterable[Advice]) -> list[AdviceResult]:
    return [
        AdviceResult(
            id=advice.id,
            severity=advice.severity,
            text=advice.text,
            evidence=advice.evidence,
            remedy=advice.remedy,
            claim=None if advice.claim is None else _claim(advice.claim),
            merged=list(advice.merged),
        )
        for advice in found
    ]


def _claim(claim: Claim) -> ClaimResult:
    low, high = (None if value is None else round(value, DECIMALS) for value in (claim.low, claim.high))
    return ClaimResult(
        figure=claim.figure, unit=UNITS[claim.figure], now=claim.now, low=low, high=high, basis=claim.basis,
        how=claim.how,
    )  # fmt: skip
