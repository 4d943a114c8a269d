"""The sweep of several kinds of boxes at once, without a box: what is begun, what is told, what is left."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fleet.fake_points import BOOTS, SETTINGS, SPEC, by_nireq, install_fakes, opened

from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.sweep.fleet_sweep import FleetSweep
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.kind_sweep import Point
from ovtui.fleet.sweep.kinds import by_kind, chosen_kinds
from ovtui.fleet.sweep.sweep_brief import FleetSweepBrief, kind_slug, newest_fleet_sweep, read_fleet_brief
from ovtui.records.fleet import BoxFacts
from ovtui.records.study_events import SweepAnswer


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    return install_fakes(monkeypatch)


def _sweep(folder: Path, names: Sequence[str], told: list[str], **more: Any) -> FleetSweep:
    boxes = tuple(Box(name=name) for name in names)
    brief = FleetSweepBrief(name="sweep-1", spec=SPEC, settings=SETTINGS, boxes=boxes, **more)
    return FleetSweep(folder, brief, told.append, lambda kind, point: told.append(f"{kind.kind} {point.point}"),
                      opening=opened)  # fmt: skip


def test_each_kind_has_its_own_points_and_its_own_best_one(tmp_path: Path) -> None:
    told: list[str] = []
    sweep = _sweep(tmp_path, ["a1", "a2", "b1", "gone"], told)
    asyncio.run(sweep.run())
    assert sweep.unreachable == {"gone": "your key is not known there"}
    assert [(kind.kind, kind.boxes, kind.ending) for kind in sweep.kinds] == [
        ("NUC", ["a1", "a2"], "done"), ("Xeon, 8 cores", ["b1"], "done"),
    ]  # fmt: skip
    for kind in sweep.kinds:
        assert {point.point for point in kind.study.points} == set(range(1, 7))
        assert {point.box for point in kind.study.points} <= set(kind.boxes)
        assert kind.study.ended is not None
        answer = kind.study.ended.answer
        assert isinstance(answer, SweepAnswer)
        assert answer.best in (5, 6)
    assert "twice on the only box that was left" in str(sweep.kinds[1].study.ended)
    assert read_fleet_brief(tmp_path).kinds == {kind_slug(kind): kind for kind in ("NUC", "Xeon, 8 cores")}
    assert told[:2] == ["gone: left out: your key is not known there", "NUC: 2 of 4 boxes, 6 points"]


def test_one_kind_of_several(tmp_path: Path) -> None:
    sweep = _sweep(tmp_path, ["a1", "b1"], [], kind="xeon")
    asyncio.run(sweep.run())
    assert [kind.kind for kind in sweep.kinds] == ["Xeon, 8 cores"]
    with pytest.raises(FleetError, match="names no kind of box that was reached: there are 'NUC' and 'Xeon, 8 cores'"):
        asyncio.run(_sweep(tmp_path / "other", ["a1", "b1"], [], kind="i5").run())


def test_kinds_are_found_by_a_part_of_their_name() -> None:
    facts = {name: BoxFacts(kind=kind, facts={}) for name, kind in (("1", "NUC 11"), ("2", "NUC 12"), ("3", "NUC"))}
    assert chosen_kinds(by_kind(facts), "nuc") == {"NUC": ["3"]}
    with pytest.raises(FleetError, match="names several kinds"):
        chosen_kinds(by_kind(facts), "nuc 1")


def test_where_no_box_is_left_what_was_measured_stays_and_goes_on(tmp_path: Path, fakes: dict[str, Any]) -> None:
    calls: list[int] = []

    def act(box: str, job: Job) -> Point | BaseException:
        calls.append(job.number)
        return by_nireq(box, job) if len(calls) < 4 else BoxError("lost", "the line broke")

    fakes["act"] = act
    sweep = _sweep(tmp_path, ["a1"], [])
    asyncio.run(sweep.run())
    assert (sweep.kinds[0].ending, sweep.kinds[0].points.left) == ("no boxes", 3)
    assert "3 points not measured" in str(sweep.kinds[0].study.ended)
    fakes["act"] = by_nireq
    again = _sweep(tmp_path, ["a2"], [])
    asyncio.run(again.run())
    assert (again.kinds[0].ending, again.kinds[0].points.left) == ("done", 0)
    assert {point.box for point in again.kinds[0].study.points} == {"a1", "a2"}


def test_a_machine_that_is_named_twice_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOOTS, "a2", BOOTS["a1"])
    told: list[str] = []
    asyncio.run(_sweep(tmp_path, ["a1", "a2", "b1"], told).run())
    assert [text for text in told if "one machine" in text] == [
        "a1 and a2 are one machine: they measure beside each other"
    ]


def test_no_box_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="no box can be used"):
        asyncio.run(_sweep(tmp_path, ["gone"], []).run())


def test_one_process_at_a_time(tmp_path: Path) -> None:
    sweep = _sweep(tmp_path, ["a1"], [])
    with pytest.raises(FleetError, match="another sweep writes to it"):
        _sweep(tmp_path, ["a1"], [])
    asyncio.run(sweep.run())


def test_a_stop_ends_it_with_what_it_has(tmp_path: Path, fakes: dict[str, Any]) -> None:
    sweep = _sweep(tmp_path, ["a1", "b1"], [])

    def act(box: str, job: Job) -> Point | BaseException:
        if job.number == 3:
            sweep.stop()
        return by_nireq(box, job)

    fakes["act"] = act
    asyncio.run(sweep.run())
    assert {kind.ending for kind in sweep.kinds} == {"stopped"}
    assert all(kind.points.left for kind in sweep.kinds)
    fakes["act"] = by_nireq
    again = _sweep(tmp_path, ["a1", "b1"], [])
    asyncio.run(again.run())
    assert {kind.ending for kind in again.kinds} == {"done"}


def test_a_stop_before_it_runs_counts(tmp_path: Path, fakes: dict[str, Any]) -> None:
    begun: list[str] = []
    fakes["act"] = lambda box, job: begun.append(box) or by_nireq(box, job)
    sweep = _sweep(tmp_path, ["a1"], [])
    sweep.stop()
    asyncio.run(sweep.run())
    assert (begun, sweep.kinds) == ([], [])
    asyncio.run(_sweep(tmp_path, ["a1"], []).run())
    assert set(begun) == {"a1"}


def test_a_full_disk_ends_it_in_one_sentence(tmp_path: Path, fakes: dict[str, Any]) -> None:
    def act(box: str, job: Job) -> Point | BaseException:
        journal = next(tmp_path.glob("*/journal.log"))
        if job.number == 3 and not journal.is_symlink():
            journal.rename(tmp_path / "kept")
            journal.symlink_to("/dev/full")
        return by_nireq(box, job)

    fakes["act"] = act
    sweep = _sweep(tmp_path, ["a1", "a2"], [])
    asyncio.run(sweep.run())
    assert sweep.problem.endswith("journal.log: cannot be written to: No space left on device")
    assert [kind.ending for kind in sweep.kinds] == ["failed"]


def test_the_newest_one_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert newest_fleet_sweep() is None
    for name in ("20300102-1", "20300101-1"):
        asyncio.run(_sweep(tmp_path / "ovtui" / "sweeps" / name, ["a1"], []).run())
    found = newest_fleet_sweep()
    assert found is not None
    assert found.name == "20300102-1"
    with pytest.raises(FleetError, match="there is no sweep over boxes in it"):
        read_fleet_brief(tmp_path)
