"""The machine's readings at a client's end, each once: one may come both from the file and over the wire."""

from __future__ import annotations

from collections.abc import Iterable

from ovtui.records.machine_readings import MachineReading


class ClientReadings:
    """Owner: the client's session."""

    def __init__(self) -> None:
        self._found: list[MachineReading] = []
        self._read_ns = -1

    def add(self, readings: Iterable[MachineReading]) -> None:
        self._found += readings

    def take(self) -> list[MachineReading]:
        """Those that were added since the last call."""
        found, self._found = self._found, []
        fresh = []
        for read in found:
            if read.t_ns > self._read_ns:
                fresh.append(read)
                self._read_ns = read.t_ns
        return fresh
