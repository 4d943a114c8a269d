"""The timer of the dashboard's frames: it follows the pace, and tells it how late its ticks come."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from textual.app import App
from textual.timer import Timer

from ovtui.dashboard.pace import Pace
from ovtui.records.machine_readings import MachineReading

KEY_FRAME_S = 0.05
"""At a slow pace, time from a key to a frame of its own."""


class FrameTimer:
    """Owner: the dashboard, which calls `follow` with each update and `attend` at each key."""

    def __init__(
        self,
        app: App[int],
        pace: Pace,
        chosen_hz: Callable[[], float],
        poll: Callable[[], None],
        line_is_slow: Callable[[float], bool] = lambda _: False,
    ) -> None:
        """`chosen_hz`: frames a second by the settings; `poll` reads the news and draws a frame; `line_is_slow`: for
        so many frames a second."""
        self._line_is_slow = line_is_slow
        self._app, self._pace, self._chosen_hz, self._poll = app, pace, chosen_hz, poll
        self._timer: Timer | None = None
        self.hz = 0.0
        """Ticks a second at present."""
        self._due_s = float("inf")
        """When the next tick is due, on the monotonic clock."""

    def keep_pace(self) -> None:
        """Sets the timer anew where the pace has changed."""
        now_s = time.monotonic()
        hz = self._pace.hz(self._chosen_hz(), now_s)
        if hz != self.hz:
            self.hz, self._due_s = hz, now_s + 1 / hz
            if self._timer is not None:
                self._timer.stop()
            self._timer = self._app.set_interval(1 / hz, self._on_tick)

    def follow(self, readings: Sequence[MachineReading], now_ns: int, *, idle: bool) -> None:
        """See Pace.follow."""
        self._pace.follow(readings, now_ns, idle=idle)
        self._pace.line_is_slow = self._line_is_slow(self._chosen_hz())
        self.keep_pace()

    def attend(self) -> None:
        """A key answers at once by itself. What comes of it is in the next frame, which at a slow pace comes early."""
        self._pace.attend(time.monotonic())
        if self.hz < self._chosen_hz():
            self.keep_pace()
            self._app.set_timer(KEY_FRAME_S, self._frame)

    @property
    def slowed(self) -> bool:
        """Frames are fewer than chosen, and each of them must show everything."""
        return self._pace.whole_frames(self._chosen_hz(), time.monotonic())

    @property
    def line_is_slow(self) -> bool:
        return self._pace.line_is_slow

    @property
    def text(self) -> str:
        """Why frames are few, for the header; empty otherwise."""
        return self._pace.text(self._chosen_hz())

    def _on_tick(self) -> None:
        now_s, period_s = time.monotonic(), 1 / self.hz
        self._pace.ticked(now_s - self._due_s)
        self._due_s = max(self._due_s + period_s, now_s)
        self._frame()

    def _frame(self) -> None:
        """Not while the application closes: textual stops timers after it has taken the widgets out of their views."""
        if self._app.is_running:
            self._poll()
