"""How often the dashboard draws: as often as the settings say or, while the cores are saturated, once a second.

On saturated cores a frame takes its time from the requests: each slice of the dashboard delays those that are running.
What that costs the p99 grows with slices a second times (latency + slice) / cores: with 4 frames a second of two slices
of 5 to 10 ms each, two cores and requests of 5 ms the p99 was 1.13 to 1.22 of the headless one.

On a slow line, too, frames come once a second: each carries all that is new, and the answer to a key would wait behind
four times as many."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.records.machine_readings import MachineReading

SATURATED_HZ = 1.0
"""Frames a second on saturated cores."""
SLOW_LINE_HZ = 1.0
"""Frames a second on a slow line."""
IDLE_HZ = 1.0
"""Polls a second of a session that has ended; they draw nothing."""
_SATURATED_FROM, _FREE_BELOW = 0.9, 0.75
"""Share of the cores in use from which on they are saturated, and below which they are no longer."""
_THROTTLED_FROM_PERCENT = 5.0
"""Percent of throttled scheduling periods from which on a CPU quota makes the cores saturated."""
_FREE_READINGS = 2
"""So many readings, one a second, must agree before the pace is the chosen one again. One is enough to slow down: that
is cheap to take back, and until then the frames are in the figures."""
_MAX_AGE_NS = 3_000_000_000
"""An older reading does not describe the present: an ended session has no new ones."""
_LATE_S, _LATE_TICKS = 0.05, 4
"""So many ticks in succession that come so late mean that the cores are saturated, whatever the readings say: those of
an older recorder, or of a machine of which only some cores may be used, do not show it."""
_ATTENDED_S = 2.0
"""After a key the pace is the chosen one for this long: a person is looking."""


class Pace:
    """Decides from the machine's readings and the lateness of its own ticks. Owner: the dashboard."""

    def __init__(self, cores: int, *, adapts: bool = True) -> None:
        """`cores`: those that this process may run on. `adapts`: False for a replay, whose readings are of another
        time, perhaps of another machine."""
        self._cores, self._adapts = max(cores, 1), adapts
        self._free_readings = 0
        """Successive readings of cores that are no longer saturated."""
        self._read_ns: int | None = None
        self._by_readings = False
        self._late_ticks = 0
        self._by_lateness = False
        self._attended_until_s = float("-inf")
        self._idle = False
        self.line_is_slow = False
        """See LineGauge. Set by the frame timer at each tick."""

    @property
    def saturated(self) -> bool:
        return self._by_readings or self._by_lateness

    def follow(self, readings: Sequence[MachineReading], now_ns: int, *, idle: bool) -> None:
        """To be called with each update: its new readings, its time, and whether nothing is measured any more."""
        self._idle = idle
        if not self._adapts:
            return
        for reading in readings:
            self._take(reading)
        if self._read_ns is None or now_ns - self._read_ns > _MAX_AGE_NS:
            self._by_readings, self._free_readings = False, 0
        if idle:
            self._by_lateness = False

    def _take(self, reading: MachineReading) -> None:
        self._read_ns = reading.t_ns
        used = max((reading.cpu_percent or 0) / 100, (reading.engine_cores or 0) / self._cores)
        throttled = (reading.throttled_percent or 0) >= _THROTTLED_FROM_PERCENT
        if used >= _SATURATED_FROM or throttled:
            self._by_readings, self._free_readings = True, 0
        elif used < _FREE_BELOW:
            self._free_readings += 1
            self._by_readings &= self._free_readings < _FREE_READINGS
        else:
            self._free_readings = 0

    def ticked(self, late_s: float) -> None:
        """Notes how late a tick came, in seconds."""
        if not self._adapts:
            return
        late = late_s >= _LATE_S
        self._late_ticks = 0 if late == self._by_lateness else self._late_ticks + 1
        if self._late_ticks == _LATE_TICKS:
            self._by_lateness, self._late_ticks = late, 0

    def attend(self, now_s: float) -> None:
        """Notes a key at this monotonic time: the pace is the chosen one for some seconds."""
        self._attended_until_s = now_s + _ATTENDED_S

    def slowed(self, chosen_hz: float, now_s: float) -> bool:
        """True while frames are fewer than chosen because of the cores."""
        return self.saturated and chosen_hz > SATURATED_HZ and now_s >= self._attended_until_s

    def whole_frames(self, chosen_hz: float, now_s: float) -> bool:
        """True while each frame must show everything."""
        return self.slowed(chosen_hz, now_s) or (self.line_is_slow and chosen_hz > SLOW_LINE_HZ)

    def hz(self, chosen_hz: float, now_s: float) -> float:
        """Ticks a second at this monotonic time."""
        if self.slowed(chosen_hz, now_s):
            return SATURATED_HZ
        if self.line_is_slow:
            chosen_hz = min(chosen_hz, SLOW_LINE_HZ)
        return min(chosen_hz, IDLE_HZ) if self._idle and now_s >= self._attended_until_s else chosen_hz

    def text(self, chosen_hz: float) -> str:
        """What the header says. It stays between a key and the return to the slow pace, so that it does not flicker."""
        if self.line_is_slow and chosen_hz > SLOW_LINE_HZ:
            return f"{SLOW_LINE_HZ:g} Hz: the line is slow"
        return f"{SATURATED_HZ:g} Hz: cores are saturated" if self.saturated and chosen_hz > SATURATED_HZ else ""
