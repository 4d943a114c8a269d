"""What the readings of the machine mean for the session, as events: what its power is read from, throttling, the load
of other processes. Runs on the sampler's thread after each reading; a look costs some us, and a few ms while another
process takes the cores."""

from __future__ import annotations

import os

from ovtui.host.machine.machine_info import machine_cores
from ovtui.host.machine.machine_reader import MachineReader, SessionProcesses
from ovtui.host.machine.other_load_watch import OtherLoadWatch
from ovtui.host.machine.power_sources import power_sources
from ovtui.host.machine.throttle_watch import ThrottleWatch
from ovtui.records.events import Event, PowerSource
from ovtui.records.machine_readings import MachineReading

TOLD_AGAIN_S = 2.0
"""So often at most it is told what the power can be read from: a file that comes and goes makes no flood of events."""


class MachineWatch:
    """Owner: the sampler's thread."""

    def __init__(self, reader: MachineReader) -> None:
        self._reader = reader
        self._session = SessionProcesses()
        self._throttling = ThrottleWatch()
        self._other_load = OtherLoadWatch(reader.tree.root, machine_cores(reader.tree.root), self._ours)
        self._told_power: list[PowerSource] | None = None
        self._told_power_ns = 0

    def look(self, reading: MachineReading, session: SessionProcesses) -> list[Event]:
        """What the reader's newest reading begins and ends."""
        self._session = session
        return [
            *self._power(reading.t_ns),
            *self._throttling.look(reading, self._reader.throttled),
            *self._other_load.look(reading),
        ]

    def end(self) -> list[Event]:
        """Ends what lasts: no engine runs, and nothing is read until another one does."""
        return [*self._throttling.end(), *self._other_load.end()]

    def _power(self, t_ns: int) -> list[Event]:
        """What the power can be read from, where that has changed: somebody has opened a counter, say."""
        told = power_sources(self._reader, t_ns)
        again = t_ns - self._told_power_ns >= TOLD_AGAIN_S * 1e9
        if self._told_power is not None and (told.sources == self._told_power or not again):
            return []
        self._told_power, self._told_power_ns = told.sources, t_ns
        return [told]

    def _ours(self) -> set[int]:
        """Their children count as theirs."""
        return {os.getpid(), *self._session.engines, *self._session.clients}
