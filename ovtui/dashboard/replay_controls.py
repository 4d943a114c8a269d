"""What the keys do to a replay."""

from __future__ import annotations

from typing import Literal, get_args

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.metrics import number_format
from ovtui.records.session_file.replay import JumpTarget, Replay

Move = Literal["pause", "faster", "slower", "step", "step-back", "on", "back"]
SEEK_NS = 10_000_000_000
_TARGET_TEXTS: dict[str, str] = {"handover": "handover", "timeout": "batch timeout", "error": "error"}


class ReplayControls:
    """Owner: the dashboard. Only for a source that is a recording."""

    def __init__(self, recording: Replay) -> None:
        self._recording = recording

    def perform(self, what: str) -> str:
        """Does it; returns what to say about it."""
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
        return self.words

    def _jump_to(self, target: JumpTarget) -> str:
        if self._recording.jump(target):
            return f"just before the next {_TARGET_TEXTS[target]}"
        return f"no {_TARGET_TEXTS[target]} comes after this"

    @property
    def provenance(self) -> str:
        return one_line(self._recording.provenance)

    @property
    def words(self) -> str:
        """For the header: that this is a replay, at what speed, and where."""
        recording = self._recording
        speed = f"{recording.speed:g}x"
        how = speed if not recording.paused else "paused" if recording.speed == 1 else f"paused, {speed}"
        at, end = (number_format.elapsed(t_ns / 1e9) for t_ns in (recording.position_ns, recording.end_ns))
        return f"REPLAY {how} {at}/{end}"


ACTIONS = (*get_args(Move), *_TARGET_TEXTS)
