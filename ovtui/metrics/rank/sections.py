"""A rank as a section of a report: its table, and its figures as bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovtui.metrics import number_format
from ovtui.metrics.rank.report import rank_report
from ovtui.metrics.rank.schema import RankReport, RankRow
from ovtui.metrics.rank.table import MARK_TEXT, mark_of, rank_columns, why_not_served
from ovtui.metrics.report.bars import Bar, bars
from ovtui.metrics.report.report import Section, Table
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.study_events import RankSpec


def rank_sections(state: SessionState) -> list[Section]:
    """Of each rank of a session, oldest first."""
    ranks = [study for study in state.studies if isinstance(study.began.spec, RankSpec) and study.points]
    return [section for study in ranks for section in sections_of(rank_report(study, state))]


def sections_of(report: RankReport, *, told: bool = True) -> list[Section]:
    """`told`: with the answer in a sentence, for a place that does not say it elsewhere."""
    notes = [report.text] if told else []
    if any(map(mark_of, report.rows)):
        notes.append(MARK_TEXT)
    served = [row for row in report.rows if row.place is not None]
    columns = rank_columns(report)
    table = Table([column.heading for column in columns], [[column.cell(row) for column in columns] for row in served])
    found = [Section("Rank", table, ". ".join(notes), rank_pictures(report))] if served else []
    refused = [(f"{row.device} {row.hint}", why_not_served(row)) for row in report.rows if row.place is None]
    if refused:
        found.append(Section("Not served", Table(("", "why"), refused, words=True)))
    return found


def rank_pictures(report: RankReport) -> str:
    """Throughput, latency and first inference as SVG."""
    rows = [row for row in report.rows if row.place is not None]
    p99 = report.latency == "p99"
    return "\n".join(
        filter(
            None,
            (
                _picture("Throughput", "requests/s", rows, lambda row: row.throughput, number_format.rate, max),
                _picture(
                    f"{report.latency} of the responses", f"{report.latency}, ms", rows,
                    lambda row: row.p99_ms if p99 else row.p50_ms, number_format.milliseconds, min,
                ),
                _picture(
                    "First inference", "from the start of the process to the first inference", rows,
                    lambda row: row.first_inference_ms, number_format.duration, min,
                ),
            ),
        )
    )  # fmt: skip


def _picture(
    title: str,
    unit: str,
    rows: Sequence[RankRow],
    value: Callable[[RankRow], float | None],
    text: Callable[[float | None], str],
    best: Callable[[Sequence[float]], float],
) -> str:
    known = [(row, found) for row in rows if (found := value(row)) is not None]
    if not known:
        return ""
    top = best([found for _, found in known])
    return bars(
        title, unit, [Bar(f"{row.device} {row.hint}", found, text(found), found == top) for row, found in known]
    )
