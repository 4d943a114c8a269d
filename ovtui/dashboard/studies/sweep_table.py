"""The points of a sweep as a table: what varies, the goal, the outcome and why."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.studies.rate_rows import OUTCOME_STYLES, fields_of
from ovtui.dashboard.studies.table_text import Column, RowText, TableText
from ovtui.metrics import number_format
from ovtui.metrics.session.study_event_text import OUTCOMES, reason_beside_outcome
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.rows import SweepRow, goals_of, spec_of
from ovtui.settings.schema.settings import fields

FIGURE_HEADINGS = (
    "outcome", "reason", "requests", "measured_s", "throughput", "p50_ms", "p90_ms", "p99_ms", "limited_ms", "errors",
    "rounds",
)  # fmt: skip


def setting_label(name: str) -> str:
    """As the settings pane calls it; a property by its own name."""
    field = fields().get(name)
    return name if field is None else field.label


def sweep_table(study: StudyState, rows: Sequence[SweepRow]) -> TableText:
    """A row for each point, by number."""
    goal, second = goals_of(study)
    varied = list(spec_of(study).vary)
    columns = [Column("point", "", 1)]
    columns += [Column(one_line(setting_label(name)), "", 0, left=True) for name in varied]
    columns += [Column(*_heading(goal.label)), Column(*_heading(second.label), 2), Column("requests", "", 4)]
    return TableText(
        columns,
        [_row(row, varied, goal.number(row.goal), second.number(row.second)) for row in rows],
        "outcome",
        ("point", *varied, *FIGURE_HEADINGS, "on_front", "best"),
        "points of the sweep",
        "no point is over yet",
    )


def _heading(label: str) -> tuple[str, str]:
    """The label of a goal as heading and unit: 'p99 ms' on two lines."""
    return {"req/s": ("through-", "put /s"), "J per request": ("energy", "J")}.get(
        label, (label.removesuffix(" ms"), "ms" if label.endswith(" ms") else "")
    )


def _row(row: SweepRow, varied: Sequence[str], goal: str, second: str) -> RowText:
    point, outcome = row.point, OUTCOMES[row.point.outcome]
    values = [one_line(point.values.get(name, number_format.UNKNOWN)) for name in varied]
    figures = point.figures
    cells = (
        number_format.count(point.point), *values, goal, second,
        number_format.count(figures.requests if figures is not None else None),
    )  # fmt: skip
    place = "BEST" if row.best else "front" if row.on_front else ""
    rounds = f"{row.rounds} times" if row.rounds > 1 else ""
    about = ", ".join(filter(None, (place, rounds, one_line(reason_beside_outcome(point)))))
    tail = f"{outcome}  {about}".rstrip()
    full = f"point {point.point}, {one_line(point.text)}: {outcome}{f', {about}' if about else ''}"
    return RowText(
        cells,
        tail,
        "bold" if row.best or row.on_front else "",
        outcome,
        OUTCOME_STYLES[point.outcome],
        [*fields_of(point, [point.values.get(name, "") for name in varied]), str(row.on_front), str(row.best)],
        full,
    )
