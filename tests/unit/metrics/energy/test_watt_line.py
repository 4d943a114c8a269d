"""Energy between two moments, holes, and the limits of what is kept."""

from __future__ import annotations

import pytest

from ovtui.metrics.energy import watt_line
from ovtui.metrics.energy.watt_line import WattLine, length_ns
from ovtui.metrics.energy.watt_lines import WattLines
from ovtui.records.machine_readings import MachineReading

S = 1_000_000_000


def line_of(*parts: tuple[float, float, float]) -> WattLine:
    """From, until (s), watts."""
    line = WattLine()
    for since_s, until_s, watts in parts:
        line.add(int(since_s * S), int(until_s * S), watts)
    return line


def test_energy_is_weighted_by_time() -> None:
    line = line_of((0, 1, 10.0), (1, 3, 40.0))
    assert line.joules((0, 3 * S)) == pytest.approx(90.0)
    assert line.joules((S // 2, 2 * S)) == pytest.approx(5.0 + 40.0)
    assert line.covered((S // 2, 9 * S)) == [(S // 2, 3 * S)]


def test_a_hole_is_not_covered_and_holds_no_energy() -> None:
    line = line_of((0, 1, 10.0), (2, 3, 10.0))
    assert line.covered((0, 3 * S)) == [(0, S), (2 * S, 3 * S)]
    assert line.joules((0, 3 * S)) == pytest.approx(20.0)
    assert line.joules((S, 2 * S)) == 0.0
    assert line.covered((S, 2 * S)) == []


def test_readings_are_counted_with_those_at_the_edges() -> None:
    line = line_of((0, 1, 1.0), (1, 2, 1.0), (2, 3, 1.0))
    assert line.readings((0, 3 * S)) == 3
    assert line.readings((S // 2, int(2.5 * S))) == 3
    assert line.readings((S, 2 * S)) == 1


def test_a_long_line_keeps_its_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watt_line, "MOST_POINTS", 64)
    line = line_of(*((at, at + 1, 5.0 + at % 2) for at in range(1000)))
    assert len(line._t_ns) <= 64
    assert line.joules((0, 1000 * S)) == pytest.approx(5500.0)
    assert line.joules((990 * S, 1000 * S)) == pytest.approx(55.0)


def test_of_many_holes_the_oldest_are_forgotten_as_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watt_line, "MOST_RUNS", 8)
    line = line_of(*((2 * at, 2 * at + 1, 1.0) for at in range(20)))
    covered = line.covered((0, 40 * S))
    assert len(covered) <= 8
    assert covered[-1] == (38 * S, 39 * S)
    assert length_ns(covered) < 20 * S


def read(t_s: float, **watts: float | None) -> MachineReading:
    return MachineReading(t_ns=int(t_s * S), **watts)


def test_a_reading_covers_the_time_since_the_one_before() -> None:
    lines = WattLines()
    for reading in (read(1, cpu_watts=7.0), read(2, cpu_watts=8.0), read(3, cpu_watts=None), read(4, cpu_watts=6.0)):
        lines.add(reading)
    assert list(lines.by_name) == ["cpu_watts"]
    assert lines.by_name["cpu_watts"].covered((0, 9 * S)) == [(S, 2 * S), (3 * S, 4 * S)]


def test_a_reading_after_a_long_gap_covers_nothing() -> None:
    lines = WattLines()
    for reading in (read(1, cpu_watts=7.0), read(60, cpu_watts=8.0), read(61, cpu_watts=9.0)):
        lines.add(reading)
    assert lines.by_name["cpu_watts"].covered((0, 99 * S)) == [(60 * S, 61 * S)]


def test_what_comes_twice_or_makes_no_sense_is_left_out() -> None:
    lines = WattLines()
    for t_s, watts in ((1, 5.0), (2, 5.0), (2, 5.0), (1.5, 9.0), (3, float("nan")), (4, -1.0)):
        lines.add(read(t_s, gpu_watts=watts))
    assert lines.by_name["gpu_watts"].covered((0, 9 * S)) == [(S, 2 * S)]


def test_whole_readings_of_a_span_leave_out_those_that_reach_beyond_it() -> None:
    line = line_of((0, 1, 10.0), (1, 2, 20.0), (2, 3, 30.0), (3, 4, 40.0))
    assert line.whole_readings((S // 2, int(3.5 * S))) == ((S, 3 * S), 2)
    assert line.whole_readings((S, 2 * S)) == ((S, 2 * S), 1)
    assert line.whole_readings((int(1.1 * S), int(2.9 * S))) is None
    assert line_of((0, 1, 10.0), (2, 3, 10.0)).whole_readings((0, 3 * S)) is None, "a hole"
    assert WattLine().whole_readings((0, S)) is None
