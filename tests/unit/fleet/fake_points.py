"""Boxes that measure the points of a sweep without a machine, and fail as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from harness.fake_line import FakeLine

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach.line import Answer, Line
from ovtui.fleet.reach.opening import ReachOptions
from ovtui.fleet.sweep import fleet_sweep
from ovtui.fleet.sweep.box_measurer import BoxMeasurer
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.kind_points import KindPoints
from ovtui.fleet.sweep.kind_sweep import KindSweep, Point, Turns
from ovtui.records.fleet import BoxFacts
from ovtui.records.study_events import PointFigures, SweepSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies.sweep_folder import write_brief
from ovtui.studies.sweep_point import Measured

SPEC = SweepSpec(vary={"nireq": ["1", "2", "4"], "hint": ["latency", "throughput"]}, point_s=1.0)
SETTINGS = Settings(model="demo-mlp", device="CPU")
Act = Callable[[str, Job], Point | BaseException]


def figures(throughput: float, p99_ms: float = 10.0, requests: int = 1000) -> PointFigures:
    return PointFigures(requests=requests, measured_s=1.0, throughput=throughput, p50_ms=p99_ms / 2, p99_ms=p99_ms)


def fine(throughput: float, p99_ms: float = 10.0) -> Point:
    return Point(Measured("measured", "", figures(throughput, p99_ms)), 0.5)


def by_nireq(box: str, job: Job) -> Point:
    """The more in flight the more throughput; the hint makes no difference of note."""
    extra = 1.0 if job.point.values.get("hint") == "latency" else 0.0
    return fine(100.0 * float(job.point.values["nireq"]) + extra)


class FakeSweep:
    """A kind's sweep with boxes that act as told, each in a turn of the loop of its own."""

    def __init__(self, folder: Path, boxes: Sequence[str], act: Act = by_nireq, spec: SweepSpec = SPEC) -> None:
        write_brief(folder, spec, SETTINGS)
        self.told: list[str] = []
        self.measured: list[tuple[str, int, int]] = []
        """Box, point and round of what came to an end."""
        self.points = KindPoints(folder, spec, SETTINGS, lambda _: None)
        self._act = act
        self.sweep = KindSweep(self.points, boxes, self._measure, Turns(64), self.told.append, pause=_no_pause)

    async def _measure(self, box: str, job: Job) -> Point:
        await asyncio.sleep(0)
        done = self._act(box, job)
        if isinstance(done, BaseException):
            raise done
        self.measured.append((box, job.number, job.round))
        return done

    def run(self) -> None:
        """Raises TimeoutError where the boxes wait for each other."""
        try:
            asyncio.run(asyncio.wait_for(self.sweep.run(), 20.0))
        finally:
            self.points.close()


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


KINDS = {"a1": "NUC", "a2": "NUC", "b1": "Xeon, 8 cores", "gone": ""}
"""Of the boxes by name; none: its login is refused."""


BOOTS = {"a1": "8d0f1a3e-0000-4000-8000-00000000000a", "b1": "8d0f1a3e-0000-4000-8000-00000000000b"}


async def opened(box: Box) -> Line:
    boot = BOOTS.get(box.name, "")
    return FakeLine(box, Answer(0, f"{boot}\n".encode(), ""))  # type: ignore[return-value]


def install_fakes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Boxes for a FleetSweep. `act` of what is returned says what a box makes of a job."""
    acts: dict[str, Any] = {"act": by_nireq}

    async def ask_facts(line: Line, box: Box) -> BoxFacts:
        assert line.box == box
        if not KINDS[box.name]:
            raise BoxError("login", "your key is not known there")
        return BoxFacts(kind=KINDS[box.name], facts={})

    async def measure(self: BoxMeasurer, box: str, job: Job) -> Point:
        await asyncio.sleep(0)
        assert self.line(box).box.name == box
        done = acts["act"](box, job)
        if isinstance(done, BaseException):
            raise done
        return done  # type: ignore[no-any-return]

    async def open_line(box: Box, options: ReachOptions) -> Line:
        assert options.transport == "auto"
        return await opened(box)

    monkeypatch.setattr(fleet_sweep, "ask_facts", ask_facts)
    monkeypatch.setattr(fleet_sweep, "open_line", open_line)
    monkeypatch.setattr(fleet_sweep, "read_model", lambda _: None)
    monkeypatch.setattr(BoxMeasurer, "measure", measure)
    monkeypatch.setattr("ovtui.fleet.sweep.kind_sweep.PAUSE_S", 0.0)
    return acts
