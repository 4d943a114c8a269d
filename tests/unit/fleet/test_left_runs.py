"""Sessions that a sweep before this process has begun on a box and could not end: ended before it is measured there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet.running.local_fleet import LocalFleet
from harness.fake_ovtui import running, sessions_begun

from ovtui.fleet.box import BoxError
from ovtui.fleet.on_box.left_runs import left_runs, left_script
from ovtui.fleet.sweep.box_measurer import BoxMeasurer
from ovtui.fleet.sweep.job import Job
from ovtui.metrics.sweep.grid import grid_point
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(model="demo-mlp", device="CPU")


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalFleet]:
    with LocalFleet(tmp_path, ["b1"], monkeypatch, length_s=None) as made:
        yield made


def _job(number: int) -> Job:
    return Job(number, grid_point(SETTINGS, {"nireq": "2"}), 1, 1.0)


def _measurer(fleet: LocalFleet) -> BoxMeasurer:
    return BoxMeasurer("sweep-1", {"b1": fleet["b1"].box}, fleet.open, {})


async def _begun(fleet: LocalFleet, measurer: BoxMeasurer, job: Job) -> asyncio.Task[object]:
    home, before = fleet["b1"].home, set((fleet["b1"].home / ".fake").glob("s-*/began"))
    task: asyncio.Task[object] = asyncio.ensure_future(measurer.measure("b1", job))
    while set((home / ".fake").glob("s-*/began")) == before and not task.done():
        await asyncio.sleep(0.02)
    return task


def test_what_could_not_be_ended_is_ended_by_who_comes_after(fleet: LocalFleet) -> None:
    box = fleet["b1"]

    async def first() -> dict[str, str]:
        measurer = _measurer(fleet)
        task = await _begun(fleet, measurer, _job(1))
        box.down = BoxError("unreachable", "no route to it")
        box.cut()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await measurer.close()
        return measurer.not_ended

    async def second() -> list[str]:
        measurer = _measurer(fleet)
        task = await _begun(fleet, measurer, _job(2))
        alone = running(box.home)
        (box.home / ".fake" / "end").touch()
        await task
        await measurer.close()
        return alone

    assert "point 1" in asyncio.run(first())["b1"]
    assert len(running(box.home)) == 1
    box.down = None
    before = running(box.home)
    alone = asyncio.run(second())
    assert len(alone) == 1
    assert alone != before
    assert fleet.left_there("b1") == []


def test_the_run_of_a_process_that_was_killed_is_taken_up(fleet: LocalFleet) -> None:
    """Its number is that of the job that is given out again."""

    async def killed() -> None:
        measurer = _measurer(fleet)
        task = await _begun(fleet, measurer, _job(1))
        fleet["b1"].down = BoxError("unreachable", "gone")
        fleet["b1"].cut()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        fleet["b1"].down = None

    async def again() -> None:
        measurer = _measurer(fleet)
        (fleet["b1"].home / ".fake" / "end").touch()
        await measurer.measure("b1", _job(1))
        await measurer.close()

    asyncio.run(killed())
    asyncio.run(again())
    assert sessions_begun(fleet["b1"].home) == 1


def test_only_runs_of_this_sweep_on_this_box_are_found(fleet: LocalFleet) -> None:
    there = fleet["b1"].home / ".local/state/ovtui/fleet"
    for name in ("sweep-1-2-1-0.b1", "sweep-1-3-1-0.b2", "sweep-12-1-1-0.b1", "sweep-1-$(x).b1", "other.b1"):
        (there / name).mkdir(parents=True)

    async def found() -> list[str]:
        return await left_runs(await fleet.open(fleet["b1"].box), fleet["b1"].box, "sweep-1-")

    assert asyncio.run(found()) == ["sweep-1-2-1-0"]
    with pytest.raises(ValueError, match="no name of a run"):
        left_script("$(x)-", "b1")
