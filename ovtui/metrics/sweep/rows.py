"""The points of a sweep as a table, its front, and its heat map: the same for a script, the dashboard and a replay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.goals import GOALS, IN_ITEMS, INSTEAD, Goal, second_goal
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import PointFigures, PointOutcome, SweepAnswer, SweepSpec

MAY_WIN: tuple[PointOutcome, ...] = ("held", "unknown", "measured")
"""A point whose limit is not known to hold may be on the front, so that it is measured again; it is never the best."""
_WORST_FIRST: tuple[PointOutcome, ...] = (
    "refused", "failed", "overload", "missed", "likely missed", "dropped", "held", "likely held", "unknown", "measured",
)  # fmt: skip
_COUNTS = ("requests", "measured_s", "errors")


@dataclass(frozen=True, slots=True)
class SweepRow:
    """A point with all that was measured of it."""

    point: StudyPoint
    """Its outcome and figures are those of all rounds that count; segment, span and recording those of the first."""
    goal: float | None
    """In the unit of the goal."""
    second: float | None
    """What the front weighs it against."""
    on_front: bool
    best: bool
    rounds: int
    """How often it was measured."""
    boxes: tuple[str, ...] = ()
    """The boxes of a fleet that its figures are from; empty for this machine."""

    @property
    def number(self) -> int:
        return self.point.point


@dataclass(frozen=True, slots=True)
class HeatCell:
    value: float | None
    """The best value of the goal among the points of the cell that may win; of all of them where none may."""
    point: StudyPoint | None
    """The point that it belongs to; None where none of the cell was measured yet."""
    on_front: bool = False


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Two of the varied settings against the goal; over all other settings the best point counts."""

    x: str
    y: str
    x_values: list[str]
    y_values: list[str]
    cells: list[list[HeatCell]]
    """By y, then x."""
    goal: Goal
    low: float | None
    high: float | None
    """The lowest and the highest value of all cells; None where there is none."""


def spec_of(study: StudyState) -> SweepSpec:
    """Raises ValueError where the study is no sweep."""
    if not isinstance(study.began.spec, SweepSpec):
        raise ValueError("the study is no sweep")
    return study.began.spec


def goals_of(study: StudyState) -> tuple[Goal, Goal]:
    """The goal, and what the front weighs it against: of the response times the first one that is known of all points
    that may win, since slow requests are often too few for a p99. Work is counted in items where requests hold
    different numbers of them."""
    spec = spec_of(study)
    goal, wanted = GOALS[spec.goal], second_goal(spec.goal, spec.slo)
    if counts_items(study):
        goal, wanted = IN_ITEMS.get(goal.name, goal), IN_ITEMS.get(wanted.name, wanted)
    if not wanted.higher:
        able = [point.figures for point in study.points if point.round == 1 and point.outcome in MAY_WIN]
        for name in dict.fromkeys((wanted.name, *INSTEAD)):
            if able and all(GOALS[name].value(figures) is not None for figures in able if figures is not None):
                return goal, GOALS[name]
    return goal, wanted


def counts_items(study: StudyState) -> bool:
    """Whether the items of all points are known, and not the same for all."""
    items = _items(study)
    return None not in items and len(items) > 1


def why_requests(study: StudyState) -> str:
    """What is to be said where points may have different items that are not known of all; empty where none is."""
    items = _items(study)
    if None not in items or len(items) < 2:
        return ""
    return "a request counts as one, since it is not known of all points how many items one holds (--layout says it)"


def _items(study: StudyState) -> set[float | None]:
    """Of the requests of all points."""
    return {
        point.figures.items_per_request
        for point in study.points
        if point.figures is not None and point.figures.requests
    }


def sweep_rows(study: StudyState) -> list[SweepRow]:
    """One row for each point that was measured, or could not be, by number."""
    goal, second = goals_of(study)
    by_number: dict[int, list[StudyPoint]] = {}
    for point in study.points:
        by_number.setdefault(point.point, []).append(point)
    points = [together(by_number[number]) for number in sorted(by_number)]
    on_front = {point.point for point in front_of(points, goal, second)}
    answer = study.ended.answer if study.ended is not None else None
    best = answer.best if isinstance(answer, SweepAnswer) else None
    return [
        SweepRow(
            point,
            goal.value(point.figures),
            second.value(point.figures),
            point.point in on_front,
            point.point == best,
            len(by_number[point.point]),
            tuple(dict.fromkeys(each.box for each in counted(by_number[point.point]) if each.box)),
        )
        for point in points
    ]


