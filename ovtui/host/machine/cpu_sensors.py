"""Clock, temperature and hardware throttling of the processor, from sysfs.

psutil reads frequency and temperature, too, but in a virtual machine it falls back to the nominal clock of
/proc/cpuinfo, and for one temperature it opens every sensor."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ovtui.host.machine.counters import CounterRate, share_percent
from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree, read_text

CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
"""hwmon drivers whose first temperature is that of the CPU package."""
MAX_CORES_READ = 16
"""At most so many cores' clocks are read: reading the clock may wake the core."""
_LEAST_C, _MOST_C = -40.0, 150.0
_THROTTLED = {"core": "core temperature", "package": "package temperature"}
"""Of thermal_throttle's counters: the part that lowers its clock, and the reason in words. That a power limit was met
is counted only where the kernel is started with int_pln_enable."""


@dataclass(slots=True)
class _Throttled:
    reason: str
    count: SensorFile | None
    time_ms: SensorFile | None
    """Since Linux 5.6."""
    counted: CounterRate = field(default_factory=CounterRate)
    timed: CounterRate = field(default_factory=CounterRate)


@dataclass(slots=True)
class _Cpu:
    clocks: list[SensorFile]
    temperatures: list[SensorFile]
    throttled: list[_Throttled]


class CpuSensors:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._found = Found(tree, _look)
        self.throttle_reasons: tuple[str, ...] = ()
        """Those for which the clock was lowered since the last call of `throttled_percent` but one."""

    def mhz(self) -> float | None:
        found = [
            khz / 1e3 for khz in (file.number() for file in self._found.now().clocks) if khz is not None and khz > 0
        ]
        return round(sum(found) / len(found), 1) if found else None

    def temperature_c(self) -> float | None:
        found = (temperature_c(file) for file in self._found.now().temperatures)
        return max((celsius for celsius in found if celsius is not None), default=None)

    def throttled_percent(self) -> float | None:
        """Of the time since the last call, of the core or package that was throttled longest."""
        now, longest, reasons = self._tree.now(), None, []
        for part in self._found.now().throttled:
            timed = part.timed.per_second(part.time_ms.number() if part.time_ms else None, now)
            counted = part.counted.per_second(part.count.number() if part.count else None, now)
            if timed is not None:
                longest = max(timed, longest or 0.0)
            if (timed or counted) and part.reason not in reasons:
                reasons.append(part.reason)
        self.throttle_reasons = tuple(reasons)
        return share_percent(longest, 1000)


def temperature_c(file: SensorFile | None) -> float | None:
    """Of a hwmon sensor; None where it shows what no running chip has: sensors that are asleep or missing give 0,
    -274 or 255 degrees."""
    milli = file.number() if file is not None else None
    celsius = None if milli is None else milli / 1e3
    return celsius if celsius is not None and celsius != 0 and _LEAST_C < celsius <= _MOST_C else None


def _look(files: Files) -> _Cpu:
    sys = files.root / "sys"
    cores = sorted(os.sched_getaffinity(0))
    step = -(-len(cores) // MAX_CORES_READ)
    folders = [sys / f"devices/system/cpu/cpu{core}" for core in cores[::step]]
    throttled, packages = [], set()
    for folder in folders:
        package = read_text(folder / "topology/physical_package_id")
        parts = ["core"] if package in packages else ["core", "package"]
        packages.add(package)
        for part in parts:
            count = files.open(folder / f"thermal_throttle/{part}_throttle_count")
            time_ms = files.open(folder / f"thermal_throttle/{part}_throttle_total_time_ms")
            if count or time_ms:
                throttled.append(_Throttled(_THROTTLED[part], count, time_ms))
    return _Cpu(
        clocks=files.open_all([folder / "cpufreq/scaling_cur_freq" for folder in folders]),
        temperatures=files.open_all(
            [
                path.with_name("temp1_input")
                for path in sorted(sys.glob("class/hwmon/hwmon*/name"))
                if read_text(path) in CPU_SENSORS
            ]
        ),
        throttled=throttled,
    )
