"""Changes of device that a person is to be told of while they look elsewhere: each of them once."""

from __future__ import annotations

from ovtui.metrics.handover.event_text import EventText, describe_event
from ovtui.metrics.session.session_state import SessionState

MAX_NOTICE_AGE_NS = 5_000_000_000
"""An older one is known already to who attaches or replays."""


class DeviceChangeNotices:
    """Owner: the dashboard."""

    def __init__(self) -> None:
        self._newest_ns = -1
        """When the newest change came that was looked at."""

    def take(self, story: SessionState, now_ns: int) -> list[EventText]:
        """The new changes of the serving engine, oldest first."""
        engine = story.engines.get(story.serving)
        if engine is None:
            return []
        new = [change for change in engine.device_changes if change.t_ns > self._newest_ns]
        if new:
            self._newest_ns = new[-1].t_ns
        return [describe_event(change, story) for change in new if now_ns - change.t_ns <= MAX_NOTICE_AGE_NS]
