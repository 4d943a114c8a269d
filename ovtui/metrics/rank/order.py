"""The order of a rank: by throughput and by latency, and which rows cannot be told from the first.

Rows that are within NEAR of the first were measured again in alternated rounds; of those the first is told from another
one where the 95 % interval of their ratio lies beside 1. Where a figure has too few rounds for an interval, rows that
are within NEAR of each other are not told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.metrics.comparison.paired_blocks import LEAST_PAIRS
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.goals import GOALS, Goal
from ovtui.metrics.sweep.ranking import MOST_CANDIDATES, rank_values
from ovtui.metrics.sweep.rows import together
from ovtui.records.events import StudyPoint

NEAR = 0.1
"""One measurement after another leaves some per cent between equal ones: a clock that falls, another process."""
THROUGHPUT = GOALS["throughput"]


@dataclass(frozen=True, slots=True)
class Order:
    """Numbers of points."""

    by_throughput: list[int]
    by_latency: list[int]
    latency: Goal
    """What by_latency goes by: p99 where every row has one, else p50."""
    tied: list[int]
    """Those that cannot be told from the first by throughput, the first among them; empty where it is told from all."""
    tied_latency: list[int]


def points_of(study: StudyState) -> list[StudyPoint]:
    """Every point with all its rounds as one, by number."""
    by_number: dict[int, list[StudyPoint]] = {}
    for point in study.points:
        by_number.setdefault(point.point, []).append(point)
    return [together(by_number[number]) for number in sorted(by_number)]


def near_tied(study: StudyState) -> list[StudyPoint]:
    """What is measured again, of points that were measured once: those near the first by throughput and by latency, at
    most as many as engines stay in memory; empty where both orders are clear."""
    points = _able(points_of(study))
    found: list[StudyPoint] = []
    for goal in (THROUGHPUT, latency_goal(points)):
        ordered = _ordered(points, goal)
        near = [point for point in ordered if _is_near(ordered[0], point, goal)]
        found += [point for point in near if point not in found] if len(near) > 1 else []
    return found[:MOST_CANDIDATES] if len(found) > 1 else []


def order_of(study: StudyState) -> Order:
    points = _able(points_of(study))
    latency = latency_goal(points)
    fastest, quickest = _ordered(points, THROUGHPUT), _ordered(points, latency)
    return Order(
        [point.point for point in fastest],
        [point.point for point in quickest],
        latency,
        _tied(study, fastest, THROUGHPUT),
        _tied(study, quickest, latency),
    )


def latency_goal(points: Sequence[StudyPoint]) -> Goal:
    """Of points that were served."""
    known = all(GOALS["p99"].value(point.figures) is not None for point in points)
    return GOALS["p99" if known else "p50"]


def _able(points: Sequence[StudyPoint]) -> list[StudyPoint]:
    return [
        point
        for point in points
        if point.outcome not in ("refused", "failed") and THROUGHPUT.value(point.figures) is not None
    ]


def _ordered(points: Sequence[StudyPoint], goal: Goal) -> list[StudyPoint]:
    """The best first; those without the figure are not among them."""
    known = [(value, point) for point in points if (value := goal.value(point.figures)) is not None]
    known.sort(key=lambda each: (-each[0] if goal.higher else each[0], each[1].point))
    return [point for _, point in known]


def _is_near(first: StudyPoint, other: StudyPoint, goal: Goal) -> bool:
    best, value = goal.value(first.figures), goal.value(other.figures)
    return best is not None and value is not None and abs(value - best) <= NEAR * best


def _tied(study: StudyState, ordered: Sequence[StudyPoint], goal: Goal) -> list[int]:
    if not ordered:
        return []
    first = ordered[0]
    rounds: dict[int, dict[int, float | None]] = {}
    for point in study.points:
        if point.round > 1 and (value := goal.value(point.figures)) is not None:
            rounds.setdefault(point.point, {})[point.round] = value
    enough = {number: values for number, values in rounds.items() if len(values) >= LEAST_PAIRS}
    tied = {first.point}
    for other in ordered[1:]:
        if first.point in enough and other.point in enough:
            two = {number: enough[number] for number in (first.point, other.point)}
            if rank_values(two, {}, goal, goal).tied:
                tied.add(other.point)
        elif _is_near(first, other, goal):
            tied.add(other.point)
    return [point.point for point in ordered if point.point in tied] if len(tied) > 1 else []
