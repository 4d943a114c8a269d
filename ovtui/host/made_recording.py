"""The recording that is made of a live session, at a client's end: how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovtui.host.client_protocol import SessionEnded
    from ovtui.records.recording_state import RecordingState


class MadeRecording:
    """Owner: the client's session."""

    def __init__(self) -> None:
        self.path = ""
        """The session file; empty where there is none."""
        self._end: RecordingState | None = None

    def end(self, told: SessionEnded | None) -> RecordingState | None:
        """To be asked once the session is over. `told`: the host's last message, where it has sent one; where that does
        not say that the recording is whole, its file says where it breaks off. None where nothing tells."""
        if self.path and self._end is None:
            from ovtui.records.recording_state import RecordingState
            from ovtui.records.session_file.ending import end_of_file

            self._end = RecordingState(True) if told and told.recorded else end_of_file(self.path)
        return self._end
