"""How a session ended that is known from its recording alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovtui.cli.exits import Exit
from ovtui.cli.run_ending import run_ending
from ovtui.cli.session_exit import Ending, Sentence

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest
    from ovtui.records.recording_state import RecordingState


def recorded_ending(digest: Digest, recording: RecordingState) -> Ending:
    """`digest` has the whole recording. One that breaks off before its load was over is a failure."""
    ending = run_ending(digest, stops=False)
    phase = digest.session_state.phase
    if recording.damage:
        why = f"the recording is damaged: {recording.damage}"
    elif recording.breaks_off and not recording.load_over and phase in ("starting", "serving"):
        why = f"the recording {recording.text}"
    elif phase in ("starting", "serving"):
        before = "began" if phase == "starting" else "was over"
        return Ending(Exit.INTERRUPTED, (Sentence(f"the session was ended before its load {before}"),))
    else:
        return ending
    code = Exit.FAILED if ending.code in (Exit.FINE, Exit.LIMIT_MISSED) else ending.code
    return Ending(code, (Sentence(why), *ending.sentences))
