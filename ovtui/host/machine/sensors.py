"""The machine's sensors, read from sysfs. Each is a small file that is looked up once; a value that the machine
does not offer is None.

psutil reads frequency and temperature, too, but in a virtual machine it falls back to the nominal clock of
/proc/cpuinfo, and for one temperature it opens every sensor."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ovtui.host.machine.machine_info import cgroup_folder

CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
"""hwmon drivers whose first temperature is that of the CPU package."""
MAX_CORES_READ = 16
"""At most so many cores' clocks are read: reading the clock may wake the core."""
INTEL_VENDOR_ID = "0x8086"


class Sensors:
    """Owner: one thread. Percentages are over the time since the last call."""

    def __init__(self, root: Path = Path("/")) -> None:
        sys = root / "sys"
        cores = sorted(os.sched_getaffinity(0))
        step = -(-len(cores) // MAX_CORES_READ)
        self._clocks = [sys / f"devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq" for core in cores[::step]]
        self._temperatures = [
            path.with_name("temp1_input")
            for path in sorted(sys.glob("class/hwmon/hwmon*/name"))
            if _text(path) in CPU_SENSORS
        ]
        self._cpu_stat = cgroup_folder(root) / "cpu.stat"
        self._gpus = [
            (card / "device/power/runtime_status", clock)
            for card in sorted(sys.glob("class/drm/card[0-9]*"))
            if _text(card / "device/vendor") == INTEL_VENDOR_ID
            # i915; xe
            for clock in (card / "gt_act_freq_mhz", *sorted(card.glob("device/tile*/gt*/freq0/act_freq")))
            if clock.exists()
        ]
        self._npu = next(iter(sorted(sys.glob("class/accel/accel*/device/npu_busy_time_us"))), None)
        self._periods: tuple[int, int] | None = self._throttling()
        self._busy: tuple[float, int] | None = self._npu_busy()

    def cpu_mhz(self) -> float | None:
        found = [khz / 1e3 for khz in map(_number, self._clocks) if khz]
        return round(sum(found) / len(found), 1) if found else None

    def cpu_temperature_c(self) -> float | None:
        return max((milli / 1e3 for milli in map(_number, self._temperatures) if milli is not None), default=None)

    def throttled_percent(self) -> float | None:
        before, self._periods = self._periods, self._throttling()
        if before is None or self._periods is None:
            return None
        periods, throttled = self._periods[0] - before[0], self._periods[1] - before[1]
        return round(100 * throttled / periods, 2) if periods > 0 else None

    def gpu_mhz(self) -> float | None:
        # The clock of a suspended GPU is not read: that could wake it.
        awake = [_number(clock) for status, clock in self._gpus if _text(status) in ("active", "unsupported", "")]
        return max((float(mhz) for mhz in awake if mhz), default=None)

    def npu_percent(self) -> float | None:
        before, self._busy = self._busy, self._npu_busy()
        if before is None or self._busy is None:
            return None
        passed_s, busy_us = self._busy[0] - before[0], self._busy[1] - before[1]
        return round(min(busy_us / passed_s / 1e4, 100.0), 2) if passed_s > 0 else None

    def _throttling(self) -> tuple[int, int] | None:
        """The number of quota periods in which the cgroup ran, and of those in which it was throttled."""
        fields = dict(line.split(" ", 1) for line in _text(self._cpu_stat).splitlines() if " " in line)
        try:
            return int(fields["nr_periods"]), int(fields["nr_throttled"])
        except (KeyError, ValueError):
            return None

    def _npu_busy(self) -> tuple[float, int] | None:
        busy_us = _number(self._npu) if self._npu is not None else None
        return None if busy_us is None else (time.monotonic(), busy_us)


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _number(path: Path) -> int | None:
    try:
        return int(_text(path))
    except ValueError:
        return None
