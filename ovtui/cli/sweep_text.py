"""A sweep as text for stdout: the table of its points, the heat map, the front as a plot, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ovtui.metrics import number_format
from ovtui.metrics.session.study_event_text import OUTCOMES
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.answer_text import answer_text
from ovtui.metrics.sweep.goals import GOALS, IN_ITEMS
from ovtui.metrics.sweep.rows import HeatMap, SweepRow, counts_items, goals_of, heat_map, spec_of, sweep_rows
from ovtui.records.study_events import SweepAnswer
from ovtui.settings.schema.settings import fields
from ovtui.settings.shown_text import padded, shown, width_of

if TYPE_CHECKING:
    from ovtui.records.events import StudyPoint

MOST_REASON = 70
PLOT_HEIGHT = 16
AGAIN = "where a point was measured again, its figures are of those rounds, its outcome of its longest measurement"


def point_line(study: StudyState, point: StudyPoint) -> str:
    """What came of one point, for the progress: 'point 7, streams 2: 412.0/s, p99 18.1 ms, held'. Empty for the rounds
    in alternation, of which the table has the sum."""
    if point.round > 2 and point.outcome not in ("refused", "failed"):
        return ""
    figures = [
        f"{goal.name} {goal.text(value)}" if goal.name != "throughput" else goal.text(value)
        for goal in goals_of(study)
        if (value := goal.value(point.figures)) is not None
    ]
    outcome = [] if point.outcome == "measured" else [OUTCOMES[point.outcome]]
    why = f": {point.reason}" if point.outcome in ("refused", "failed", "dropped", "overload") else ""
    again = " (again)" if point.round > 1 else ""
    box = f"{point.box}: " if point.box else ""
    return f"{box}point {point.point}{again}, {point.text}: {', '.join(figures + outcome)}{why}"


def result_lines(study: StudyState, width: int) -> list[str]:
    """All of it but the answer and the plot."""
    rows = sweep_rows(study)
    lines = table_lines(study, rows, width)
    varied = [name for name, values in spec_of(study).vary.items() if len(values) > 1]
    if len(varied) >= 2:
        lines += ["", *heat_map_lines(heat_map(study, varied[0], varied[1]), others=len(varied) > 2)]
    return lines


def table_lines(study: StudyState, rows: Sequence[SweepRow], width: int) -> list[str]:
    spec = spec_of(study)
    shows_joules = spec.goal == "joules" or any(
        row.point.figures is not None and row.point.figures.joules_per_request is not None for row in rows
    )
    joules = (IN_ITEMS if counts_items(study) else GOALS)["joules"]
    names = [*(["items"] if counts_items(study) else []), "throughput", "p50", "p90", "p99"]
    columns = [IN_ITEMS["throughput"] if name == "items" else GOALS[name] for name in names]
    columns += [joules] if shows_joules else []
    head = ["", "point", *(label_of(name) for name in spec.vary), *(column.label for column in columns)]
    on_boxes = any(row.boxes for row in rows)
    head += ["requests", *(["box"] if on_boxes else []), "outcome"]
    cells = [head]
    for row in rows:
        figures = row.point.figures
        values = [column.number(column.value(figures)) for column in columns]
        cells.append(
            [
                "**" if row.best else "*" if row.on_front else "",
                str(row.number),
                *(shown(row.point.values.get(name, "")) or "-" for name in spec.vary),
                *values,
                number_format.count(figures.requests if figures is not None else None),
                *([", ".join(map(shown, row.boxes)) or "-"] if on_boxes else []),
                _outcome_text(row, spec.slo),
            ]
        )
    left = set(range(2, 2 + len(spec.vary))) | {0, len(head) - 1} | ({len(head) - 2} if on_boxes else set())
    goal, second = goals_of(study)
    marks = f"*: on the front, no other point beats it in both {goal.label} and {second.label}; the best one has **"
    return [*_aligned(cells, left, width), "", marks, *([AGAIN] if any(row.rounds > 1 for row in rows) else [])]


def heat_map_lines(found: HeatMap, *, others: bool) -> list[str]:
    best = "; each cell is the best over the other settings" if others else ""
    corner = f"{label_of(found.y)} \\ {label_of(found.x)}"
    cells = [[corner, *map(shown, found.x_values)]]
    for value, line in zip(found.y_values, found.cells, strict=True):
        texts = []
        for cell in line:
            mark = "*" if cell.on_front else ""
            point = cell.point
            text = (
                found.goal.number(cell.value) + mark
                if cell.value is not None
                else OUTCOMES[point.outcome]
                if point
                else "-"
            )
            lost = point is not None and point.outcome in ("missed", "overload", "dropped") and cell.value is not None
            texts.append(f"({text})" if lost else text)
        cells.append([shown(value), *texts])
    head = f"{found.goal.label} by {label_of(found.y)} and {label_of(found.x)}{best}; (in brackets: it may not win)"
    return [head, *_aligned(cells, {0}, 200)]


def front_plot(study: StudyState, width: int) -> list[str]:
    """The front as a curve, all points that have both figures as another one."""
    from ovtui.cli.plots import curve_plot, is_ascii_only

    goal, second = goals_of(study)
    points = sorted(
        (row.second, row.goal) for row in sweep_rows(study) if row.on_front and row.second and row.goal is not None
    )
    if len(points) < 2:
        return []
    series = {"front": ([x for x, _ in points], [y for _, y in points])}
    return curve_plot(
        series, x=second.label, y=goal.label, width=width, height=PLOT_HEIGHT, ascii_only=is_ascii_only()
    )  # fmt: skip


def answer_lines(study: StudyState, recording: str) -> list[str]:
    """The best point, its preset, how a point is opened. `recording`: of this session."""
    answer = study.ended.answer if study.ended is not None else None
    if not isinstance(answer, SweepAnswer):
        return []
    lines = [answer_text(study, answer)]
    took = f"{number_format.quantity(answer.points, 'point')}, {number_format.rough_seconds(answer.lasted_s)}"
    lines.append(
        f"{took}: measuring {number_format.seconds(answer.measuring_s)}, compiling "
        f"{number_format.seconds(answer.compiling_s)}"
    )
    best = next((row for row in sweep_rows(study) if row.best), None)
    if answer.preset:
        lines.append(f"saved as {answer.preset}")
    path = (best.point.recording if best is not None else "") or recording
    if best is not None and path and best.point.begin_ns:
        lines.append(f"to look at it: {replay_command(path, best.point.begin_ns)}")
    return lines


def replay_command(path: str, begin_ns: int) -> str:
    from ovtui.settings.paths import shell_line

    return shell_line(["ovtui", "replay", path, "--at", f"{begin_ns / 1e9:.1f}"])


def label_of(name: str) -> str:
    field = fields().get(name)
    return field.label if field is not None else name


def _outcome_text(row: SweepRow, slo: str) -> str:
    outcome, reason = row.point.outcome, shown(row.point.reason)
    text = OUTCOMES[outcome]
    if reason and (outcome != "held" or slo):
        cut = reason if len(reason) <= MOST_REASON else f"{reason[: MOST_REASON - 3]}..."
        return cut if outcome in ("held", "missed", "unknown") else f"{text}: {cut}"
    return text


def _aligned(cells: Sequence[Sequence[str]], left: set[int], width: int) -> list[str]:
    widths = [max(width_of(row[at]) for row in cells) for at in range(len(cells[0]))]
    lines = []
    for row in cells:
        parts = [
            padded(text, widths[at]) if at in left else " " * (widths[at] - width_of(text)) + text
            for at, text in enumerate(row)
        ]
        lines.append("  ".join(parts).rstrip()[: max(width, 80)])
    return lines
