"""The replay keys: pause, speed, steps, and jumps to the next event of a kind, which Replay finds."""

from __future__ import annotations

from textual.app import App

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.records.session_file.jump_targets import JumpTarget
from ovtui.records.session_file.replay import Replay
from ovtui.records.source import Source, Update

SEEK_NS = 10_000_000_000
READ_ON_S = 0.005
"""Pause between two pieces."""
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

    def seek_to(self, t_ns: int) -> None:
        """Moves the playhead to this moment of the session."""
        self._recording.seek(t_ns)

    @property
    def provenance(self) -> str:
        return one_line(self._recording.provenance)

    @property
    def reading(self) -> bool:
        """True while the file is read on to a playhead that is far ahead."""
        return self._recording.reading

    @property
    def status_text(self) -> str:
        """For the header: that this is a replay, its speed and position."""
        recording = self._recording
        speed = f"{recording.speed:g}x"
        state = speed if not recording.paused else "paused" if recording.speed == 1 else f"paused, {speed}"
        at_ns = recording.shown_ns if recording.reading else recording.position_ns
        at, end = (number_format.elapsed(t_ns / 1e9) for t_ns in (at_ns, recording.end_ns))
        return f"REPLAY {state} {at}/{end}"


class ReadOn:
    """Reads a recording on to its playhead between frames: 10 million requests took 5.6 s, and 38 s with a piece for
    each frame. Keys come in between, so a piece is small (records.session_file.replay). In a live session frames are
    enough: this would take a core from the engine. Owner: the dashboard."""

    def __init__(self, app: App[int], source: Source, digest: Digest) -> None:
        self._app, self._source, self._digest = app, source, digest
        self._waits = False
        """A piece will be read before the next frame."""

    def follow(self, update: Update) -> None:
        """Has a piece read soon if `update`, the newest, does not reach the playhead."""
        if update.read_share is not None and self._source.replayed and not self._waits:
            self._waits = True
            self._app.set_timer(READ_ON_S, self._read)

    def _read(self) -> None:
        self._waits = False
        update = self._source.poll()
        self._digest.feed(update)
        self.follow(update)
