"""Which points are measured again on two boxes, and which one is the best then."""

from __future__ import annotations

import msgspec
from metrics.sweep.sweep_samples import a_point, a_study

from ovtui.fleet.sweep.repeats import boxes_spread, choose, repeat_sentences, wanted
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import PointOutcome


def _on(box: str, number: int, throughput: float, round_: int = 1, outcome: PointOutcome = "measured") -> StudyPoint:
    point = a_point(number, throughput, round_=round_, outcome=outcome, reason="p99<20ms MISSED: 30 ms")
    return msgspec.structs.replace(point, box=box)


FIRST = [_on("a", 1, 100.0), _on("b", 2, 80.0), _on("a", 3, 98.0), _on("b", 4, 94.0)]


def test_the_leader_and_those_near_it_are_measured_again() -> None:
    assert wanted(a_study(FIRST)) == [1, 3]
    assert wanted(a_study([*FIRST, _on("a", 1, 100.0, 2)])) == [1, 3]
    again = [_on("a", 1, 100.0, 2), _on("b", 1, 101.0, 3), _on("a", 3, 99.0, 2), _on("b", 3, 98.0, 3)]
    assert wanted(a_study([*FIRST, *again])) == []


def test_boxes_that_differ_more_bring_in_more_points() -> None:
    again = [_on("a", 1, 105.0, 2), _on("b", 1, 95.0, 3), _on("a", 3, 105.0, 2), _on("b", 3, 95.0, 3)]
    study = a_study([*FIRST, *again])
    assert round(boxes_spread(study), 3) == 0.105
    assert wanted(study) == [4]


def test_one_that_does_not_stay_ahead_makes_room_for_the_next() -> None:
    again = [_on("a", 1, 85.0, 2), _on("b", 1, 86.0, 3), _on("a", 3, 84.0, 2), _on("b", 3, 84.5, 3)]
    study = a_study([*FIRST, *again])
    assert wanted(study) == [4]
    study.points += [_on("a", 4, 95.0, 2), _on("b", 4, 94.0, 3)]
    assert wanted(study) == []
    assert choose(study).best == 4
    told = repeat_sentences(study, 4)
    assert told[0] == "measured again: 95.0/s on a and 94.0/s on b: the two boxes differ by 1.1 %"
    assert told[1] == "point 1 had 100.0/s at first, and measured again: 85.5/s"


def test_one_that_misses_its_limit_again_is_never_the_best() -> None:
    first = [_on("a", 1, 100.0, outcome="held"), _on("b", 2, 80.0, outcome="held")]
    missed = [_on("b", 1, 100.0, 2, "missed")]
    study = a_study([*first, *missed], slo="p99<20ms")
    assert wanted(study) == [2]  # and no third measurement of point 1
    study.points += [_on("a", 2, 80.0, 2, "held"), _on("b", 2, 80.0, 3, "held")]
    assert wanted(study) == []
    assert choose(study).best == 2
    assert repeat_sentences(study, 2)[1].endswith("measured again: p99<20ms MISSED: 30 ms")


def test_points_within_the_spread_are_tied_and_the_other_figure_decides() -> None:
    again = [_on("a", 1, 100.0, 2), _on("b", 1, 104.0, 3), _on("a", 3, 102.0, 2), _on("b", 3, 99.0, 3)]
    slower = msgspec.structs.replace(again[0], figures=msgspec.structs.replace(again[0].figures, p99_ms=19.0))  # type: ignore[type-var]
    chosen = choose(a_study([*FIRST, slower, *again[1:]]))
    assert (chosen.best, chosen.tied, chosen.runner_up) == (3, [1, 3], 1)


def test_on_the_only_box_it_says_so() -> None:
    study = a_study([_on("a", 1, 100.0), _on("a", 1, 100.0, 2), _on("a", 1, 99.0, 3)])
    told = repeat_sentences(study, 1)[0]
    assert "twice on the only box that was left" in told
    assert told.endswith("the two times differ by 1.0 %")
    assert boxes_spread(study) == 0.05


def test_nothing_that_may_win_is_nothing_to_repeat() -> None:
    study = a_study([_on("a", 1, 100.0, outcome="refused")])
    assert (wanted(study), choose(study).best, repeat_sentences(study, None)) == ([], None, [])
