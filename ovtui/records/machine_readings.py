"""Readings of the machine during a session. A reading that a machine does not offer is None, never 0."""

from __future__ import annotations

import msgspec


class MachineReading(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="readings", omit_defaults=True):
    """One reading, taken about once a second. Shares and usage are over the time since the previous reading. The names
    are also those of the session file's `telemetry` table and of the keys of `ovtui run --json`."""

    t_ns: int
    cpu_percent: float | None = None
    """Use of all cores of the machine, by all processes."""
    cpu_mhz: float | None = None
    """Mean over the cores that this process may run on, over 16 of them where there are more."""
    cpu_temperature_c: float | None = None
    """Of the hottest package."""
    cpu_throttled_percent: float | None = None
    """Share of the time in which the hardware lowered the clock of a core or package, the most of them."""
    throttled_percent: float | None = None
    """Share of the scheduling periods in which the cgroup's CPU quota throttled it; None without a quota."""
    other_cores: float | None = None
    """CPU seconds per second of processes that are none of the session's."""
    memory_available_bytes: float | None = None
    """What the kernel can give to processes without swapping."""
    cgroup_memory_bytes: float | None = None
    """In use by the session's cgroup, of which it has a limit; None without a limit."""
    engine_cores: float | None = None
    """CPU seconds per second of the engine processes, of which two run while one takes over from the other."""
    engine_rss_bytes: float | None = None
    host_cores: float | None = None
    host_rss_bytes: float | None = None
    gpu_mhz: float | None = None
    """Of the fastest Intel GPU; None while all are asleep."""
    gpu_percent: float | None = None
    """Busy share of the engines' own work on the GPU, in its busiest class of engines (compute, render, copy ...)."""
    gpu_memory_bytes: float | None = None
    """That the engines hold on the GPU."""
    gpu_temperature_c: float | None = None
    gpu_memory_temperature_c: float | None = None
    gpu_throttled: float | None = None
    """1 while the driver names a reason for which the GPU's clock is lowered, 0 while it names none."""
    npu_percent: float | None = None
    """Busy share of Intel's NPU."""
    npu_mhz: float | None = None
    npu_memory_bytes: float | None = None
    cpu_watts: float | None = None
    """Of all CPU packages."""
    dram_watts: float | None = None
    system_watts: float | None = None
    """Of the whole system (RAPL's psys)."""
    gpu_watts: float | None = None
    """Of the GPU's package."""
    gpu_card_watts: float | None = None
    battery_watts: float | None = None
    """What is drawn from the batteries; None while they are charged."""
    recording_bytes: float | None = None
    """Size of the session file without its WAL."""

    def values(self) -> dict[str, float]:
        """The known readings by name."""
        named = ((name, getattr(self, name)) for name in READING_NAMES)
        return {name: value for name, value in named if value is not None}


READING_NAMES = tuple(name for name in MachineReading.__struct_fields__ if name != "t_ns")
PERIOD_NS = 1_000_000_000
"""From one reading to the next; more where the machine is too busy to come to it."""
APART_NS = 3 * PERIOD_NS
"""Two readings that are so far apart, or further, had a time without readings between them: the host takes one after
such a time for a new beginning, and publishes the next."""


def reading_began_ns(before_ns: int | None, t_ns: int) -> int:
    """Since when a reading is the mean. `before_ns`: the time of the one before; None where there is none."""
    return before_ns if before_ns is not None and t_ns - before_ns < APART_NS else t_ns - PERIOD_NS
