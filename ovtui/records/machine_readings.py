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
    throttled_percent: float | None = None
    """Share of the scheduling periods in which the cgroup's CPU quota throttled it; None without a quota."""
    engine_cores: float | None = None
    """CPU seconds per second of the engine processes, of which two run while one takes over from the other."""
    engine_rss_bytes: float | None = None
    host_cores: float | None = None
    host_rss_bytes: float | None = None
    gpu_mhz: float | None = None
    """Of the fastest Intel GPU; None while all are asleep."""
    npu_percent: float | None = None
    """Busy share of Intel's NPU."""
    recording_bytes: float | None = None
    """Size of the session file without its WAL."""

    def values(self) -> dict[str, float]:
        """The known readings by name."""
        named = ((name, getattr(self, name)) for name in READING_NAMES)
        return {name: value for name, value in named if value is not None}


READING_NAMES = tuple(name for name in MachineReading.__struct_fields__ if name != "t_ns")