def front(study: StudyState) -> list[StudyPoint]:
    """The points that no other one beats in both figures, the one with the best goal first."""
    rows = [row for row in sweep_rows(study) if row.on_front]
    higher = goals_of(study)[0].higher
    return [row.point for row in sorted(rows, key=lambda row: row.goal or 0.0, reverse=higher)]


def heat_map(study: StudyState, x: str, y: str) -> HeatMap:
    """`x`, `y`: two of the settings that are varied. Raises KeyError for others."""
    spec, goal = spec_of(study), goals_of(study)[0]
    x_values, y_values = spec.vary[x], spec.vary[y]
    rows = sweep_rows(study)
    cells = [
        [_cell([row for row in rows if _is_at(row, {x: at_x, y: at_y})], goal) for at_x in x_values]
        for at_y in y_values
    ]
    values = [cell.value for line in cells for cell in line if cell.value is not None]
    return HeatMap(
        x, y, x_values, y_values, cells, goal, min(values, default=None), max(values, default=None)
    )  # fmt: skip


def front_of(points: Iterable[StudyPoint], goal: Goal, second: Goal) -> list[StudyPoint]:
    """Those that no other one beats: none is at least as good in both figures and better in one. A point without the
    second figure can only be beaten by one with it, or by the goal."""
    able = [
        (point, value, second.value(point.figures))
        for point in points
        if point.outcome in MAY_WIN and (value := goal.value(point.figures)) is not None
    ]
    return [
        point
        for point, value, other in able
        if not any(_beats((a, b), (value, other), goal, second) for _, a, b in able)
    ]


def _beats(one: tuple[float, float | None], other: tuple[float, float | None], goal: Goal, second: Goal) -> bool:
    if goal.better(other[0], one[0]):
        return False
    if one[1] is None or other[1] is None:
        known = one[1] is not None
        return goal.better(one[0], other[0]) and (known or other[1] is None)
    if second.better(other[1], one[1]):
        return False
    return goal.better(one[0], other[0]) or second.better(one[1], other[1])


def counted(points: Sequence[StudyPoint]) -> list[StudyPoint]:
    """Of all rounds of one point those that its figures are made of."""
    return [point for point in points if point.round > 1] or [points[-1]]


def together(points: Sequence[StudyPoint]) -> StudyPoint:
    """All rounds of one point as one. Where it was measured again only the later rounds count: the first one chose it,
    and what is chosen for a high value had luck in it. A limit is held where one round shows that and none the
    contrary: the later rounds are too short to show much by themselves. That it was left early does not count then."""
    first = points[0]
    again = counted(points)
    outcomes = {point.outcome for point in points if point.outcome != "dropped" or len(points) == 1}
    outcome = next(word for word in _WORST_FIRST if word in outcomes)
    figures = [point.figures for point in again if point.figures is not None]
    return msgspec.structs.replace(
        first,
        outcome=outcome,
        reason=max((point for point in points if point.outcome == outcome), key=_requests).reason,
        figures=_median_figures(figures, first.figures),
        round=len(points),
    )


def _requests(point: StudyPoint) -> int:
    return point.figures.requests if point.figures is not None else 0


def _median_figures(figures: Sequence[PointFigures], first: PointFigures | None) -> PointFigures | None:
    """Counts and times are sums, the others medians of the rounds. A percentile that fewer than half of them have is
    that of the first one, which was longer: the few rounds with enough requests for it were the fastest ones."""
    if not figures:
        return first
    values: dict[str, float | int | None] = {}
    for name in PointFigures.__struct_fields__:
        known = [value for each in figures if (value := getattr(each, name)) is not None]
        if name in _COUNTS:
            values[name] = sum(known)
        else:
            values[name] = median(known) if 2 * len(known) >= len(figures) else getattr(first, name, None)
    return msgspec.convert(values, PointFigures)


def _cell(rows: Sequence[SweepRow], goal: Goal) -> HeatCell:
    if not rows:
        return HeatCell(None, None)
    able = [row for row in rows if row.point.outcome in MAY_WIN and row.goal is not None]
    known = able or [row for row in rows if row.goal is not None]
    if not known:
        return HeatCell(None, rows[0].point)
    best = (max if goal.higher else min)(known, key=lambda row: row.goal or 0.0)
    return HeatCell(best.goal, best.point, best.on_front)


def _is_at(row: SweepRow, values: dict[str, str]) -> bool:
    return all(row.point.values.get(name) == value for name, value in values.items())
