"""Points whose requests hold different numbers of items: the work is counted in items."""

from __future__ import annotations

import msgspec
import numpy as np

from ovtui.cli.sweep_text import table_lines
from ovtui.metrics.sweep.answer_text import answer_text
from ovtui.metrics.sweep.blocks import BEATEN_BLOCKS, PointBlocks
from ovtui.metrics.sweep.goals import GOALS, IN_ITEMS
from ovtui.metrics.sweep.ranking import rank
from ovtui.metrics.sweep.rows import goals_of, sweep_rows
from ovtui.records.events import StudyPoint
from ovtui.records.study_events import SweepAnswer
from tests.unit.metrics.sweep.sweep_samples import a_point, a_study


def _with_items(point: StudyPoint, items: float | None) -> StudyPoint:
    assert point.figures is not None
    return msgspec.structs.replace(point, figures=msgspec.structs.replace(point.figures, items_per_request=items))


def test_a_request_of_four_items_is_four_times_the_work() -> None:
    study = a_study([_with_items(a_point(1, 300.0, 3.0), 1.0), _with_items(a_point(2, 100.0, 9.0), 4.0)])
    assert goals_of(study)[0] is IN_ITEMS["throughput"]
    assert [row.goal for row in sweep_rows(study)] == [300.0, 400.0]
    assert rank(study).best == 2
    head, *lines = table_lines(study, sweep_rows(study), 160)
    assert head.split()[4:7] == ["items/s", "req/s", "p50"]
    assert "300.0  300.0" in lines[0]
    assert "400.0  100.0" in lines[1]
    assert "400.0 items/s at p99 9.00 ms" in answer_text(study, SweepAnswer(best=2, front=[], points=2, lasted_s=1.0))


def test_the_same_items_in_all_requests_are_told_as_requests() -> None:
    study = a_study([_with_items(a_point(number, 100.0 * number), 4.0) for number in (1, 2)])
    assert goals_of(study)[0] is GOALS["throughput"]


def test_items_that_are_not_known_of_all_points_are_said_with_the_answer() -> None:
    study = a_study([_with_items(a_point(1, 300.0, 3.0), None), _with_items(a_point(2, 100.0, 9.0), 4.0)])
    assert goals_of(study)[0] is GOALS["throughput"]
    text = answer_text(study, SweepAnswer(best=1, front=[], points=2, lasted_s=1.0))
    assert text.endswith("not known of all points how many items one holds (--layout says it)")


def test_a_point_is_beaten_in_items() -> None:
    """Also where all points so far had the same items, and of other items than the rival's it is not said."""
    rival = _with_items(a_point(1, 100.0, 5.0), 1.0)
    for items, beaten in ((1.0, True), (4.0, False), (2.0, True), (None, False)):
        blocks = PointBlocks(GOALS["throughput"], GOALS["p99"], 1, items)
        blocks.begin(0.0)
        for number in range(1, BEATEN_BLOCKS + 1):
            blocks.add(number * 0.5, np.full(20, 50.0))  # 40 requests a second
        assert (blocks.beaten_by([rival]) is rival) is beaten
