"""What `ovtui compare --json` writes, and what its text renders. Every key is always there; what is not known is
null."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.metrics.latency.latency import LatencyKind
from ovtui.records.events import Machine
from ovtui.settings.schema.fail_if import FailVerdict
from ovtui.settings.schema.settings import Settings

VERSION = 1
"""Raised when a key changes its meaning or goes, not when a key is added."""
FigureName = Literal["throughput", "p50", "p90", "p95", "p99", "p99.9", "mean", "max", "errors", "joules"]
Unit = Literal["1/s", "ms", "share", "J"]
UNITS: dict[FigureName, Unit] = {
    "throughput": "1/s", "p50": "ms", "p90": "ms", "p95": "ms", "p99": "ms", "p99.9": "ms", "mean": "ms", "max": "ms",
    "errors": "share", "joules": "J",
}  # fmt: skip


class CompareSide(msgspec.Struct, frozen=True, kw_only=True):
    """One recording, and which of its loads is compared."""

    path: str
    started_at_s: float | None
    """Unix time; null in a recording that does not tell."""
    ovtui: str | None
    openvino: str | None
    machine: Machine | None
    model: str
    device: str
    """That was compiled for, as it was asked for where that is not known."""
    segment: int
    segments: int
    """How many the recording has."""
    is_trial_side: bool
    """Segment of a trial: its turns together, with the guards between them."""
    part: str
    """The device whose part of the segment this is, where others served in it, too; else empty."""
    served_by: list[str]
    loop: Literal["open", "closed"]
    settings: Settings
    requests: int
    """Whose latencies count."""
    duration_s: float | None
    """Of the load."""


class SideValue(msgspec.Struct, frozen=True, kw_only=True):
    value: float | None
    low: float | None
    high: float | None
    """The interval within the recording, of 95 %; null where it is not known."""


class CompareFigure(msgspec.Struct, frozen=True, kw_only=True):
    name: FigureName
    unit: Unit
    a: SideValue
    b: SideValue
    ratio: float | None
    """B / A; null where one is not known, or A is 0."""
    low: float | None
    high: float | None
    """The interval of the ratio, of 95 %, by what varied within the runs. Both null: not known. `high` alone null:
    there is no upper end, because A may be 0."""
    why: str
    """Why there is no ratio, or no interval; empty where there is one."""


class CompareCondition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of --fail-if."""

    condition: str
    """As --fail-if has it: 'p99>+5%'."""
    verdict: FailVerdict
    text: str
    """The sentence on it, with the interval."""


class CompareResult(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    latency: LatencyKind
    """The kind of latency of p50 to max."""
    confidence: float
    interleaved: bool
    """False: so there is no p-value."""
    a: CompareSide
    b: CompareSide
    differs: list[str]
    """What else than the figures differs, as texts: 'hint latency→throughput'."""
    warnings: list[str]
    """Why the figures may not be comparable, or not what they seem; a sentence each."""
    figures: list[CompareFigure]
    fail_if: list[CompareCondition]


def json_schema() -> bytes:
    """JSON Schema of CompareResult, indented."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(CompareResult)), indent=2)
