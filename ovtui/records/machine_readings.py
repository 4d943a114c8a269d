"""Readings of the machine while it measures. What a machine does not offer is None, never 0."""

from __future__ import annotations

import msgspec


class MachineReading(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="readings", omit_defaults=True):
    """One reading, about a second after the one before; shares and uses are over the time since then. The names are
    those of the session file's `telemetry` table and of the keys of `ovtui run --json`."""

    t_ns: int
    cpu_percent: float | None = None
    """Of all the machine's cores together, by everybody on it."""
    cpu_mhz: float | None = None
    """Mean of the cores this process may run on, of 16 of them where there are more."""
    cpu_temperature_c: float | None = None
    """Of the hottest package."""
    throttled_percent: float | None = None
    """Scheduling periods in which the cgroup's CPU quota held somebody up; None where there is no quota."""
    engine_cores: float | None = None
    """CPU seconds a second of the engine processes; two run while one takes over from the other."""
    engine_rss_bytes: float | None = None
    host_cores: float | None = None
    host_rss_bytes: float | None = None
    gpu_mhz: float | None = None
    """Of the fastest of Intel's GPUs; None while all are asleep."""
    npu_percent: float | None = None
    """How long Intel's NPU was busy."""
    recording_bytes: float | None = None
    """The session file, without what its WAL holds beyond it."""

    def values(self) -> dict[str, float]:
        """What is known, by name."""
        named = ((name, getattr(self, name)) for name in READING_NAMES)
        return {name: value for name, value in named if value is not None}


READING_NAMES = tuple(name for name in MachineReading.__struct_fields__ if name != "t_ns")
