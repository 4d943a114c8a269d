"""A search for the highest rate as texts and numbers: its probes, the bracket, the percentile that is limited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.studies.table_text import Column, RowText, TableText
from ovtui.metrics import number_format
from ovtui.metrics.session.study_event_text import OUTCOMES
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import FindRateAnswer, FindRateSpec, PointFigures, PointOutcome, StudyPoint
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.slo import Limit, parse_slo

HEADINGS = (
    "probe", "rate_per_s", "outcome", "reason", "requests", "measured_s", "throughput", "p50_ms", "p90_ms", "p99_ms",
    "errors", "round",
)  # fmt: skip
OUTCOME_STYLES: dict[PointOutcome, str] = {
    "held": "bold $success", "missed": "bold $error", "overload": "bold $error", "failed": "bold $error",
    "refused": "bold $warning", "unknown": "bold $warning", "dropped": "$dim", "measured": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bracket:
    """1/s; None where it is not known."""

    holds: float | None
    fails: float | None


def rate_of(point: StudyPoint) -> float | None:
    try:
        return float(point.values["rate"])
    except (KeyError, ValueError):
        return None


def bracket_of(study: StudyState) -> Bracket:
    """The answer's, or what the probes so far say: of a rate that was probed again the newest probe."""
    answer = study.ended.answer if study.ended is not None else None
    if isinstance(answer, FindRateAnswer):
        return Bracket(answer.holds_per_s, answer.fails_per_s)
    newest = {rate: point.outcome for point in study.points if (rate := rate_of(point)) is not None}
    fails = min((rate for rate, outcome in newest.items() if outcome in ("missed", "overload")), default=None)
    held = (rate for rate, outcome in newest.items() if outcome == "held")
    return Bracket(max((rate for rate in held if fails is None or rate < fails), default=None), fails)


def limited(spec: FindRateSpec) -> Limit | None:
    """The first limit on a percentile of the response."""
    try:
        limits = parse_slo(spec.slo)
    except SettingsError:  # of a recording by another version
        return None
    return next((limit for limit in limits if limit.q is not None and limit.latency == "response"), None)


def limited_name(spec: FindRateSpec) -> str:
    """The percentile of PointFigures that a curve is drawn of: the limited one, or p99."""
    limit = limited(spec)
    name = limit.subject if limit is not None else "p99"
    return name if name in ("p90", "p99") else "p99"


def percentile_ms(figures: PointFigures | None, name: str) -> float | None:
    if figures is None:
        return None
    return {"p50": figures.p50_ms, "p90": figures.p90_ms}.get(name, figures.p99_ms)


def rate_table(study: StudyState) -> TableText:
    """A row for each probe."""
    columns = (
        Column("probe", "", 2), Column("rate", "/s"), Column("requests", "", 3), Column("p50", "ms", 1),
        Column("p90", "ms", 4), Column("p99", "ms"),
    )  # fmt: skip
    rows = [_row(point) for point in study.points]
    return TableText(columns, rows, "verdict", HEADINGS, "probes", "no probe is over yet")


def _row(point: StudyPoint) -> RowText:
    figures, outcome = point.figures, OUTCOMES[point.outcome]
    rate, reason = rate_of(point), one_line(point.reason)
    cells = (
        number_format.count(point.point),
        number_format.rate(rate) if rate is not None else one_line(point.text),
        number_format.count(figures.requests if figures is not None else None),
        *(number_format.milliseconds(percentile_ms(figures, name)) for name in ("p50", "p90", "p99")),
    )
    again = "again, " if point.round > 1 else ""
    tail = f"{outcome}  {again}{reason}".rstrip(" ,")
    full = f"probe {point.point}, {one_line(point.text)}: {outcome}{f', {again}{reason}'.rstrip(', ')}"
    return RowText(cells, tail, "", outcome, OUTCOME_STYLES[point.outcome], fields_of(point, [_plain(rate)]), full)


def fields_of(point: StudyPoint, about: Sequence[str]) -> list[str]:
    """Number, what makes the point, its outcome and figures; empty where a figure is not known."""
    figures = point.figures
    values: Sequence[float | None] = (
        (
            figures.requests, figures.measured_s, figures.throughput, figures.p50_ms, figures.p90_ms, figures.p99_ms,
            figures.errors,
        )
        if figures is not None
        else (None,) * 7
    )  # fmt: skip
    return [
        *(str(point.point), *about, point.outcome, point.reason),
        *map(_plain, values),
        str(point.round),
    ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value}"
