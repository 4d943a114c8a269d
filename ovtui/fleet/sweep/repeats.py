"""Which points of a kind are measured again on two boxes, and which one is the best then.

Boxes of one kind differ by some per cent, and each point was measured on one of them: a point may lead because its box
does. So the leader, and each point that is within the boxes' own spread of it, is measured twice more, on two boxes.
Only these two count then: what was chosen for a high figure had luck in it. A point that does not hold a limit when it
is measured again, or falls behind the next one by more than that spread, makes room for the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.blocks import GOOD_ENOUGH
from ovtui.metrics.sweep.goals import Goal
from ovtui.metrics.sweep.ranking import MOST_CANDIDATES, NEARLY
from ovtui.metrics.sweep.rows import MAY_WIN, SweepRow, goals_of, sweep_rows
from ovtui.records.events import StudyPoint
from ovtui.settings.listing import first_few

ROUNDS = (2, 3)
"""Of a point that is measured again; the first one is 1."""
MOST_FALLEN = 8
"""So many that did not hold when they were measured again make room for the next one, and no more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best point of a kind."""

    best: int | None
    """None where none may win."""
    tied: list[int]
    """Points within the boxes' spread of the leader, `best` one of them; empty where there is no other."""
    runner_up: int | None = None


def boxes_spread(study: StudyState) -> float:
    """By how much boxes of this kind differ in the goal at the same point, as a share: the most that was seen, at least
    what a point is known to; NEARLY before two boxes have measured the same point."""
    goal = goals_of(study)[0]
    found = [spread for rounds in _again(study).values() if (spread := difference(rounds, goal)) is not None]
    return max(GOOD_ENOUGH, *found) if found else NEARLY


def difference(rounds: Sequence[StudyPoint], goal: Goal) -> float | None:
    """By how much the figures of two boxes differ, as a share of the lower one; None where one box measured all, or a
    figure is not known."""
    return _apart(rounds, goal) if len({point.box for point in rounds}) > 1 else None


def wanted(study: StudyState) -> list[int]:
    """The points that are to be measured again, those first that have one of their rounds. To be asked once every point
    was measured for the first time."""
    goal = goals_of(study)[0]
    again, rows = _again(study), sweep_rows(study)
    half = [row.number for row in rows if row.number in again and _owes(again[row.number])]
    able = [row for row in rows if row.point.outcome in MAY_WIN and row.goal is not None]
    fresh = _sorted([row for row in able if row.number not in again], goal)
    done = _sorted([row for row in able if row.number in again and not _owes(again[row.number])], goal)
    held = [row for row in done if row.point.outcome != "unknown"]
    fallen = len(again) - len(held) - len(half)
    if not fresh or fallen > MOST_FALLEN:
        return half
    leader = held[0] if held else None
    if leader is None and half:
        leader = next((row for row in able if row.number in half), None)
    if leader is None:
        leader = fresh[0]
    near = [row for row in fresh if is_near(row, leader, goal, boxes_spread(study)) or row is leader]
    return half + [row.number for row in near[: max(MOST_CANDIDATES - len(held) - len(half), 0)]]


def choose(study: StudyState) -> Choice:
    """Of those that were measured again where there are any, else of all; a point that missed a limit in one round is
    none of them."""
    goal, second = goals_of(study)
    able = [row for row in sweep_rows(study) if row.point.outcome in ("held", "measured") and row.goal is not None]
    rows = _sorted([row for row in able if row.rounds > 1] or able, goal)
    if not rows:
        return Choice(None, [])
    if rows[0].rounds == 1:
        return Choice(rows[0].number, [], rows[1].number if len(rows) > 1 else None)
    spread = boxes_spread(study)
    tied = [row for row in rows if row is rows[0] or is_near(row, rows[0], goal, spread)]
    best = min(tied, key=lambda row: _key(row.second, second))
    rest = [row for row in rows if row is not best]
    return Choice(
        best.number,
        sorted(row.number for row in tied) if len(tied) > 1 else [],
        rest[0].number if rest else None,
    )


def is_near(row: SweepRow, leader: SweepRow, goal: Goal, spread: float) -> bool:
    """Whether it is better than the leader, or worse by no more than `spread`."""
    if row.goal is None or leader.goal is None:
        return False
    worse, better = (leader.goal, row.goal) if goal.higher else (row.goal, leader.goal)
    return worse <= better * (1.0 + spread)


def repeat_sentences(study: StudyState, best: int | None) -> list[str]:
    """On which boxes the best point was measured again and by how much they differ; which points were better at first
    and did not stay it."""
    goal, again = goals_of(study)[0], _again(study)
    found = []
    if best is not None and (rounds := again.get(best)):
        found.append(_repeat_sentence(rounds, goal))
    elif best is not None:
        found.append(f"point {best} was not measured again, so that luck and its box are in its figure")
    rows = {row.number: row for row in sweep_rows(study)}
    first = {point.point: point for point in study.points if point.round == 1}
    for number in sorted(again.keys() & first.keys() - {best}):
        before, row = goal.value(first[number].figures), rows[number]
        taken = rows[best].goal if best is not None else None
        led = before is not None and (taken is None or not goal.better(taken, before))
        if not led or (row.point.outcome in ("held", "measured") and row.goal == before):
            continue
        why = row.point.reason if row.point.outcome not in ("held", "measured") else goal.text(row.goal)
        found.append(f"point {number} had {goal.text(before)} at first, and measured again: {why}")
    return found


def _repeat_sentence(rounds: Sequence[StudyPoint], goal: Goal) -> str:
    figures = [f"{goal.text(goal.value(point.figures))} on {point.box}" for point in rounds]
    told, share = f"measured again: {first_few(figures, 4)}", _apart(rounds, goal)
    differ = "" if share is None else f"differ by {number_format.share(share)}"
    if len({point.box for point in rounds}) < 2:
        other = "twice on the only box that was left" if len(rounds) > 1 else "once"
        told += f" ({other}: how much boxes of this kind differ is not known)"
        return f"{told}: the two times {differ}" if differ else told
    return f"{told}: the two boxes {differ}" if differ else told


def _apart(rounds: Sequence[StudyPoint], goal: Goal) -> float | None:
    values = [value for point in rounds if (value := goal.value(point.figures)) is not None and value > 0]
    return max(values) / min(values) - 1.0 if len(values) > 1 else None


def _again(study: StudyState) -> dict[int, list[StudyPoint]]:
    found: dict[int, list[StudyPoint]] = {}
    for point in study.points:
        if point.round > 1:
            found.setdefault(point.point, []).append(point)
    return found


def _owes(rounds: Sequence[StudyPoint]) -> bool:
    """Whether a round is left to measure: none is after one that failed or missed."""
    lost = any(point.outcome not in ("held", "measured", "unknown") for point in rounds)
    return not lost and len(rounds) < len(ROUNDS)


def _sorted(rows: Sequence[SweepRow], goal: Goal) -> list[SweepRow]:
    return sorted(rows, key=lambda row: (_key(row.goal, goal), row.number))


def _key(value: float | None, goal: Goal) -> float:
    if value is None:
        return float("inf")
    return -value if goal.higher else value
