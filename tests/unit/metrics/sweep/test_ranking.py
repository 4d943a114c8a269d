"""Which point is called the best after the rounds in alternation."""

from __future__ import annotations

from metrics.sweep.sweep_samples import a_point, a_study

from ovtui.metrics.sweep.answer_text import answer_text
from ovtui.metrics.sweep.goals import GOALS
from ovtui.metrics.sweep.ranking import MOST_CANDIDATES, candidates, rank, rank_values
from ovtui.records.study_events import SweepAnswer

DRIFT = (1.0, 1.1, 0.9, 1.2, 1.05, 0.8, 1.0, 0.95)
"""What all candidates of a round have in common."""
NOISE = (0.01, -0.02, 0.015, -0.01, 0.02, -0.015, 0.0, 0.012)


def _values(per_s: float, sign: float = 1.0) -> dict[int, float | None]:
    return {
        3 + n: per_s * drift * (1 + sign * noise) for n, (drift, noise) in enumerate(zip(DRIFT, NOISE, strict=True))
    }


def test_a_point_better_in_each_round_is_told_from_the_others_whatever_drifts() -> None:
    values = {1: _values(100.0), 2: _values(110.0, -1.0), 3: _values(90.0)}
    found = rank_values(values, {1: 5.0, 2: 9.0, 3: 1.0}, GOALS["throughput"], GOALS["p99"])
    assert (found.best, found.tied, found.runner_up) == (2, [], 1)
    assert found.ratio is not None
    assert found.ratio.low is not None
    assert found.ratio.low > 1
    lower = rank_values(values, {1: 50.0, 2: 60.0, 3: 70.0}, GOALS["p99"], GOALS["throughput"])
    assert (lower.best, lower.runner_up) == (3, 1)


def test_of_those_that_tie_the_better_second_figure_is_taken_and_it_is_said() -> None:
    values = {7: _values(100.0), 9: _values(100.1, -1.0), 4: _values(60.0)}
    found = rank_values(values, {7: 5.0, 9: 9.0, 4: 1.0}, GOALS["throughput"], GOALS["p99"])
    assert (found.best, found.tied, found.runner_up) == (7, [7, 9], 9)
    study = a_study([a_point(number) for number in (4, 7, 9)])
    answer = SweepAnswer(best=7, front=[7], points=3, lasted_s=9.0, tied=found.tied, runner_up=9)
    assert answer_text(study, answer).startswith("cannot tell between points 7 and 9; taken is point 7")


def test_few_rounds_tell_nothing_apart() -> None:
    values = {1: dict(list(_values(100.0).items())[:5]), 2: dict(list(_values(200.0).items())[:5])}
    assert rank_values(values, {1: 1.0, 2: 2.0}, GOALS["throughput"], GOALS["p99"]).tied == [1, 2]


def test_a_point_that_is_not_known_to_hold_its_limit_is_never_the_best() -> None:
    study = a_study([a_point(1, 300.0, 30.0, outcome="unknown"), a_point(2, 100.0, outcome="held")], slo="p99<40ms")
    assert [row.number for row in candidates(study)] == [1, 2]
    assert rank(study).best == 2
    none = a_study([a_point(1, outcome="missed"), a_point(2, outcome="refused")], slo="p99<1ms")
    assert rank(none).best is None
    answer = SweepAnswer(best=None, front=[], points=2, lasted_s=1.0)
    assert answer_text(none, answer) == "no point is known to hold p99<1ms"


def test_the_front_is_measured_again_and_what_nearly_has_the_best_goal() -> None:
    points = [a_point(1, 100.0, 5.0), a_point(2, 97.0, 6.0), a_point(3, 60.0, 1.0), a_point(4, 50.0, 9.0)]
    assert [row.number for row in candidates(a_study(points))] == [1, 3, 2]
    many = [a_point(n, 100.0 + n, 10.0 + n) for n in range(1, 9)]
    assert [row.number for row in candidates(a_study(many))] == [8, 7, 6, 5]
    assert len(candidates(a_study(many))) == MOST_CANDIDATES
    assert candidates(a_study([a_point(1, outcome="refused")])) == []


def test_what_was_left_early_is_measured_again_where_nothing_else_stands_against_the_best() -> None:
    """The machine may have become slower since: of equal points the first one would always be called the best."""
    points = [a_point(1, 100.0, 5.0), a_point(2, 50.0, 9.0, outcome="dropped"), a_point(3, 60.0, outcome="dropped")]
    assert [row.number for row in candidates(a_study(points))] == [1, 3]
    again = [
        a_point(number, value, outcome="measured", round_=round_)
        for number, sign in ((1, 1.0), (3, -1.0))
        for round_, value in _values(100.0, sign).items()
    ]
    assert rank(a_study(points + again)).tied == [1, 3]
    assert rank(a_study(points)).best == 1
