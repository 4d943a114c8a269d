"""The boxes of a kind on their points: faults at any moment, a kill at any line of the journal."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from fleet.fake_points import SETTINGS, SPEC, FakeSweep, by_nireq, fine
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.fleet.box import BoxError, FaultKind
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.kind_points import KindPoints
from ovtui.fleet.sweep.kind_sweep import Point
from ovtui.records.study_events import SweepSpec
from ovtui.studies.sweep_folder import JOURNAL, write_brief

FAULTS: tuple[FaultKind, ...] = ("lost", "silent", "unreachable", "interrupted", "failed")


def test_every_point_is_measured_once_and_the_best_again_on_two_boxes(tmp_path: Path) -> None:
    fake = FakeSweep(tmp_path, ["a", "b", "c"])
    fake.run()
    first = [number for _, number, round_ in fake.measured if round_ == 1]
    assert sorted(first) == [1, 2, 3, 4, 5, 6]
    assert {box for box, _, round_ in fake.measured if round_ == 1} == {"a", "b", "c"}
    again = {(number, round_): box for box, number, round_ in fake.measured if round_ > 1}
    # nireq 4 under either hint: within the boxes' spread of each other.
    assert {number for number, _ in again} == {5, 6}
    assert all(again[number, 2] != again[number, 3] for number in (5, 6))
    assert fake.told == []


def test_a_box_that_fails_once_goes_on_and_one_that_fails_twice_is_left_out(tmp_path: Path) -> None:
    faults = Counter[str]()

    def act(box: str, job: Job) -> Point | BaseException:
        if box == "bad" or (box == "once" and not faults[box]):
            faults[box] += 1
            return BoxError("lost", "the line broke")
        return by_nireq(box, job)

    fake = FakeSweep(tmp_path, ["bad", "once", "good"], act)
    fake.run()
    assert faults == {"bad": 2, "once": 1}
    assert fake.sweep.left_out == {"bad": "the line broke"}
    assert fake.told[-1] == "bad: left out, it failed twice in a row: the line broke"
    assert len({number for _, number, round_ in fake.measured if round_ == 1}) == 6
    assert any(box == "once" for box, _, _ in fake.measured)


def test_without_a_box_it_stops_with_what_it_has_and_others_go_on(tmp_path: Path) -> None:
    calls = Counter[str]()

    def act(box: str, job: Job) -> Point | BaseException:
        calls[box] += 1
        return by_nireq(box, job) if calls[box] < 3 else BoxError("lost", "the line broke")

    fake = FakeSweep(tmp_path, ["a"], act)
    fake.run()
    assert fake.points.left == 4
    assert len(fake.measured) == 2
    again = FakeSweep(tmp_path, ["b"])
    again.run()
    assert again.points.left == 0
    assert len([1 for _, _, round_ in again.measured if round_ == 1]) == 4
    assert [box for box, _, round_ in again.measured if round_ > 1] == ["b"] * 4


def test_a_refusal_is_an_outcome_of_the_point(tmp_path: Path) -> None:
    def act(box: str, job: Job) -> Point | BaseException:
        return BoxError("refused", "no GPU.7 here") if job.number < 5 else by_nireq(box, job)

    fake = FakeSweep(tmp_path, ["a"], act)
    fake.run()
    assert [point.outcome for point in fake.points.study.points if point.round == 1].count("refused") == 4
    assert fake.sweep.left_out == {}


def test_a_point_whose_session_fails_everywhere_is_at_fault_itself(tmp_path: Path) -> None:
    def act(box: str, job: Job) -> Point | BaseException:
        return BoxError("failed", "engine 1 died") if job.number in (1, 2, 3) else by_nireq(box, job)

    fake = FakeSweep(tmp_path, ["a"], act)
    fake.run()
    outcomes = {point.point: point.outcome for point in fake.points.study.points if point.round == 1}
    assert [outcomes[number] for number in (1, 2, 3)] == ["failed"] * 3
    assert fake.sweep.left_out == {}


def test_a_point_that_takes_three_boxes_down_is_given_to_no_fourth(tmp_path: Path) -> None:
    def act(box: str, job: Job) -> Point | BaseException:
        return BoxError("lost", "the line broke") if job.number == 2 else by_nireq(box, job)

    fake = FakeSweep(tmp_path, ["a", "b", "c", "d"], act)
    fake.run()
    point = next(point for point in fake.points.study.points if point.point == 2)
    assert point.outcome == "failed"
    assert "failed while it was measured there: the line broke" in point.reason


def test_a_stop_gives_back_what_is_under_way(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def stopped() -> None:
        fake = FakeSweep(tmp_path, ["a", "b"])

        async def measure(box: str, job: Job) -> Point:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

        fake.sweep._measure = measure
        task = asyncio.create_task(fake.sweep.run())
        await asked.wait()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        fake.points.close()

    asyncio.run(stopped())
    again = FakeSweep(tmp_path, ["a", "b"])
    # What was stopped is begun under another name: the box remembers the one that was ended.
    assert sorted(job.tries for job in again.points._back) == [1, 1]
    again.run()
    assert again.points.left == 0


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(["fine", *FAULTS]), max_size=40),
    st.integers(0, 1_000),
)
def test_whatever_order_boxes_die_in_each_point_counts_once(boxes: list[str], acts: list[str], seed: int) -> None:
    chosen, rest = random.Random(seed), iter(acts)

    def act(box: str, job: Job) -> Point | BaseException:
        kind = next(rest, "fine")
        if kind == "fine":
            return fine(chosen.uniform(90.0, 110.0))
        return BoxError(kind, "it failed")  # type: ignore[arg-type]

    folder = Path(tempfile.mkdtemp())
    try:
        fake = FakeSweep(folder, boxes, act)
        fake.run()
        rounds = Counter((point.point, point.round) for point in fake.points.study.points)
        assert set(rounds.values()) <= {1}
        if fake.sweep.boxes:  # a box was left: all is measured, or its reason is told
            assert {number for number, round_ in rounds if round_ == 1} == set(range(1, 7))
            assert fake.points.done
        else:
            assert set(fake.sweep.left_out) == set(boxes)
        known = list(fake.points.study.points)
        again = KindPoints(folder, SPEC, SETTINGS, lambda _: None)
        kept = sorted(again.study.points, key=lambda point: (point.round, point.point))
        assert kept == sorted(known, key=lambda point: (point.round, point.point))
        again.close()
    finally:
        shutil.rmtree(folder)


def test_after_a_kill_at_any_line_each_point_is_measured_once(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    spec = SweepSpec(vary={"nireq": ["1", "2", "4"]}, point_s=1.0)
    fake = FakeSweep(whole, ["a", "b"], spec=spec)
    fake.run()
    lines = (whole / JOURNAL).read_bytes().splitlines(keepends=True)
    chosen = random.Random(7)
    for cut in range(len(lines)):
        folder = tmp_path / str(cut)
        write_brief(folder, spec, SETTINGS)
        torn = lines[cut][: chosen.randrange(len(lines[cut]))]
        (folder / JOURNAL).write_bytes(b"".join(lines[:cut]) + torn)
        again = FakeSweep(folder, ["a", "b"], spec=spec)
        kept = {(point.point, point.round) for point in again.points.study.points}
        again.run()
        rounds = Counter((point.point, point.round) for point in again.points.study.points)
        assert set(rounds.values()) == {1}
        assert {number for number, round_ in rounds if round_ == 1} == {1, 2, 3}
        assert not kept & {(number, round_) for _, number, round_ in again.measured}


def test_a_run_that_outlived_its_controller_is_taken_up_on_its_box(tmp_path: Path) -> None:
    fake = FakeSweep(tmp_path, ["a", "b"])
    job = fake.points.next_for("b", ["a", "b"])
    assert job is not None
    fake.points.close()  # killed
    again = FakeSweep(tmp_path, ["a", "b"])
    assert again.points.next_for("a", ["a", "b"]) is not None
    taken = again.points.next_for("b", ["a", "b"])
    assert taken is not None
    assert (taken.number, taken.tries) == (job.number, 0)
    again.points.close()


@pytest.mark.parametrize("boxes", [["a"], ["a", "b", "c"]])
def test_of_a_large_grid_as_many_points_as_are_asked_for(tmp_path: Path, boxes: list[str]) -> None:
    spec = SweepSpec(
        vary={"nireq": [str(n) for n in range(1, 31)], "hint": ["latency", "throughput", "none"]}, most_points=10
    )
    calls = Counter[int]()

    def act(box: str, job: Job) -> Point | BaseException:
        calls[job.number] += 1
        if job.number % 4 == 0 and calls[job.number] == 1:
            return BoxError("lost", "the line broke")
        return by_nireq(box, job)

    fake = FakeSweep(tmp_path, boxes, act, spec)
    fake.run()
    first = [point for point in fake.points.study.points if point.round == 1]
    assert sorted(point.point for point in first) == list(range(1, 11))
    assert len({tuple(sorted(point.values.items())) for point in first}) == 10
