"""The rank: each device with each hint, in an engine of its own; those near the first by throughput and by latency
measured again in alternation; then whether each device computes what the CPU does.

Every point is compiled in a process of its own, the first one too. Of `ovtui rank` the engine that serves when the
study begins is none of them: it has another hint. On the dashboard it may be one; then its own start is told. What is
in the kernel's page cache and in a driver's cache of kernels is there from engines before (PointStart.compiled_before
says which)."""

from __future__ import annotations

import contextlib
from functools import partial

import msgspec

from ovtui.metrics.handover.startup import startup_timeline
from ovtui.metrics.rank.order import near_tied, order_of
from ovtui.metrics.rank.report import accelerators, rank_report
from ovtui.metrics.session.engine_state import EngineState
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.goals import GOALS
from ovtui.metrics.sweep.grid import GridPoint, grid_point
from ovtui.records.events import StudyPoint
from ovtui.records.machine_readings import MachineReading
from ovtui.records.study_events import DeviceAgreement, PointStart, RankAnswer, RankSpec
from ovtui.studies.agreement import Verifying, verify_on
from ovtui.studies.conductor import Conductor, Found, StudyStopped, TurnFailed
from ovtui.studies.study_points import StudyPoints
from ovtui.studies.sweep_point import Measured, PointMeter
from ovtui.studies.sweep_time import block_s

READING_S = 3.0
"""So long a reading of the machine is waited for."""


def run(conductor: Conductor) -> Found:
    return Rank(conductor, verify_on).go()


class Rank:
    """Owner: the study's process."""

    def __init__(self, conductor: Conductor, verify: Verifying) -> None:
        began = conductor.began
        assert isinstance(began.spec, RankSpec)
        self._conductor, self._spec, self._verify = conductor, began.spec, verify
        self._base = msgspec.structs.replace(began.settings, duration_s=0.0, requests=0)
        self._study = StudyState(began)
        self._grid = [
            grid_point(self._base, {"device": device, "hint": hint})
            for device in self._spec.devices
            for hint in self._spec.hints
        ]
        goals = GOALS["throughput"], GOALS["p99"]  # nothing is left early for them
        self._meter = PointMeter(conductor, lambda: goals, starts_at_once=True)
        self._points = StudyPoints(
            conductor, self._meter, self._study, planned=len(self._grid), point_s=self._spec.point_s
        )  # fmt: skip
        first = conductor.digest.session_state.engine
        self._first_engine = first.number if first is not None else 0
        self._compiled_for = set(first.devices) if first is not None else set[str]()
        self._agreements: list[DeviceAgreement] = []

    def go(self) -> Found:
        conductor = self._conductor
        try:
            for number, point in enumerate(self._grid, 1):
                self._measure(number, point)
            self._measure_again()
            if self._spec.agreement:
                self._compare()
        except StudyStopped:
            with contextlib.suppress(TurnFailed):
                conductor.rest()
        order = order_of(self._study)
        answer = RankAnswer(
            by_throughput=order.by_throughput,
            by_latency=order.by_latency,
            latency=order.latency.name,
            tied=order.tied,
            tied_latency=order.tied_latency,
            agreements=self._agreements,
            lasted_s=(conductor.now_ns - conductor.began.t_ns) / 1e9,
        )
        return Found(rank_report(self._study, agreements=self._agreements).text, answer)

    def _measure(self, number: int, point: GridPoint) -> None:
        conductor, text = self._conductor, f"{point.values['device']} {point.values['hint']}"
        self._points.time.begin(conductor.now_ns)
        if point.settings is None:
            measured = Measured("refused", point.reason)
        else:
            measured = self._meter.measure(
                point.settings, text, self._spec.point_s, partial(self._points.step, number, text), until="figures"
            )  # fmt: skip
        reading, stopped = None, None
        try:
            reading = self._read_machine(measured)
        except StudyStopped as error:
            stopped = error
        start, settings = self._start(measured, reading), point.settings or self._base
        self._points.tell(self._points.told(number, point.values, text, measured, settings, 1, start))
        self._points.time.end_point(conductor.now_ns)
        if stopped is not None:
            raise stopped

    def _start(self, measured: Measured, reading: MachineReading | None) -> PointStart | None:
        """What is known of the engine that served; None where none did."""
        session = self._conductor.digest.session_state
        engine = session.engines.get(measured.engine)
        if engine is None:
            return None
        devices = list(engine.devices)
        segment = next((each for each in session.segments if each.segment == measured.segment), None)
        before = engine.number != self._first_engine and bool(self._compiled_for & set(devices))
        self._compiled_for |= set(devices)
        memory = (reading.engine_rss_bytes, reading.gpu_memory_bytes) if reading is not None else (None, None)
        return PointStart(
            compile_ms=engine.compiled.compile_ms if engine.compiled is not None else None,
            first_inference_ms=engine.first.since_spawn_ms if engine.first is not None else None,
            handover_ms=_handover_ms(engine),
            memory_bytes=_whole(memory[0]),
            device_memory_bytes=_whole(memory[1]),
            in_flight=segment.nireq if segment is not None else None,
            execution_devices=devices,
            compiled_before=before,
        )

    def _read_machine(self, measured: Measured) -> MachineReading | None:
        """The newest reading from while it served. The machine is read once a second: of a row that was measured in
        less, that of the engine at rest, which holds the same. Raises StudyStopped."""
        conductor = self._conductor
        if measured.figures is None:
            return None
        until_ns = conductor.now_ns + int(READING_S * 1e9)
        while True:
            since = [each for each in conductor.readings if each.t_ns >= measured.served_ns]
            served = [each for each in since if each.t_ns <= measured.until_ns]
            if since or conductor.now_ns >= until_ns:
                return served[-1] if served else since[0] if since else None
            conductor.look()

    def _measure_again(self) -> None:
        points = near_tied(self._study)
        if not points:
            return
        slowest = min(point.figures.throughput or 1.0 for point in points if point.figures is not None)
        each_s = block_s(self._spec.point_s, slowest)
        self._points.time.plan_again(len(points), each_s, 0, 0.0)
        self._points.alternate(points, each_s)

    def _compare(self) -> None:
        """The load rests: what is measured is measured by now. A device is compared once, under the hint that it was
        measured with first, since a hint says how requests are served and not what is computed."""
        conductor, wanted = self._conductor, dict[str, StudyPoint]()
        for point in self._study.points:
            for device in accelerators(point.start.execution_devices if point.start is not None else []):
                wanted.setdefault(device, point)
        for device, point in wanted.items():
            conductor.step("resting", f"while {device} is compared with the CPU", planned=len(self._grid))
            settings = msgspec.structs.replace(point.settings, device=device)
            self._agreements.append(self._verify(conductor, settings))


def _handover_ms(engine: EngineState) -> float | None:
    timeline = startup_timeline(engine, {})
    return timeline.since_spawn_ms(timeline.changed_ns) if timeline.stand_in_ready_ns is not None else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
