"""One line on the machine: load, clocks and temperature, and what the engine and the host use of it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, width_of
from ovtui.metrics import number_format
from ovtui.metrics.number_format import reading
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.machine_readings import MachineReading

_THROTTLING_WARNING_PERCENT = 1.0
"""Percent of throttled scheduling periods from which a CPU quota shows in latencies."""
_MAX_AGE_NS = 3_000_000_000
"""Readings come once a second while an engine runs; older ones do not describe the present."""


class MachineLine(Panel):
    """Readings that the machine does not offer are left out; a narrow line drops readings from the right."""

    _readings: MachineReading | None = None

    def show(self, snapshot: Snapshot) -> None:
        newest = snapshot.readings
        self._readings = newest if newest is not None and snapshot.now_ns - newest.t_ns <= _MAX_AGE_NS else None
        self.redraw()

    def draw(self, width: int) -> Content:
        line: list[Piece] = [(" MACHINE", "$dim")]
        if self._readings is None:
            return line_of([*line, (f"  {number_format.UNKNOWN}", "$dim")])
        for pieces in _readings_pieces(self._readings):
            if width_of(line) + width_of(pieces) + 3 > width:
                break
            line += [("  ", ""), *pieces]
        return line_of(line)


def _readings_pieces(now: MachineReading) -> Iterator[list[Piece]]:
    """The readings that explain latencies best come first."""
    yield [("CPU ", "$dim"), (f"{reading(now.cpu_percent)} %", "")]
    yield [("engine ", "$dim"), (f"{reading(now.engine_cores)} cores {number_format.size(now.engine_rss_bytes)}", "")]
    if now.throttled_percent is not None:
        style = "bold $warning" if now.throttled_percent >= _THROTTLING_WARNING_PERCENT else ""
        yield [("throttled ", "$dim"), (f"{reading(now.throttled_percent)} %", style)]
    if now.gpu_mhz is not None:
        yield [("GPU ", "$dim"), (f"{reading(now.gpu_mhz)} MHz", "")]
    if now.npu_percent is not None:
        yield [("NPU ", "$dim"), (f"{reading(now.npu_percent)} %", "")]
    if now.cpu_mhz is not None:
        yield [("cores at ", "$dim"), (f"{reading(now.cpu_mhz)} MHz", "")]
    if now.cpu_temperature_c is not None:
        yield [(f"{reading(now.cpu_temperature_c)} °C", "")]
    yield [("host ", "$dim"), (f"{reading(now.host_cores)} cores {number_format.size(now.host_rss_bytes)}", "")]
