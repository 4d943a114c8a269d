"""The processor's sensors, on fake machines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harness.fake_machine import FakeMachine

from ovtui.host.machine.cpu_sensors import MAX_CORES_READ, CpuSensors


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    return FakeMachine(tmp_path)


def test_a_machine_without_sensors_reads_none(box: FakeMachine) -> None:
    cpu = CpuSensors(box.tree())
    assert (cpu.mhz(), cpu.temperature_c(), cpu.throttled_percent()) == (None, None, None)
    assert cpu.throttle_reasons == ()


def test_the_mean_clock_of_the_cores_this_process_may_run_on(box: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3})
    for core, khz in enumerate((100_000, 2_000_000, 100_000, 3_000_000)):
        box.cpu(core, khz=khz)
    assert CpuSensors(box.tree()).mhz() == 2500.0


def test_not_every_core_of_a_large_machine_is_read(box: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(250)))
    for core in range(250):
        box.cpu(core, khz=1_000_000)
    assert 0 < len(CpuSensors(box.tree())._found.now().clocks) <= MAX_CORES_READ


def test_the_hottest_package_counts_and_other_sensors_do_not(box: FakeMachine) -> None:
    for number, (driver, celsius) in enumerate((("nvme", 90.0), ("coretemp", 61.0), ("coretemp", 64.5))):
        box.cpu_temperature(celsius, hwmon=number, driver=driver)
    assert CpuSensors(box.tree()).temperature_c() == 64.5


@pytest.mark.parametrize("celsius", [0, -274, 255, 150.001, -40])
def test_what_no_running_chip_has_is_no_temperature(box: FakeMachine, celsius: float) -> None:
    box.cpu_temperature(celsius)
    assert CpuSensors(box.tree()).temperature_c() is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"61000\r\n", 61.0), (b"", None), (b"\n", None), (b"N/A\n", None), (b"6_1000", None), (b"\xff\xfe\x00", None),
     (b"61000.5", None), ("٦١٠٠٠".encode(), None), (b"9" * 5000, None)],
)  # fmt: skip
def test_text_that_is_no_number_is_no_reading(box: FakeMachine, content: bytes, expected: float | None) -> None:
    box.cpu_temperature(50.0)
    box.put("sys/class/hwmon/hwmon1/temp1_input", content)
    assert CpuSensors(box.tree()).temperature_c() == expected


def test_a_sensor_that_comes_back_under_another_number_is_found_again(box: FakeMachine) -> None:
    box.cpu_temperature(50.0, hwmon=4)
    cpu = CpuSensors(box.tree())
    assert cpu.temperature_c() == 50.0
    box.remove("sys/class/hwmon/hwmon4")
    box.clock.pass_s(1)
    assert cpu.temperature_c() is None
    box.clock.pass_s(10)
    assert cpu.temperature_c() is None  # the driver is not back yet
    box.cpu_temperature(51.0, hwmon=5)
    box.clock.pass_s(9)
    assert cpu.temperature_c() is None  # it is looked for every 10 s
    box.clock.pass_s(1)
    assert cpu.temperature_c() == 51.0


def test_the_share_of_the_time_in_which_the_hardware_lowered_the_clock(box: FakeMachine) -> None:
    for core in range(4):
        box.cpu(core)
        box.cpu_throttle(core)
    cpu = CpuSensors(box.tree())
    assert cpu.throttled_percent() is None
    box.clock.pass_s(2)
    assert cpu.throttled_percent() == 0.0
    assert cpu.throttle_reasons == ()
    box.cpu_throttle(1, core_ms=100, core_count=1)
    box.cpu_throttle(2, core_ms=500, core_count=3)
    box.clock.pass_s(2)
    assert cpu.throttled_percent() == 25.0
    assert cpu.throttle_reasons == ("core temperature",)
    box.cpu_throttle(0, package_ms=9000, package_count=1)
    box.clock.pass_s(2)
    assert cpu.throttled_percent() == 100.0
    assert cpu.throttle_reasons == ("package temperature",)


def test_an_old_kernel_counts_how_often_and_not_how_long(box: FakeMachine) -> None:
    box.cpu_throttle(0)
    box.remove("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_total_time_ms")
    box.remove("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_total_time_ms")
    cpu = CpuSensors(box.tree())
    cpu.throttled_percent()
    box.put("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", 2)
    box.clock.pass_s(1)
    assert cpu.throttled_percent() is None
    assert cpu.throttle_reasons == ("core temperature",)
