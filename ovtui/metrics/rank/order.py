"""The order of a rank: by throughput and by latency, and which rows cannot be told from the first.

Rows that are within NEAR of the first were measured again in alternated rounds, and come first, in the order of those
rounds; the others follow in that of their only measurement: a machine that has become slower or faster between the two
would mix them up. The first row is told from another one where the 95 % interval of their ratio in the rounds lies
beside 1. Where a figure has too few rounds for an interval, rows that are within NEAR of each other are not told
apart."""

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
    """What is measured again: the points near the first by throughput and by latency, at most as many as engines stay
    in memory; empty where both orders are clear."""
    points, found = _once(study), list[StudyPoint]()
    for goal in (THROUGHPUT, latency_goal(points)):
        ordered = _ordered(points, goal)
        near = [point for point in ordered if _is_near(ordered[0], point, goal)]
        found += [point for point in near if point not in found] if len(near) > 1 else []
    return found[:MOST_CANDIDATES] if len(found) > 1 else []


def order_of(study: StudyState) -> Order:
    latency = latency_goal(_once(study))
    fastest, quickest = _in_order(study, THROUGHPUT), _in_order(study, latency)
    return Order(fastest, quickest, latency, _tied(study, fastest, THROUGHPUT), _tied(study, quickest, latency))


def latency_goal(points: Sequence[StudyPoint]) -> Goal:
    """Of points that were served."""
    known = all(GOALS["p99"].value(point.figures) is not None for point in points)
    return GOALS["p99" if known else "p50"]


def _once(study: StudyState) -> list[StudyPoint]:
    """What was served, each with its first measurement alone."""
    return [
        point
        for point in study.points
        if point.round == 1
        and point.outcome not in ("refused", "failed")
        and THROUGHPUT.value(point.figures) is not None
    ]


def _in_order(study: StudyState, goal: Goal) -> list[int]:
    once = _ordered(_once(study), goal)
    numbers = {point.point for point in once if _is_near(once[0], point, goal)}
    numbers &= {point.point for point in study.points if point.round > 1 and goal.value(point.figures) is not None}
    again = _ordered([point for point in points_of(study) if point.point in numbers], goal)
    return [*(point.point for point in again), *(point.point for point in once if point.point not in numbers)]


def _ordered(points: Sequence[StudyPoint], goal: Goal) -> list[StudyPoint]:
    """The best first; those without the figure are not among them."""
    known = [(value, point) for point in points if (value := goal.value(point.figures)) is not None]
    known.sort(key=lambda each: (-each[0] if goal.higher else each[0], each[1].point))
    return [point for _, point in known]


def _is_near(first: StudyPoint, other: StudyPoint, goal: Goal) -> bool:
    best, value = goal.value(first.figures), goal.value(other.figures)
    return best is not None and value is not None and abs(value - best) <= NEAR * best


def _tied(study: StudyState, ordered: Sequence[int], goal: Goal) -> list[int]:
    if not ordered:
        return []
    first, once = ordered[0], {point.point: point for point in _once(study)}
    rounds: dict[int, dict[int, float | None]] = {}
    for point in study.points:
        if point.round > 1 and (value := goal.value(point.figures)) is not None:
            rounds.setdefault(point.point, {})[point.round] = value
    enough = {number: values for number, values in rounds.items() if len(values) >= LEAST_PAIRS}
    tied = {first}
    for other in ordered[1:]:
        if first in enough and other in enough:
            if rank_values({number: enough[number] for number in (first, other)}, {}, goal, goal).tied:
                tied.add(other)
        elif _is_near(once[first], once[other], goal):
            tied.add(other)
    return [number for number in ordered if number in tied] if len(tied) > 1 else []
