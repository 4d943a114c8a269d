"""Sensors of Intel's GPUs and of the NPU, on fake machines."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.fake_machine import DISCRETE, INTEGRATED, FakeMachine

from ovtui.host.machine.gpu_sensors import GpuReading, GpuSensors
from ovtui.host.machine.npu import Npu


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_a_machine_without_gpu(box: FakeMachine) -> None:
    assert GpuSensors(box.tree()).read() == GpuReading()


def test_an_integrated_gpu_of_i915_has_no_hwmon(box: FakeMachine) -> None:
    box.i915(mhz=1300)
    assert GpuSensors(box.tree()).read() == GpuReading(mhz=1300.0, throttled=0.0)


def test_an_old_kernel_knows_the_clock_alone(box: FakeMachine) -> None:
    device = box.gpu("i915")
    box.put(f"{device}/drm/card0/gt_act_freq_mhz", 350)
    assert GpuSensors(box.tree()).read() == GpuReading(mhz=350.0)


def test_a_discrete_gpu_of_i915(box: FakeMachine) -> None:
    device = box.i915(pdev=DISCRETE, mhz=2400)
    box.gpu_hwmon(device, number=3, name="i915", energy_uj=10, celsius=47.0)
    box.gpu_hwmon(device, number=4, name="i915_gt0", energy_uj=10)  # a part of it
    gpus = GpuSensors(box.tree())
    assert gpus.read() == GpuReading(mhz=2400.0, temperature_c=47.0, throttled=0.0)
    box.gpu_hwmon(device, number=3, name="i915", energy_uj=42_000_010)
    box.clock.pass_s(2)
    assert gpus.read().watts == 21.0


def test_xe_by_its_labels(box: FakeMachine) -> None:
    device = box.xe(mhz=2050)
    sensors = {"card": 0, "pkg": 0}
    box.gpu_hwmon(device, energy_uj=sensors, celsius={"pkg": 55.0, "vram": 61.0, "mctrl": 99.0})
    gpus = GpuSensors(box.tree())
    assert gpus.read() == GpuReading(mhz=2050.0, temperature_c=55.0, memory_temperature_c=61.0, throttled=0.0)
    box.gpu_hwmon(device, energy_uj={"card": 60_000_000, "pkg": 45_000_000})
    box.clock.pass_s(1)
    found = gpus.read()
    assert (found.card_watts, found.watts) == (60.0, 45.0)


def test_xe_whose_labels_lie_the_other_way_round(box: FakeMachine) -> None:
    device = box.xe()
    box.gpu_hwmon(device, energy_uj={"pkg": 0, "card": 0})
    gpus = GpuSensors(box.tree())
    gpus.read()
    box.gpu_hwmon(device, energy_uj={"pkg": 3_000_000, "card": 5_000_000})
    box.clock.pass_s(1)
    found = gpus.read()
    assert (found.watts, found.card_watts) == (3.0, 5.0)


def test_two_counters_without_labels_are_the_card_and_the_package(box: FakeMachine) -> None:
    device = box.xe()
    folder = box.gpu_hwmon(device)
    for number in (1, 2):
        box.put(f"{folder}/energy{number}_input", 0)
        box.put(f"{folder}/temp{number + 1}_input", 40_000 + number * 1000)
    gpus = GpuSensors(box.tree())
    gpus.read()
    for number in (1, 2):
        box.put(f"{folder}/energy{number}_input", number * 1_000_000)
    box.clock.pass_s(1)
    found = gpus.read()
    assert (found.card_watts, found.watts) == (1.0, 2.0)
    assert (found.temperature_c, found.memory_temperature_c) == (41.0, 42.0)


def test_the_power_itself_where_a_driver_tells_it(box: FakeMachine) -> None:
    folder = box.gpu_hwmon(box.xe())
    box.put(f"{folder}/power1_input", 17_500_000)
    assert GpuSensors(box.tree()).read().watts == 17.5
    box.put(f"{folder}/power1_input", 0)
    assert GpuSensors(box.tree()).read().watts is None


@pytest.mark.parametrize("driver", ["i915", "xe"])
def test_throttle_reasons_of_any_tile(box: FakeMachine, driver: str) -> None:
    device = box.xe(tiles=2) if driver == "xe" else box.i915(tiles=2)
    gpus = GpuSensors(box.tree())
    assert (gpus.read().throttled, gpus.read().throttle_reasons) == (0.0, ())
    box.gpu_throttles(device, "pl1", "thermal", tile=1)
    assert (gpus.read().throttled, gpus.read().throttle_reasons) == (1.0, ("pl1", "thermal"))
    box.gpu_throttles(device, "pl1", tile=0)
    assert (gpus.read().throttled, gpus.read().throttle_reasons) == (1.0, ("pl1", "thermal"))
    box.gpu_throttles(device, tile=0)
    box.gpu_throttles(device, tile=1)
    assert gpus.read().throttled == 0.0


def test_a_status_without_a_reason_is_a_throttle_all_the_same(box: FakeMachine) -> None:
    device = box.xe()
    box.put(f"{device}/tile0/gt0/freq0/throttle/status", 1)
    found = GpuSensors(box.tree()).read()
    assert (found.throttled, found.throttle_reasons) == (1.0, ())


def test_what_the_unit_for_video_says_does_not_count(box: FakeMachine) -> None:
    device = box.xe(tiles=2)
    box.put(f"{device}/tile1/gt1/gtidle/name", "gt1-mc")
    box.gpu_throttles(device, "ratl", tile=1)
    assert GpuSensors(box.tree()).read().throttled == 0.0


def test_the_gpu_that_the_engines_use(box: FakeMachine) -> None:
    box.i915(card=1, mhz=1300)
    box.xe(card=0, mhz=2050)
    box.gpu("amdgpu", card=2, pdev="0000:09:00.0", vendor="0x1002")
    gpus = GpuSensors(box.tree())
    assert [(gpu.pdev, gpu.driver) for gpu in gpus.gpus] == [(DISCRETE, "xe"), (INTEGRATED, "i915")]
    assert gpus.read({INTEGRATED}).mhz == 1300.0
    assert gpus.read({DISCRETE}).mhz == 2050.0
    assert gpus.read({INTEGRATED, DISCRETE}).mhz == 2050.0


def test_of_several_gpus_of_which_none_is_known_to_be_used_the_fastest_clock_alone_is_told(box: FakeMachine) -> None:
    box.i915(card=1, mhz=1300)
    device = box.xe(card=0, mhz=2050)
    box.gpu_throttles(device, "pl1")
    assert GpuSensors(box.tree()).read() == GpuReading(mhz=2050.0)


def test_the_sockets_of_a_card_are_no_cards(box: FakeMachine) -> None:
    device = box.i915()
    box.link("sys/class/drm/card0-HDMI-A-1", f"{device}/drm/card0")
    assert len(GpuSensors(box.tree()).gpus) == 1


@pytest.mark.parametrize("vendor", ["0x10de", "0x1002", ""])
def test_gpus_of_others_are_not_read(box: FakeMachine, vendor: str) -> None:
    device = box.i915()
    box.put(f"{device}/vendor", vendor)
    assert GpuSensors(box.tree()).read() == GpuReading()


def test_a_suspended_gpu_is_not_woken(box: FakeMachine) -> None:
    device = box.xe()
    box.gpu_hwmon(device, energy_uj=1, celsius={"pkg": 55.0})
    gpus = GpuSensors(box.tree())
    box.gpu_suspends(device)
    opened = {file.path for file in gpus._found._files.opened}
    assert gpus.read() == GpuReading()
    assert len(opened) > 10
    box.gpu_suspends(device, suspended=False)
    assert gpus.read().temperature_c == 55.0


def test_the_power_of_two_gpus_is_known_while_both_are_awake(box: FakeMachine) -> None:
    devices = [box.xe(card=0), box.xe(card=1, pdev="0000:08:00.0")]
    pdevs = {DISCRETE, "0000:08:00.0"}

    def use(joules: int) -> None:
        for number, device in enumerate(devices):
            box.gpu_hwmon(device, number=number, energy_uj={"card": joules * 2_000_000, "pkg": joules * 1_000_000})
        box.clock.pass_s(1)

    use(0)
    gpus = GpuSensors(box.tree())
    gpus.read(pdevs)
    use(10)
    assert gpus.read(pdevs).watts == 20.0
    box.gpu_suspends(devices[1])
    use(20)
    assert gpus.read(pdevs).watts is None
    box.gpu_suspends(devices[1], suspended=False)
    use(30)
    assert gpus.read(pdevs).watts is None  # what it used since it was last read is not of this second
    use(40)
    found = gpus.read(pdevs)
    assert (found.watts, found.card_watts) == (20.0, 40.0)


def test_a_driver_that_is_loaded_again_is_found_again(box: FakeMachine) -> None:
    device = box.xe()
    box.gpu_hwmon(device, number=4, energy_uj=10_000_000, celsius={"pkg": 55.0})
    gpus = GpuSensors(box.tree())
    gpus.read()
    box.remove(f"{device}/hwmon/hwmon4")
    box.clock.pass_s(1)
    assert gpus.read().temperature_c is None
    box.gpu_hwmon(device, number=7, energy_uj=0, celsius={"pkg": 50.0})
    box.clock.pass_s(10)
    found = gpus.read()
    assert (found.temperature_c, found.watts) == (50.0, None)  # another counter: a first reading
    box.gpu_hwmon(device, number=7, energy_uj=6_000_000)
    box.clock.pass_s(1)
    assert gpus.read().watts == 6.0


@pytest.mark.parametrize("content", [b"", b"0\r\n", b"fast", b"-1"])
def test_a_clock_that_is_none(box: FakeMachine, content: bytes) -> None:
    device = box.i915()
    box.put(f"{device}/drm/card0/gt_act_freq_mhz", content)
    assert GpuSensors(box.tree()).read().mhz is None


def test_how_busy_the_npu_was(box: FakeMachine) -> None:
    assert Npu(box.tree()).percent() is None
    device = box.npu(busy_us=500_000)
    npu = Npu(box.tree())
    assert (npu.percent(), npu.mhz(), npu.memory_bytes()) == (None, None, None)
    box.put(f"{device}/npu_busy_time_us", 1_000_000)
    box.clock.pass_s(2)
    assert npu.percent() == 25.0
    assert npu.percent() is None  # no time has passed
    box.clock.pass_s(1)
    assert npu.percent() == 0.0  # it had nothing to do


def test_clock_and_memory_of_the_npu(box: FakeMachine) -> None:
    device = box.npu(memory_bytes=0, mhz=0)
    npu = Npu(box.tree())
    assert (npu.mhz(), npu.memory_bytes()) == (None, 0)  # asleep
    box.put(f"{device}/npu_current_frequency_mhz", 1400)
    box.put(f"{device}/npu_memory_utilization", 5_000_000)
    assert (npu.mhz(), npu.memory_bytes()) == (1400.0, 5_000_000)


def test_accelerators_of_others_are_no_npu(box: FakeMachine) -> None:
    box.put("sys/class/accel/accel0/device/vendor", "0x1da3")
    box.npu(number=1, busy_us=1)
    npu = Npu(box.tree())
    npu.percent()
    box.clock.pass_s(1)
    assert npu.percent() == 0.0
