"""The answer of a sweep in one line, as a script, the dashboard and the event list have it."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics import number_format
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.goals import Goal
from ovtui.metrics.sweep.rows import MAY_WIN, SweepRow, goals_of, spec_of, sweep_rows, why_requests
from ovtui.records.study_events import SweepAnswer
from ovtui.settings.listing import first_few


def answer_text(study: StudyState, answer: SweepAnswer) -> str:
    """'best is point 7 (streams 2, in flight 8): 412.0/s at p99 18.1 ms; +9 % (7 to 12 %) against point 9'; 'so far'
    where it was not measured again."""
    rows = {row.number: row for row in sweep_rows(study)}
    if answer.best is None or answer.best not in rows:
        return no_winner_text(list(rows.values()), spec_of(study).slo)
    goal, second = goals_of(study)
    best = rows[answer.best]
    figures = f"{_figure(goal, best.goal)} at {_figure(second, best.second)}"
    doubt = f"; {why}" if "throughput" in (goal.name, second.name) and (why := why_requests(study)) else ""
    if answer.tied:
        numbers = [str(number) for number in answer.tied]
        told = f"cannot tell between points {first_few(numbers, 9)}"
        taken = f"point {best.number} ({best.point.text}), the better one in {second.name}"
        return f"{told}; taken is {taken}: {figures}{doubt}"
    against = ratio_text(answer)
    others = sum(row.point.outcome in MAY_WIN for row in rows.values()) > 1
    is_best = "so far the best is" if others and best.rounds == 1 else "best is"
    return f"{is_best} point {best.number} ({best.point.text}): {figures}" + (f"; {against}" if against else "") + doubt


def ratio_text(answer: SweepAnswer) -> str:
    """'+9 % (7 to 12 %) against point 9', in the goal; empty where nothing tells."""
    if answer.runner_up is None or len(answer.ratio) != 3:
        return ""
    estimate, low, high = answer.ratio
    return f"{number_format.change(estimate, low, high)} against point {answer.runner_up}"


def no_winner_text(rows: Sequence[SweepRow], slo: str) -> str:
    """Why there is no best point."""
    if not rows:
        return "no point was measured"
    outcomes = [row.point.outcome for row in rows]
    if all(outcome in ("refused", "failed") for outcome in outcomes):
        return f"none of {len(rows)} points could be served; the first reason: {rows[0].point.reason}"
    if slo:
        unknown = outcomes.count("unknown")
        more = f"; of {unknown} it is not known: measure longer (--point)" if unknown else ""
        return f"no point is known to hold {slo}{more}"
    return f"none of {len(rows)} points was measured to its end"


def _figure(goal: Goal, value: float | None) -> str:
    return f"{goal.text(value)}" if goal.name in ("throughput", "joules") else f"{goal.name} {goal.text(value)}"
