"""What came of a point, from the result that its box sent: the same figures as those of a sweep on this machine.

There a point is measured once its engine is warm, in a segment of its own. A box measures it in a session of its own,
which begins with the engine's warm-up: it lasts longer by what a sweep leaves to a fresh engine, and of a closed loop
the throughput is that of the requests, and of the time, behind the warm-up, as far as its rule finds an end of it."""

from __future__ import annotations

from typing import Any

import msgspec

from ovtui.metrics.limits.verdicts import describe_verdict, limit_name
from ovtui.metrics.result.energy_schema import SourceEnergy
from ovtui.records.study_events import PointFigures, PointOutcome
from ovtui.settings.device_names import virtual_of
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import shown
from ovtui.studies.sweep_point import GUARD_S, GUARD_SHARE, Measured, why_nothing

POWER_ORDER = ("cpu", "system", "battery")
"""As PowerFigures.main has it of a segment."""
NO_STAND_IN = "ENABLE_STARTUP_FALLBACK"
RATE_DECIMALS = 3
_LONGEST_S = 1e8
"""Of a session: three years."""


class _Latency(msgspec.Struct):
    count: int = 0
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    mean: float | None = None


class _Latencies(msgspec.Struct):
    response: _Latency


class _Segment(msgspec.Struct):
    segment: int
    nireq: int
    t_s: float
    errors: int
    duration_s: float | None
    throughput: float | None
    latency_ms: _Latencies
    energy: dict[str, SourceEnergy | None] = {}


class _WarmUp(msgspec.Struct):
    until_s: float | None


class _Limit(msgspec.Struct):
    limit: str
    default: bool
    verdict: str
    value: float | None
    unit: str
    why: str


class _Advice(msgspec.Struct):
    id: str
    severity: str
    text: str


class _Startup(msgspec.Struct):
    compile_ms: float | None = None


class _Result(msgspec.Struct):
    """What is read of the object of `ovtui run --json`; it comes from a box, so that nothing of it is taken for
    granted."""

    segments: list[_Segment]
    warm_up: _WarmUp
    items_per_request: float | None = None
    slo: list[_Limit] = []
    advice: list[_Advice] = []
    startup: _Startup = msgspec.field(default_factory=_Startup)


def box_settings(settings: Settings, point_s: float) -> Settings:
    """Those of a point for a session on a box that measures it for `point_s`. AUTO waits for its accelerator, as in a
    sweep on this machine: else the CPU would be measured that stands in for it."""
    properties = dict(settings.properties)
    if virtual_of(settings.device) == "AUTO" and NO_STAND_IN not in properties:
        properties[NO_STAND_IN] = "NO"
    guard_s = min(GUARD_S, GUARD_SHARE * point_s)
    return msgspec.structs.replace(settings, duration_s=guard_s + point_s, requests=0, properties=properties)


def measured_of(result: dict[str, Any] | None, settings: Settings) -> tuple[Measured, float]:
    """What came of the point, and the seconds that its compile took. `settings`: the point's own."""
    try:
        found = msgspec.convert(result, _Result)
    except (msgspec.ValidationError, RecursionError):
        return Measured("failed", "its box sent a result that this ovtui cannot read"), 0.0
    compile_s = (found.startup.compile_ms or 0.0) / 1e3
    if not found.segments:
        return Measured("failed", "nothing was measured"), compile_s
    segment = found.segments[-1]
    figures = _figures(found, segment, settings)
    outcome, reason = _outcome(found, settings)
    if not figures.requests and outcome in ("measured", "unknown"):
        outcome, reason = "failed", why_nothing(figures, segment.nireq, segment.duration_s or 0.0)
    begin_s = min(segment.t_s + (found.warm_up.until_s or 0.0), _LONGEST_S)
    until_s = min(segment.t_s + (segment.duration_s or 0.0), _LONGEST_S)
    span_ns = int(begin_s * 1e9), int(max(begin_s, until_s) * 1e9)
    return Measured(outcome, reason, figures, segment.segment, *span_ns), compile_s


def _figures(found: _Result, segment: _Segment, settings: Settings) -> PointFigures:
    response, warm_s = segment.latency_ms.response, found.warm_up.until_s
    span_s, throughput = segment.duration_s or 0.0, segment.throughput
    if not settings.rate and warm_s is not None and 0 < warm_s < span_s and response.count:
        span_s -= warm_s
        throughput = round(response.count / span_s, RATE_DECIMALS)
    sources = (segment.energy.get(name) for name in POWER_ORDER)
    power = next((source for source in sources if source is not None and source.watts is not None), None)
    return PointFigures(
        requests=response.count,
        measured_s=round(span_s, 6),
        throughput=throughput,
        p50_ms=response.p50,
        p90_ms=response.p90,
        p99_ms=response.p99,
        mean_ms=response.mean,
        errors=segment.errors,
        items_per_request=found.items_per_request,
        joules_per_request=power.joules_per_inference if power is not None else None,
    )


def _outcome(found: _Result, settings: Settings) -> tuple[PointOutcome, str]:
    overload = next((each for each in found.advice if (each.id, each.severity) == ("overloaded", "warning")), None)
    if settings.rate and overload is not None:
        return "overload", shown(overload.text)
    if not settings.slo:
        return "measured", ""
    words: tuple[PointOutcome, ...] = ("missed", "unknown", "held")
    for word in words:
        for limit in found.slo:
            if limit.verdict == word:
                return word, _sentence(limit, word)
    return "unknown", "nothing was measured"


def _sentence(limit: _Limit, word: Any) -> str:
    unit = limit.unit if limit.unit in ("ms", "/s", "%", "") else ""
    name = limit_name(shown(limit.limit), is_default=limit.default)
    return describe_verdict(name, word, limit.value, unit, shown(limit.why))
