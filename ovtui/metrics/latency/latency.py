"""The figures of a latency distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MS_DECIMALS = 6
"""A figure in ms is rounded once, where it is made, to the nanosecond that the clock counts. Every surface shows that
number, with as many of its decimals as there is room for (metrics.number_format)."""

LatencyKind = Literal["inference", "service", "response"]
"""OpenVINO's own latency; from submission to completion; from the due time to completion."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Figures of one distribution, in ms to the nanosecond. A percentile without enough samples is None: p99 needs 662
    of them, p99.9 needs 6,630."""

    count: int = 0
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None
    mean: float | None = None


def rounded_ms(value_ms: float | None) -> float | None:
    """The number that every surface shows of a figure in ms; see MS_DECIMALS."""
    return None if value_ms is None else round(value_ms, MS_DECIMALS)
