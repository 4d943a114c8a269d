"""The watts of all sources over a session, from the machine's readings."""

from __future__ import annotations

import math

from ovtui.metrics.energy.source_names import WATTS
from ovtui.metrics.energy.watt_line import WattLine
from ovtui.records.machine_readings import MachineReading

LONGEST_S = 10.0
"""A reading is the mean since the one before. After a longer time without one (no engine ran, the machine slept) it
covers nothing: it may be of a moment only."""


class WattLines:
    """Owner: MachineStats. Readings that are older than the newest are ones that came twice."""

    def __init__(self) -> None:
        self.by_name: dict[str, WattLine] = {}
        """Of the sources of which a reading has come."""
        self._newest_ns: int | None = None

    def add(self, reading: MachineReading) -> None:
        since_ns = self._newest_ns
        if since_ns is not None and reading.t_ns <= since_ns:
            return
        self._newest_ns = reading.t_ns
        for name in WATTS:
            watts: float | None = getattr(reading, name)
            if watts is None or not math.isfinite(watts) or watts < 0:
                continue
            line = self.by_name.setdefault(name, WattLine())
            if since_ns is not None and reading.t_ns - since_ns <= LONGEST_S * 1e9:
                line.add(since_ns, reading.t_ns, watts)
