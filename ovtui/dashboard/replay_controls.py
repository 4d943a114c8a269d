"""The replay keys: pause, speed, steps, and jumps to the next event of a kind, which Replay finds."""

from __future__ import annotations

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.metrics import number_format
from ovtui.records.session_file.replay import JumpTarget, Replay

SEEK_NS = 10_000_000_000
_TARGET_TEXTS: dict[str, str] = {"handover": "handover", "timeout": "batch timeout", "error": "error"}


class ReplayControls:
    """Controls of a source that is a recording. Owner: the dashboard."""

    def __init__(self, recording: Replay) -> None:
        self._recording = recording

    def perform(self, what: str) -> str:
        """Runs the action of a replay key; returns the answer to the key."""
        recording = self._recording
        match what:
            case "pause":
                recording.toggle()
            case "faster" | "slower":
                recording.change_speed(1 if what == "faster" else -1)
            case "step" | "step-back":
                recording.step(1 if what == "step" else -1)
            case "on" | "back":
                recording.seek(recording.position_ns + (SEEK_NS if what == "on" else -SEEK_NS))
            case "handover" | "timeout" | "error":
                return self._jump_to(what)
        return self.status_text

    def _jump_to(self, target: JumpTarget) -> str:
        if self._recording.jump(target):
            return f"just before the next {_TARGET_TEXTS[target]}"
        return f"no {_TARGET_TEXTS[target]} comes after this"

    @property
    def provenance(self) -> str:
        return one_line(self._recording.provenance)

    @property
    def status_text(self) -> str:
        """For the header: that this is a replay, its speed and position."""
        recording = self._recording
        speed = f"{recording.speed:g}x"
        state = speed if not recording.paused else "paused" if recording.speed == 1 else f"paused, {speed}"
        at_ns = recording.shown_ns if recording.reading else recording.position_ns
        at, end = (number_format.elapsed(t_ns / 1e9) for t_ns in (at_ns, recording.end_ns))
        return f"REPLAY {state} {at}/{end}"
