"""The front, the rows and the heat map of a sweep."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from metrics.sweep.sweep_samples import VARY, a_point, a_study

from ovtui.metrics.sweep.goals import GOALS, second_goal
from ovtui.metrics.sweep.rows import front, front_of, heat_map, sweep_rows
from ovtui.records.study_events import SweepAnswer

FIGURE = st.one_of(st.none(), st.integers(1, 6).map(float))


def test_the_front_is_what_no_point_beats_in_both() -> None:
    study = a_study(
        [
            a_point(1, 100.0, 5.0),
            a_point(2, 200.0, 9.0),
            a_point(3, 190.0, 10.0),  # beaten by 2
            a_point(4, 300.0, 30.0),
            a_point(5, 900.0, 1.0, outcome="missed"),
            a_point(6, outcome="refused"),
        ]
    )
    assert [point.point for point in front(study)] == [4, 2, 1]
    assert [row.on_front for row in sweep_rows(study)] == [True, True, False, True, False, False]


def test_where_the_goal_is_a_latency_the_front_weighs_it_against_the_throughput() -> None:
    assert second_goal("throughput", "").name == "p99"
    assert second_goal("throughput", "inference.p50<3ms,p90<20ms").name == "p90"
    assert second_goal("p50", "p99<20ms").name == "throughput"
    study = a_study([a_point(1, 100.0, 5.0), a_point(2, 200.0, 9.0)], goal="p99")
    assert [point.point for point in front(study)] == [1, 2]


@given(st.lists(st.tuples(FIGURE, FIGURE), max_size=12))
def test_every_point_that_is_not_on_the_front_is_beaten_by_one_that_is(figures: list[tuple[float, float]]) -> None:
    points = [a_point(number, *each) for number, each in enumerate(figures, 1)]
    goal, second = GOALS["throughput"], GOALS["p99"]
    on_front = front_of(points, goal, second)
    known = [point for point in points if point.figures and point.figures.throughput is not None]
    assert bool(on_front) == bool(known)
    for point in known:
        with_front = front_of([*on_front, point], goal, second)
        assert (point in with_front) == (point in on_front)
    # In the order of the goal the other figure gets better, too: else one would beat the other.
    sure = sorted(
        (point.figures.throughput, point.figures.p99_ms)
        for point in on_front
        if point.figures and point.figures.throughput is not None and point.figures.p99_ms is not None
    )
    assert all(a == b or (a[0] < b[0] and a[1] < b[1]) for a, b in itertools.pairwise(sure))


def test_a_percentile_that_few_rounds_have_is_that_of_the_first_one() -> None:
    rounds = [a_point(1, 300.0, 14.8)]
    rounds += [a_point(1, 300.0, 6.8 if n == 0 else None, round_=3 + n) for n in range(8)]
    assert sweep_rows(a_study(rounds))[0].second == 14.8
    rounds += [a_point(1, 300.0, 15.2, round_=11 + n) for n in range(7)]
    assert sweep_rows(a_study(rounds))[0].second == 15.2


def test_later_rounds_replace_the_first_and_a_limit_missed_in_one_is_missed() -> None:
    rounds = [a_point(1, 500.0, 5.0, outcome="held")]
    rounds += [a_point(1, each, 6.0, outcome="unknown", round_=2 + n) for n, each in enumerate((90.0, 100.0, 120.0))]
    row = sweep_rows(a_study(rounds, slo="p99<20ms"))[0]
    assert (row.goal, row.second, row.point.outcome, row.rounds) == (100.0, 6.0, "held", 4)
    assert row.point.figures is not None
    assert row.point.figures.requests == 3000
    missed = a_point(1, 100.0, outcome="missed", round_=5, reason="p99<20ms MISSED: 21 ms")
    row = sweep_rows(a_study([*rounds, missed], slo="p99<20ms"))[0]
    assert (row.point.outcome, row.point.reason) == ("missed", "p99<20ms MISSED: 21 ms")
    assert not row.on_front


def test_the_heat_map_has_the_best_of_each_cell_and_says_what_may_not_win() -> None:
    study = a_study(
        [
            a_point(1, 100.0, values={"hint": "latency", "nireq": "1", "api": "sync"}),
            a_point(2, 110.0, values={"hint": "latency", "nireq": "1", "api": "async"}),
            a_point(3, 900.0, outcome="missed", values={"hint": "latency", "nireq": "1", "api": "auto"}),
            a_point(4, 70.0, outcome="missed", values={"hint": "throughput", "nireq": "4"}),
            a_point(5, outcome="refused", values={"hint": "throughput", "nireq": "2"}),
        ]
    )
    found = heat_map(study, "hint", "nireq")
    assert (found.x_values, found.y_values) == (VARY["hint"], VARY["nireq"])
    values = [[cell.value for cell in line] for line in found.cells]
    assert values == [[110.0, None], [None, None], [None, 70.0]]
    outcomes = [[cell.point.outcome if cell.point else "" for cell in line] for line in found.cells]
    assert outcomes == [["measured", ""], ["", "refused"], ["", "missed"]]
    assert (found.low, found.high) == (70.0, 110.0)


def test_the_best_is_what_the_answer_says() -> None:
    from ovtui.records.events import StudyEnded

    study = a_study([a_point(1), a_point(2)])
    answer = SweepAnswer(best=2, front=[2], points=2, lasted_s=1.0)
    study.ended = StudyEnded(t_ns=9, study=1, reason="done", text="", answer=answer)
    assert [row.best for row in sweep_rows(study)] == [False, True]
