"""Minimum, mean and maximum of the machine's readings over a session; its newest readings over time."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.energy.watt_lines import WattLines
from ovtui.metrics.session.machine_history import MachineHistory
from ovtui.records.machine_readings import READING_NAMES, MachineReading

LABELS = {
    "cpu_percent": "CPU of the machine, %",
    "cpu_mhz": "clock of the cores, MHz",
    "cpu_temperature_c": "CPU temperature, °C",
    "cpu_throttled_percent": "time throttled by the hardware, %",
    "throttled_percent": "periods throttled by the CPU quota, %",
    "other_cores": "other processes, cores",
    "memory_available_bytes": "memory that is left",
    "cgroup_memory_bytes": "memory of the cgroup",
    "engine_cores": "engine, cores",
    "engine_rss_bytes": "engine's memory",
    "host_cores": "host, cores",
    "host_rss_bytes": "host's memory",
    "gpu_mhz": "GPU clock, MHz",
    "gpu_percent": "GPU busy with this model, %",
    "gpu_memory_bytes": "engine's memory on the GPU",
    "gpu_temperature_c": "GPU temperature, °C",
    "gpu_memory_temperature_c": "GPU memory temperature, °C",
    "gpu_throttled": "GPU throttled, share of readings",
    "npu_percent": "NPU busy, %",
    "npu_mhz": "NPU clock, MHz",
    "npu_memory_bytes": "NPU memory",
    "cpu_watts": "CPU packages, W",
    "dram_watts": "DRAM, W",
    "system_watts": "whole system, W",
    "gpu_watts": "GPU, W",
    "gpu_card_watts": "GPU card, W",
    "battery_watts": "battery, W",
    "recording_bytes": "recording",
}
"""Labels with units; those of sizes are in their texts."""


_MAX_AGE_NS = 3_000_000_000
"""Readings come once a second while an engine runs; older ones do not describe the present."""


@dataclass(slots=True)
class ReadingStats:
    count: int = 0
    total: float = 0.0
    min: float = float("inf")
    max: float = float("-inf")

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.min, self.max = min(self.min, value), max(self.max, value)

    @property
    def mean(self) -> float:
        return self.total / self.count


class MachineStats:
    """Owner: the Digest. Takes a fixed amount of memory."""

    def __init__(self) -> None:
        self.newest: MachineReading | None = None
        self.by_name: dict[str, ReadingStats | None] = dict.fromkeys(READING_NAMES)
        """None for a reading that the machine has never offered."""
        self.history = MachineHistory()
        self.watts = WattLines()

    def now(self, now_ns: int) -> MachineReading | None:
        """The newest reading, as long as it describes the present."""
        newest = self.newest
        return newest if newest is not None and now_ns - newest.t_ns <= _MAX_AGE_NS else None

    def add(self, readings: MachineReading) -> None:
        self.newest = readings
        self.history.add(readings)
        self.watts.add(readings)
        for name, value in readings.values().items():
            stats = self.by_name[name] or ReadingStats()
            stats.add(value)
            self.by_name[name] = stats
