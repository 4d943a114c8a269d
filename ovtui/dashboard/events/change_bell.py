"""The terminal's bell at changes of device, for whoever does not look at the screen. Off unless switched on."""

from __future__ import annotations

from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import DeviceChanged

MAX_AGE_NS = 5_000_000_000
"""An older change of device is no news to a person who attaches or replays."""


class ChangeBell:
    """Owner: the dashboard."""

    def __init__(self) -> None:
        self.rings = False
        self._newest_ns = -1
        """Time of the newest change seen."""

    def new_changes(self, session_state: SessionState, now_ns: int) -> list[DeviceChanged]:
        """The changes of the serving engine's device that are new, each once, oldest first, without those older than
        MAX_AGE_NS."""
        engine = session_state.engines.get(session_state.serving)
        if engine is None:
            return []
        new = [change for change in engine.device_changes if change.t_ns > self._newest_ns]
        if new:
            self._newest_ns = new[-1].t_ns
        return [change for change in new if now_ns - change.t_ns <= MAX_AGE_NS]

    def forget(self) -> None:
        """Makes all changes new again, as a replay that starts over requires."""
        self._newest_ns = -1
