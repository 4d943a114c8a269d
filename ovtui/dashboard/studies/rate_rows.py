"""A search for the highest rate as texts and numbers: its probes, the bracket, the percentile that is limited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.studies.table_text import Column, RowText, TableText
from ovtui.metrics import number_format
from ovtui.metrics.rate_search.answer_text import rate_text
from ovtui.metrics.session.study_event_text import OUTCOMES, reason_beside_outcome
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import FindRateAnswer, FindRateSpec, PointOutcome, StudyPoint
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.slo import Limit, parse_slo

HEADINGS = (
    "probe", "rate_per_s", "outcome", "reason", "requests", "measured_s", "throughput", "p50_ms", "p90_ms", "p99_ms",
    "limited_ms", "errors", "round",
)  # fmt: skip
OUTCOME_STYLES: dict[PointOutcome, str] = {
    "held": "bold $success", "likely held": "$success", "likely missed": "$error",
    "missed": "bold $error", "overload": "bold $error", "failed": "bold $error",
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
    failing = ("likely missed", "missed", "overload")
    fails = min((rate for rate, outcome in newest.items() if outcome in failing), default=None)
    held = (rate for rate, outcome in newest.items() if outcome in ("held", "likely held"))
    return Bracket(max((rate for rate in held if fails is None or rate < fails), default=None), fails)


def limited(spec: FindRateSpec) -> Limit | None:
    """The first limit on a latency, of whose figure the upper curve is."""
    try:
        limits = parse_slo(spec.slo)
    except SettingsError:  # of a recording by another version
        return None
    return next((limit for limit in limits if limit.unit == "ms"), None)


def limited_ms(point: StudyPoint) -> float | None:
    """What that limit is on."""
    return point.figures.limited_ms if point.figures is not None else None


def rate_table(study: StudyState) -> TableText:
    """A row for each probe."""
    spec = study.began.spec
    limit = limited(spec) if isinstance(spec, FindRateSpec) else None
    # Where the table has no column of it.
    more = limit.subject if limit is not None and limit.subject not in ("p50", "p90", "p99") else ""
    columns = [
        Column("probe", "", 2), Column("rate", "/s"), Column("requests", "", 3), Column("p50", "ms", 1),
        Column("p90", "ms", 5), Column("p99", "ms", 4 if more else 0),
    ]  # fmt: skip
    columns += [Column(more, "ms")] if more else []
    rows = [_row(point, limited=bool(more)) for point in study.points]
    return TableText(columns, rows, "verdict", HEADINGS, "probes", "no probe is over yet")


def _row(point: StudyPoint, *, limited: bool) -> RowText:
    figures, outcome = point.figures, OUTCOMES[point.outcome]
    rate, reason = rate_of(point), one_line(reason_beside_outcome(point))
    latencies = [None] * 3 if figures is None else [figures.p50_ms, figures.p90_ms, figures.p99_ms]
    latencies += [limited_ms(point)] if limited else []
    cells = (
        number_format.count(point.point),
        rate_text(rate).removesuffix("/s") if rate is not None else one_line(point.text),
        number_format.count(figures.requests if figures is not None else None),
        *map(number_format.milliseconds, latencies),
    )
    again = "again, " if point.round > 1 else ""
    tail = f"{outcome}  {again}{reason}".rstrip(" ,")
    full = f"probe {point.point}, {one_line(point.text)}: {outcome}{f', {again}{reason}'.rstrip(', ')}"
    return RowText(
        cells, tail, "", outcome, OUTCOME_STYLES[point.outcome], fields_of(point, [_plain(rate_of(point))]), full
    )


def fields_of(point: StudyPoint, about: Sequence[str]) -> list[str]:
    """Number, what makes the point, its outcome and figures; empty where a figure is not known."""
    figures = point.figures
    values: Sequence[float | None] = (
        (
            figures.requests, figures.measured_s, figures.throughput, figures.p50_ms, figures.p90_ms, figures.p99_ms,
            figures.limited_ms, figures.errors,
        )
        if figures is not None
        else (None,) * 8
    )  # fmt: skip
    return [
        *(str(point.point), *about, point.outcome, point.reason),
        *map(_plain, values),
        str(point.round),
    ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value}"
