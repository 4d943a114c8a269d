"""A point on a box that is left early, and a box's measurement ended for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fleet.fake_points import opened
from harness.fake_ovtui import running, sessions_begun, write_fake_ovtui
from harness.local_line import LocalBox
from metrics.sweep.sweep_samples import a_point

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.sweep import box_measurer
from ovtui.fleet.sweep.beaten import Rivals, figures_of
from ovtui.fleet.sweep.box_measurer import BoxMeasurer
from ovtui.fleet.sweep.job import Job
from ovtui.metrics.sweep.goals import GOALS
from ovtui.metrics.sweep.grid import GridPoint
from ovtui.records.fleet import BoxState
from ovtui.records.following import Block, Ended
from ovtui.settings.schema.settings import Settings

_RIVAL = a_point(3, 200.0, 10.0)
_FIGURES = msgspec.structs.replace(_RIVAL.figures, items_per_request=4.0)  # type: ignore[type-var]
RIVALS = Rivals([msgspec.structs.replace(_RIVAL, figures=_FIGURES)], GOALS["throughput"], GOALS["p99"], 0.05)


def _blocks(count: int, throughput: float, p99_ms: float | None, begin: int = 0) -> list[Block]:
    return [
        Block(number=begin + at, requests=int(2 * throughput), throughput=throughput, p50_ms=5.0, p99_ms=p99_ms)
        for at in range(count)
    ]


@pytest.mark.parametrize(
    ("blocks", "beaten"),
    [
        (_blocks(7, 150.0, 20.0), True),
        (_blocks(6, 150.0, 20.0), False),  # too few
        (_blocks(6, 150.0, 20.0) + _blocks(1, 150.0, 20.0, begin=9), False),  # with a gap
        (_blocks(7, 195.0, 20.0), False),  # within what boxes differ by
        (_blocks(7, 150.0, 10.2), False),
        (_blocks(7, 150.0, None), False),  # not known
        (_blocks(6, 150.0, 20.0) + _blocks(1, 250.0, 20.0, begin=6), False),
    ],
)
def test_it_is_worse_in_both_figures_in_each_block(blocks: list[Block], beaten: bool) -> None:
    assert (RIVALS.beating(blocks) is not None) is beaten


def test_what_is_known_of_a_point_that_was_left() -> None:
    found = figures_of(_blocks(7, 150.0, 20.0))
    assert (found.requests, found.measured_s, found.throughput, found.p99_ms) == (2100, 14.0, 150.0, 20.0)
    assert figures_of([]).throughput is None


@pytest.fixture
def ended_there(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ended: list[str] = []

    async def remove_run(_line: Any, box: Box, run: str) -> None:
        ended.append(f"{box.name} {run}")

    async def stop_run(_line: Any, box: Box, run: str, *, at_once: bool) -> None:
        assert at_once
        ended.append(f"stop {box.name} {run}")

    monkeypatch.setattr(box_measurer, "remove_run", remove_run)
    monkeypatch.setattr(box_measurer, "stop_run", stop_run)
    return ended


def _measurer() -> BoxMeasurer:
    return BoxMeasurer("s", {"a": Box(name="a")}, opened, {})


def _job(**more: Any) -> Job:
    return Job(1, GridPoint({"nireq": "1"}, Settings(model="demo-mlp", nireq=1)), 1, 20.0, **more)


def test_a_beaten_point_ends_on_its_box(monkeypatch: pytest.MonkeyPatch, ended_there: list[str]) -> None:
    async def measure(*_: Any, state: BoxState, changed: Callable[[BoxState], None], **__: Any) -> Ended:
        state.blocks = _blocks(7, 150.0, 20.0)
        changed(state)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(box_measurer, "measure_on_box", measure)
    point = asyncio.run(asyncio.wait_for(_measurer().measure("a", _job(rivals=RIVALS)), 10.0))
    assert point.measured.outcome == "dropped"
    assert point.measured.reason == "point 3 is better in throughput and p99 in each of the last blocks"
    assert ended_there == ["a s-1-1-0.a"]
    # The items of its rival: else the answer would doubt that requests are alike.
    assert point.measured.figures is not None
    assert point.measured.figures.items_per_request == 4.0


@pytest.mark.parametrize(("code", "kind"), [(130, "interrupted"), (4, "refused"), (2, "refused"), (1, "failed")])
def test_how_a_session_ended_says_whose_fault_it_was(monkeypatch: pytest.MonkeyPatch, code: int, kind: str) -> None:
    async def measure(*_: Any, **__: Any) -> Ended:
        return Ended(session="x", code=code, text="so it was", recording="", blocks=[], result=None)

    monkeypatch.setattr(box_measurer, "measure_on_box", measure)
    with pytest.raises(BoxError, match="so it was") as error:
        asyncio.run(_measurer().measure("a", _job()))
    assert error.value.kind == kind


def test_what_a_lost_run_left_is_ended_before_the_next(monkeypatch: pytest.MonkeyPatch, ended_there: list[str]) -> None:
    async def measure(*_: Any, **__: Any) -> Ended:
        raise BoxError("lost", "the line broke")

    monkeypatch.setattr(box_measurer, "measure_on_box", measure)

    async def twice() -> None:
        measurer = _measurer()
        for tries in (0, 1):
            with pytest.raises(BoxError, match="the line broke"):
                await measurer.measure("a", _job(tries=tries))

    asyncio.run(twice())
    assert ended_there == ["stop a s-1-1-0.a", "a s-1-1-0.a"]


def test_a_box_that_cannot_be_told_to_stop_is_named(tmp_path: Path) -> None:
    there = LocalBox(tmp_path, "a")
    write_fake_ovtui(there.bin / "ovtui")
    measurer = BoxMeasurer("s", {"a": there.box}, there.open, {})

    async def stopped() -> None:
        task = asyncio.ensure_future(measurer.measure("a", _job()))
        while not (running(there.home) and sessions_begun(there.home)):
            await asyncio.sleep(0.05)
        there.down = BoxError("unreachable", "no route to it")
        there.cut()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(stopped(), 60.0))
    assert measurer.not_ended["a"].endswith("(point 1)")
    # It is ended as soon as the box is there again, before it measures anything else.
    there.down = None

    async def again() -> None:
        await measurer._end_what_is_left("a", measurer.line("a"))

    asyncio.run(again())
    assert (measurer.not_ended, running(there.home)) == ({}, [])


def test_of_a_refused_point_nothing_stays_on_its_box(monkeypatch: pytest.MonkeyPatch, ended_there: list[str]) -> None:
    async def measure(*_: Any, **__: Any) -> Ended:
        raise BoxError("refused", "no GPU.7 on this machine")

    monkeypatch.setattr(box_measurer, "measure_on_box", measure)
    with pytest.raises(BoxError, match=r"no GPU\.7"):
        asyncio.run(_measurer().measure("a", _job()))
    assert ended_there == ["a s-1-1-0.a"]
