"""A rank as text for stdout: the table of its rows, what its marks mean, and the answer."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ovtui.metrics import number_format
from ovtui.metrics.rank.schema import RankReport, RankRow
from ovtui.metrics.rank.table import ANSWER_RANK, MARK_TEXT, RankColumn, mark_of, rank_columns, why_not_served
from ovtui.metrics.session.study_event_text import OUTCOMES
from ovtui.metrics.sweep.goals import GOALS
from ovtui.records.events import StudyPoint
from ovtui.settings.shown_text import padded, shown, width_of

LEAST_WIDTH = 80
GAP, NARROW_GAP = "  ", " "


def point_line(point: StudyPoint) -> str:
    """What came of one row, for the progress: 'CPU latency: 412.0/s, p99 2.40 ms'. Empty for the rounds in alternation,
    of which the table has the medians."""
    if point.round > 1 and point.outcome not in ("refused", "failed"):
        return ""
    if point.outcome in ("refused", "failed"):
        return f"{point.text}: {OUTCOMES[point.outcome]}: {point.reason}"
    figures = [
        GOALS[name].text(value) if name == "throughput" else f"{name} {GOALS[name].text(value)}"
        for name in ("throughput", "p50", "p99")
        if (value := GOALS[name].value(point.figures)) is not None
    ]
    outcome = [] if point.outcome == "measured" else [OUTCOMES[point.outcome]]
    return f"{point.text}: {', '.join(figures + outcome)}"


def result_lines(report: RankReport, width: int, *, wrapped: bool = False) -> list[str]:
    """`wrapped`: the answer, too, for a screen; else it is one line, for a script."""
    lines = table_lines(report, max(width, LEAST_WIDTH))
    notes = [MARK_TEXT] if any(map(mark_of, report.rows)) else []
    if any(row.place is not None for row in report.rows):
        notes.append("first: from the start of the process to its first inference; compile: within that")
    if any(row.rounds > 1 for row in report.rows):
        again = " and ".join(f"{row.device} {row.hint}" for row in report.rows if row.rounds > 1)
        notes.append(f"measured again in alternation, and figures of those rounds: {again}")
    told = [line for note in notes for line in textwrap.wrap(shown(note), max(width, LEAST_WIDTH))]
    answer = textwrap.wrap(shown(report.text), max(width, LEAST_WIDTH)) if wrapped else [report.text]
    return [*lines, *(["", *told] if told else []), "", *answer]


def table_lines(report: RankReport, width: int) -> list[str]:
    """Columns for which there is no room are left out; a row that was not served has its reason in their place."""
    served = [row for row in report.rows if row.place is not None]
    columns, widths, gap = _fitting(report, served, width)
    lines = [_line([column.heading for column in columns], columns, widths, gap)]
    lines += [_line([shown(column.cell(row)) for column in columns], columns, widths, gap) for row in served]
    before = ""
    for row in report.rows:
        if row.place is None:
            reason = why_not_served(row)
            told = f"{OUTCOMES[row.outcome]}, as above" if reason == before else reason
            before = reason
            start = _line([shown(row.device), shown(row.hint)], columns[:2], widths[:2], gap, cut=False) + GAP
            room = max(width - width_of(start), LEAST_WIDTH // 3)
            first, *rest = textwrap.wrap(shown(told), room) or [""]
            lines += [start + first, *(" " * width_of(start) + each for each in rest)]
    return lines


def _fitting(report: RankReport, served: Sequence[RankRow], width: int) -> tuple[list[RankColumn], list[int], str]:
    """The columns, how wide each is, and what stands between them: less, before a column is left out that is an answer
    and no detail."""
    columns = rank_columns(report)
    while True:
        widths = [_width(column, served, report.rows) for column in columns]
        least = max(columns, key=lambda column: column.drop_rank)
        for gap in (GAP, NARROW_GAP) if least.drop_rank <= ANSWER_RANK else (GAP,):
            if sum(widths) + len(gap) * (len(columns) - 1) <= width:
                return columns, widths, gap
        if not least.drop_rank:
            return columns, widths, NARROW_GAP
        columns.remove(least)


def took_text(report: RankReport) -> str:
    """'6 rows, 48 s'; empty where that is not known."""
    if report.lasted_s is None:
        return ""
    return f"{number_format.quantity(len(report.rows), 'row')}, {number_format.rough_seconds(report.lasted_s)}"


def _width(column: RankColumn, served: Sequence[RankRow], rows: Sequence[RankRow]) -> int:
    of = rows if column.heading in ("device", "hint") else served
    return max([width_of(column.heading), *(width_of(shown(column.cell(row))) for row in of)])


def _line(
    cells: Sequence[str], columns: Sequence[RankColumn], widths: Sequence[int], gap: str, *, cut: bool = True
) -> str:
    parts = [
        padded(cell, width) if column.left else " " * (width - width_of(cell)) + cell
        for cell, column, width in zip(cells, columns, widths, strict=True)
    ]
    line = gap.join(parts)
    return line.rstrip() if cut else line
