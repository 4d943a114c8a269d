"""Joules per inference: energy and inferences of the same time, from the digest as every surface asks it."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from samples import SECOND, device_changed, records, segment, started, update

from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.queries.power import device_power, part_power, run_power, segment_power
from ovtui.records.device_codes import STAND_IN, code_of
from ovtui.records.events import EngineExited, Event, IdleMeasured, LoadEnded, LoadPaused, SegmentBegan
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Flag
from ovtui.settings.schema.settings import Settings

GPU = code_of(["GPU.0"])


def begins(number: int, t_s: float, settings: Settings) -> SegmentBegan:
    """Of a load that began at 1 s."""
    return msgspec.structs.replace(segment(number, t_s=t_s, settings=settings), load_began_ns=SECOND)


def loaded(
    watts: dict[str, Any],
    *more: Event,
    rate: float = 100.0,
    seconds: int = 10,
    hole: tuple[int, ...] = (),
    **columns: Any,
) -> Digest:
    """A load from 1 s on; a reading a second, but for those in `hole`."""
    digest, settings = Digest(), Settings(device="CPU", rate=rate)
    begun = [each for each in started(settings, device="CPU", execution=["CPU"]) if each.t_ns < SECOND // 3]
    done_s = 1 + np.arange(1, int(rate * seconds) + 1) / rate
    events = [*begun, begins(1, 1.0, settings), *more]
    readings = [
        MachineReading(t_ns=at * SECOND, **(dict.fromkeys(watts) if at in hole else watts)) for at in range(seconds + 3)
    ]
    ended = LoadEnded(t_ns=(1 + seconds) * SECOND, engine=1, reason="duration", submitted=len(done_s),
                      ended_ns=(1 + seconds) * SECOND)  # fmt: skip
    rows = records(done_s * 1e3, 1.0, segment=1, **columns)
    digest.feed(update(rows, *events, ended, now_s=seconds + 4, submitted=len(rows), readings=readings, finished=True))
    return digest


def test_joules_are_watts_over_throughput() -> None:
    [cpu] = run_power(loaded({"cpu_watts": 30.0})).sources
    assert (cpu.name, cpu.watts, cpu.joules, cpu.coverage, cpu.readings) == ("cpu_watts", 30.0, 300.0, 1.0, 10)
    assert cpu.joules_per_inference == pytest.approx(0.3, rel=0.01)
    assert (cpu.idle_watts, cpu.above_idle) == (None, None)
    assert cpu.text == "CPU packages 30 W, 300 mJ per inference"


def test_what_cannot_be_read_has_no_figure() -> None:
    assert run_power(loaded({"cpu_percent": 30.0})).sources == ()
    assert run_power(loaded({"cpu_percent": 30.0})).brief == number_format.UNKNOWN


def test_a_hole_makes_the_figure_less_sure_and_not_smaller() -> None:
    [cpu] = run_power(loaded({"cpu_watts": 30.0}, hole=(4, 5, 6, 7))).sources
    assert cpu.watts == 30.0
    assert cpu.joules == 180.0
    assert cpu.coverage == 0.6
    assert cpu.joules_per_inference == pytest.approx(0.3, rel=0.02)
    assert cpu.text.endswith("; 60.0 % of the load was read")


def test_too_few_readings_say_so() -> None:
    [cpu] = run_power(loaded({"cpu_watts": 30.0}, seconds=2)).sources
    assert (cpu.watts, cpu.joules, cpu.joules_per_inference) == (None, None, None)
    assert "too short" in cpu.text


def test_above_idle_leaves_out_what_the_idle_machine_takes() -> None:
    idle = IdleMeasured(t_ns=2 * SECOND, since_ns=SECOND, watts={"cpu_watts": 10.0}, reason="load ended")
    [cpu] = run_power(loaded({"cpu_watts": 30.0}, idle)).sources
    assert cpu.idle_watts == 10.0
    assert cpu.above_idle == pytest.approx(0.2, rel=0.01)
    assert "200 mJ above idle" in cpu.text


def test_an_idle_measurement_without_watts_does_not_take_the_place_of_one_with_some() -> None:
    idle = IdleMeasured(t_ns=2 * SECOND, since_ns=SECOND, watts={"cpu_watts": 10.0}, reason="asked")
    refused = IdleMeasured(t_ns=3 * SECOND, since_ns=3 * SECOND, watts={}, reason="asked", text="a trial runs")
    [cpu] = run_power(loaded({"cpu_watts": 30.0}, idle, refused)).sources
    assert cpu.idle_watts == 10.0


def test_each_device_has_the_energy_of_the_time_in_which_it_served() -> None:
    digest, settings = Digest(), Settings(device="AUTO:GPU,CPU", rate=100.0)
    done_s = 1 + np.arange(1, 1001) / 100
    rows = records(done_s * 1e3, 1.0, segment=1, device=np.where(done_s <= 6, STAND_IN, GPU))
    begun = [each for each in started(settings) if each.t_ns < SECOND // 3]
    readings = [
        MachineReading(t_ns=at * SECOND, cpu_watts=40.0 if at <= 6 else 10.0, gpu_watts=5.0 if at <= 6 else 25.0)
        for at in range(14)
    ]
    ended = LoadEnded(t_ns=11 * SECOND, engine=1, reason="duration", submitted=1000, ended_ns=11 * SECOND)
    events = [*begun, begins(1, 1.0, settings), device_changed(["(CPU)"], ["GPU.0"], 6.0), ended]
    digest.feed(update(rows, *events, now_s=14, submitted=1000, readings=readings, finished=True))
    stand_in, gpu = part_power(digest, 1, STAND_IN), part_power(digest, 1, GPU)
    assert stand_in.main is not None
    assert stand_in.main.name == "cpu_watts"
    assert stand_in.main.joules_per_inference == pytest.approx(0.4, rel=0.02)
    assert gpu.main is not None
    assert gpu.main.name == "gpu_watts"
    assert (gpu.brief, gpu.brief_source) == ("250 mJ", "GPU")
    assert device_power(digest, GPU) == gpu
    whole = segment_power(digest, 1).of("cpu_watts")
    assert whole is not None
    assert whole.watts == 25.0


def test_a_pause_belongs_to_no_segment() -> None:
    """10 s of load, 5 s of pause, 10 s of load: the throughput is that of the load, and so is the energy."""
    digest, settings = Digest(), Settings(device="CPU", rate=100.0)
    done_s = np.concatenate((1 + np.arange(1, 1001) / 100, 16 + np.arange(1, 1001) / 100))
    rows = records(done_s * 1e3, 1.0, segment=np.where(done_s <= 11, 1, 2))
    begun = [each for each in started(settings, device="CPU", execution=["CPU"]) if each.t_ns < SECOND // 3]
    events: list[Event] = [
        *begun, begins(1, 1.0, settings),
        LoadPaused(t_ns=11 * SECOND, engine=1, until_ns=16 * SECOND),
        IdleMeasured(t_ns=16 * SECOND, since_ns=11 * SECOND, watts={"cpu_watts": 5.0}, reason="asked"),
        begins(2, 16.0, settings),
        LoadEnded(t_ns=26 * SECOND, engine=1, reason="duration", submitted=2000, ended_ns=26 * SECOND),
    ]  # fmt: skip
    readings = [
        MachineReading(t_ns=at * SECOND, cpu_watts=5.0 if 11 < at <= 16 else 30.0) for at in range(28)
    ]  # fmt: skip
    digest.feed(update(rows, *events, now_s=28, submitted=2000, readings=readings, finished=True))
    assert digest.run.span_s == 20.0
    assert digest.run.throughput == 100.0
    assert (digest.segment(1).throughput, digest.segment(2).throughput) == (100.0, 100.0)
    [cpu] = run_power(digest).sources
    assert (cpu.watts, cpu.joules, cpu.idle_watts) == (30.0, 600.0, 5.0)


def test_an_engine_that_dies_in_a_pause_leaves_no_time_behind() -> None:
    digest, settings = Digest(), Settings(device="CPU", rate=100.0)
    rows = records((1 + np.arange(1, 501) / 100) * 1e3, 1.0, segment=1)
    begun = [each for each in started(settings, device="CPU", execution=["CPU"]) if each.t_ns < SECOND // 3]
    paused = LoadPaused(t_ns=6 * SECOND, engine=1, until_ns=11 * SECOND)
    died = EngineExited(t_ns=9 * SECOND, engine=1, expected=False, code=-9, signal="SIGKILL")
    digest.feed(update(rows, *begun, begins(1, 1.0, settings), paused, died, now_s=9, submitted=500))
    assert digest.run.span_s == 5.0


def test_failed_requests_use_energy_and_count_for_nothing() -> None:
    flags = np.zeros(1000, np.int64)
    flags[::2] = int(Flag.ERROR)
    [cpu] = run_power(loaded({"cpu_watts": 30.0}, flags=flags)).sources
    assert cpu.joules_per_inference == pytest.approx(0.6, rel=0.01)


def test_the_texts_of_watts_and_joules() -> None:
    assert [number_format.joules(value) for value in (None, 1.236, 0.0312, 0.00031, 12.0, 0.0)] == [
        "–", "1.24 J", "31.2 mJ", "310 µJ", "12 J", "0 µJ",
    ]  # fmt: skip
    assert number_format.watts(12.44) == "12.4 W"


def test_a_pause_is_no_growing_queue() -> None:
    """Nothing comes back in it, and nothing comes due."""
    digest, settings = Digest(), Settings(device="CPU", rate=100.0)
    rows = records((1 + np.arange(1, 501) / 100) * 1e3, 1.0, segment=1)
    begun = [each for each in started(settings, device="CPU", execution=["CPU"]) if each.t_ns < SECOND // 3]
    digest.feed(update(rows, *begun, begins(1, 1.0, settings), now_s=6.0, submitted=500))
    queue = digest.queue()
    assert queue is not None
    assert not queue.overloaded
    paused = LoadPaused(t_ns=6 * SECOND, engine=1, until_ns=11 * SECOND)
    for now_s in (6.5, 7.0, 8.0, 9.0, 10.0):
        digest.feed(update(None, *[paused] * (now_s == 6.5), now_s=now_s, submitted=500))
        assert digest.queue() is None
    assert digest.run.span_s == 5.0
