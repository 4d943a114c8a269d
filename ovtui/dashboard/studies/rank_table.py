"""The rows of a rank as a table: as they were measured while it runs, the fastest first once it has ended."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.studies.rate_rows import OUTCOME_STYLES
from ovtui.dashboard.studies.table_text import Column, RowText, TableText
from ovtui.metrics.rank.order import points_of
from ovtui.metrics.rank.report import rank_report
from ovtui.metrics.rank.schema import RankReport, RankRow
from ovtui.metrics.rank.table import mark_of, rank_columns
from ovtui.metrics.session.study_event_text import OUTCOMES, reason_beside_outcome
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import StudyPoint

FIELDS = (
    "place", "device", "hint", "outcome", "reason", "throughput", "p50_ms", "p90_ms", "p99_ms", "requests",
    "first_inference_ms", "compile_ms", "memory_bytes", "device_memory_bytes", "agreement", "max_relative", "rounds",
)  # fmt: skip
_UNITS = {"req/s": ("through-", "put /s"), "p50 ms": ("p50", "ms"), "p90 ms": ("p90", "ms"), "p99 ms": ("p99", "ms")}
_DROPS = {"memory": 3, "compile": 4, "first": 5, "agreement": 2, "p50 ms": 1, "errors": 1}
"""Beside those that drop by themselves. The outcome stands behind the columns."""


@dataclass(frozen=True, slots=True)
class RankRows:
    points: list[StudyPoint]
    """In the order of the table's rows."""
    report: RankReport
    table: TableText


def rank_rows(study: StudyState) -> RankRows:
    report = rank_report(study)
    rows = report.rows if study.ended is not None else sorted(report.rows, key=lambda row: row.point)
    by_number = {point.point: point for point in points_of(study)}
    points = [by_number[row.point] for row in rows]
    columns = [column for column in rank_columns(report) if column.heading not in ("limits", "outcome")]
    table = TableText(
        [
            Column(*_UNITS.get(each.heading, (each.heading, "")), (each.drop_rank and each.drop_rank + 5)
                   or _DROPS.get(each.heading, 0), left=each.left)
            for each in columns
        ],
        [
            _row(row, point, [one_line(column.cell(row)) for column in columns], report)
            for row, point in zip(rows, points, strict=True)
        ],
        "outcome",
        FIELDS,
        "rows of the rank",
        "no row is over yet",
    )  # fmt: skip
    return RankRows(points, report, table)


def _row(row: RankRow, point: StudyPoint, cells: list[str], report: RankReport) -> RowText:
    outcome = OUTCOMES[row.outcome] if row.outcome != "measured" else ""  # which every figure says
    ties = [name for name, tied in (("throughput", report.tied), (report.latency, report.tied_latency))
            if row.point in tied]  # fmt: skip
    first = [
        name
        for name, numbers in (("fastest", _first(report)), ("least latency", report.by_latency[:1]))
        if row.point in numbers
    ]
    about = ", ".join(
        filter(
            None,
            (
                *first,
                f"not told from others in {' and '.join(ties)}" if ties else "",
                f"{row.rounds} times" if row.rounds > 1 else "",
                one_line(reason_beside_outcome(point)),
                "compiled for this device before" if mark_of(row) else "",
                one_line(row.why_no_agreement),
            ),
        )
    )
    return RowText(
        cells,
        f"{outcome}  {about}".strip(),
        "bold" if first else "",
        outcome,
        OUTCOME_STYLES[row.outcome],
        [_field(getattr(row, name)) for name in FIELDS],
        f"{one_line(point.text)}: {', '.join(filter(None, (outcome, about))) or 'measured'}",
    )


def _first(report: RankReport) -> list[int]:
    return [row.point for row in report.rows if row.place == 1]


def _field(value: object) -> str:
    return "" if value is None else str(value)
