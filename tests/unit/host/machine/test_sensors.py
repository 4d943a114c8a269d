"""The host's sensors with a fake sysfs, and its process usage with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ovtui.host.machine.machine_info import cgroup_folder
from ovtui.host.machine.process_usage import ProcessUsageMeter
from ovtui.host.machine.sensors import MAX_CORES_READ, Sensors


class Box:
    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: str, text: object) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")

    def gpu(self, number: int, clock: str, mhz: int, *, vendor: str = "0x8086", status: str = "active") -> None:
        card = f"sys/class/drm/card{number}"
        self.put(f"{card}/device/vendor", vendor)
        self.put(f"{card}/device/power/runtime_status", status)
        self.put(f"{card}/{clock}", mhz)

    def quota(self, periods: int, throttled: int) -> None:
        self.put("sys/fs/cgroup/own/cpu.stat", f"usage_usec 5\nnr_periods {periods}\nnr_throttled {throttled}")


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


def test_a_machine_without_sensors_reads_none(box: Box) -> None:
    sensors = Sensors(box.root)
    assert sensors.cpu_mhz() is None
    assert sensors.cpu_temperature_c() is None
    assert sensors.throttled_percent() is None
    assert sensors.gpu_mhz() is None
    assert sensors.npu_percent() is None


def test_the_mean_clock_of_the_cores_this_process_may_run_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 3})
    for core, khz in enumerate((100_000, 2_000_000, 100_000, 3_000_000)):
        box.put(f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq", khz)
    assert Sensors(box.root).cpu_mhz() == 2500.0


def test_not_every_core_of_a_large_machine_is_read(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(250)))
    assert 0 < len(Sensors(box.root)._clocks) <= MAX_CORES_READ


def test_the_hottest_package_counts_and_other_sensors_do_not(box: Box) -> None:
    for number, (name, milli) in enumerate((("nvme", 90_000), ("coretemp", 61_000), ("coretemp", 64_500))):
        box.put(f"sys/class/hwmon/hwmon{number}/name", name)
        box.put(f"sys/class/hwmon/hwmon{number}/temp1_input", milli)
    assert Sensors(box.root).cpu_temperature_c() == 64.5


def test_throttling_is_the_share_of_periods_since_the_last_call(box: Box) -> None:
    box.put("sys/fs/cgroup/cgroup.controllers", "cpu")
    box.put("proc/self/cgroup", "0::/own")
    box.quota(100, 50)
    sensors = Sensors(box.root)
    box.quota(110, 53)
    assert sensors.throttled_percent() == 30.0
    box.quota(120, 53)
    assert sensors.throttled_percent() == 0.0
    assert sensors.throttled_percent() is None  # nothing ran: no period


def test_a_cgroup_without_a_quota_has_no_throttling(box: Box) -> None:
    box.put("sys/fs/cgroup/cpu/cpu.stat", "nr_periods 0\nnr_throttled 0")
    sensors = Sensors(box.root)
    assert sensors.throttled_percent() is None


@pytest.mark.parametrize(
    ("unified", "cgroup", "there", "expected"),
    [
        (True, "0::/own", "own", "own"),
        (True, "0::/outside/of/the/container", "", ""),
        (False, "3:cpuset:/x\n2:cpuacct,cpu:/own\n0::/", "cpu/own", "cpu/own"),
        (False, "2:cpu:/outside", "cpu", "cpu"),
    ],
)
def test_the_cgroup_of_this_process(box: Box, unified: bool, cgroup: str, there: str, expected: str) -> None:
    if unified:
        box.put("sys/fs/cgroup/cgroup.controllers", "cpu memory")
    box.put("proc/self/cgroup", cgroup)
    box.put(str(Path("sys/fs/cgroup", there, "cpu.stat")), "nr_periods 1")
    assert cgroup_folder(box.root) == box.root / "sys/fs/cgroup" / expected


@pytest.mark.parametrize("clock", ["gt_act_freq_mhz", "device/tile0/gt0/freq0/act_freq"])
def test_the_fastest_of_intels_gpus(box: Box, clock: str) -> None:
    box.gpu(0, clock, 1300)
    box.gpu(1, clock, 2050)
    box.gpu(2, clock, 9000, vendor="0x10de")
    assert Sensors(box.root).gpu_mhz() == 2050.0


def test_a_suspended_gpu_is_not_woken(box: Box) -> None:
    box.gpu(0, "gt_act_freq_mhz", 300, status="suspended")
    assert Sensors(box.root).gpu_mhz() is None


def test_how_busy_the_npu_was(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((10.0, 12.0, 12.0))
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    path = "sys/class/accel/accel0/device/npu_busy_time_us"
    box.put(path, 500_000)
    sensors = Sensors(box.root)
    box.put(path, 1_000_000)
    assert sensors.npu_percent() == 25.0
    assert sensors.npu_percent() is None  # no time has passed


def test_a_process_that_works_and_one_that_is_gone() -> None:
    processes = ProcessUsageMeter()
    first = processes.use([os.getpid()])
    assert first.cores is None
    assert first.rss_bytes is not None
    assert first.rss_bytes > 1 << 20
    began = sum(os.times()[:2])
    while sum(os.times()[:2]) < began + 0.05:  # CPU seconds, which the kernel counts in hundredths
        pass
    again = processes.use([os.getpid()])
    assert again.cores is not None
    assert again.cores > 0
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert processes.use([gone.pid]) == (None, None)
    assert 0 <= processes.machine_percent() <= 100
