"""Which point is the best, from rounds in which the points of the front were measured again in alternation.

Each round measures every candidate once, so that what all have in common (a drift, other load) cancels in the ratios of
one round. The leader has the best median. Each other candidate is told from it where the 95 % interval of its ratio to
the leader lies beside 1; one that is not told apart ties with it. Among those that tie, the one is taken that is better
in what the front weighs the goal against, then the one with the lower number: they are as good, as far as is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ovtui.metrics.comparison.paired_blocks import PairedRatio, paired_ratio
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.goals import Goal
from ovtui.metrics.sweep.rows import MAY_WIN, SweepRow, front_of, goals_of, sweep_rows

MOST_CANDIDATES = 4
"""As many engines stay in memory."""
ROUNDS = 8
"""Six are the least that an interval of 95 % can be made of; that number is fixed before the first."""
NEARLY = 0.05
"""Points that are worse by less than this than the best one are measured again, too, where there is room: their
figures may have been chance. The second best is in any case: the best one has to be told from something."""


@dataclass(frozen=True, slots=True)
class Ranking:
    best: int | None
    """None where no point may win."""
    tied: list[int]
    """The points among which none is told to be the best, `best` one of them; empty where it is told from all others,
    or has none beside it."""
    runner_up: int | None = None
    """The best one of those that were told apart, or of those that tie."""
    ratio: PairedRatio | None = None
    """Of the goal: the best one's divided by the runner-up's."""


def candidates(study: StudyState) -> list[SweepRow]:
    """What is measured again: of the front those with the best goal, then those that nearly have it."""
    goal, second = goals_of(study)
    rows = {row.number: row for row in sweep_rows(study) if row.goal is not None}
    able = [row.point for row in rows.values()]
    chosen = [rows[point.point] for point in front_of(able, goal, second)]
    chosen = sorted(chosen, key=lambda row: row.goal or 0.0, reverse=goal.higher)[:MOST_CANDIDATES]
    if not chosen or chosen[0].goal is None:
        return []
    best = chosen[0].goal
    others = [row for row in rows.values() if row not in chosen and row.point.outcome in MAY_WIN]
    others.sort(key=lambda row: row.goal or 0.0, reverse=goal.higher)
    near = [row for row in others if row.goal is not None and abs(row.goal - best) <= NEARLY * best]
    chosen = (chosen + (near or others[: max(2 - len(chosen), 0)]))[:MOST_CANDIDATES]
    if len(chosen) == 1:
        # A point was left early because this one had been better some time before: that alone is no comparison.
        dropped = [row for row in rows.values() if row.point.outcome == "dropped"]
        chosen += sorted(dropped, key=lambda row: row.goal or 0.0, reverse=goal.higher)[:1]
    return chosen


def rank(study: StudyState) -> Ranking:
    """Of a study with all its rounds."""
    goal, second = goals_of(study)
    able = [row for row in sweep_rows(study) if row.point.outcome in ("held", "measured") and row.goal is not None]
    again = [row for row in able if row.rounds > 1]
    if not again:
        best = _best_of(able, goal)
        return Ranking(best.number if best is not None else None, [])
    values = _by_round(study, goal)
    return rank_values(
        {row.number: values[row.number] for row in again}, {row.number: row.second for row in again}, goal, second
    )


def rank_values(
    values: Mapping[int, Mapping[int, float | None]],
    seconds: Mapping[int, float | None],
    goal: Goal,
    second: Goal,
) -> Ranking:
    """`values`: of each point, by number, the goal by round. `seconds`: its other figure."""
    medians = {number: median(found) for number, rounds in values.items() if (found := _known(rounds))}
    if not medians:
        return Ranking(None, [])
    order = sorted(medians, key=lambda number: (-medians[number] if goal.higher else medians[number], number))
    leader = order[0]
    tied = [leader]
    for number in order[1:]:
        ratio = _ratio(values[leader], values[number])
        worse = ratio.high is not None and ratio.high < 1 if goal.higher else ratio.low is not None and ratio.low > 1
        if not worse:
            tied.append(number)
    best = min(tied, key=lambda number: (_sort_key(seconds.get(number), second), number))
    rest = [number for number in order if number != best]
    runner_up = next((number for number in rest if number in tied), rest[0] if rest else None)
    ratio_to_it = _ratio(values[runner_up], values[best]) if runner_up is not None else None
    return Ranking(best, sorted(tied) if len(tied) > 1 else [], runner_up, ratio_to_it)


def _by_round(study: StudyState, goal: Goal) -> dict[int, dict[int, float | None]]:
    found: dict[int, dict[int, float | None]] = {}
    for point in study.points:
        if point.round > 1:
            found.setdefault(point.point, {})[point.round] = goal.value(point.figures)
    return found


def _ratio(a: Mapping[int, float | None], b: Mapping[int, float | None]) -> PairedRatio:
    """b / a over the rounds that both have."""
    rounds = sorted(a.keys() & b.keys())
    return paired_ratio([a[number] for number in rounds], [b[number] for number in rounds])


def _known(rounds: Mapping[int, float | None]) -> list[float]:
    return [value for value in rounds.values() if value is not None]


def _sort_key(value: float | None, goal: Goal) -> float:
    if value is None:
        return float("inf")
    return -value if goal.higher else value


def _best_of(rows: Sequence[SweepRow], goal: Goal) -> SweepRow | None:
    return min(rows, key=lambda row: _sort_key(row.goal, goal), default=None)
