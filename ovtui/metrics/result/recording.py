"""How far the recording of a session reaches, for the Result and the screen."""

from __future__ import annotations

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.recording_schema import Recording
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.recording_state import RecordingState, broken_off


def recording_result(digest: Digest) -> Recording | None:
    stopped = digest.session_state.recording_ended
    state = digest.recording or _of_live(digest.session_state, digest.recording_end)
    if state is None:
        return None
    text = recording_text(state) if digest.recording or state.breaks_off else ""
    if digest.recording is None and stopped is not None and digest.session_state.recording is None:
        text = stopped.reason  # there is none
    return Recording(
        ended=state.ended,
        breaks_off_at_s=state.breaks_off_at_s,
        planned_s=state.planned_s,
        reason=state.reason,
        damage=state.damage,
        text=text,
    )


def recording_text(state: RecordingState) -> str:
    """'breaks off at 3.8 s of 6 s: the disk is full; damaged: 3 events are no JSON'."""
    return "; ".join(filter(None, [state.text, f"damaged: {state.damage}" if state.damage else ""]))


def _of_live(session_state: SessionState, end: RecordingState | None) -> RecordingState | None:
    """Of the recording that is made of a live session; None where there is none. `end`: once the session is over."""
    stopped = session_state.recording_ended
    if stopped is not None:
        why = "the disk is full" if stopped.disk_full else stopped.reason
        return broken_off(session_state.log, stopped.t_ns if stopped.until_ns is None else stopped.until_ns, why)
    return (end or RecordingState(None, live=True)) if session_state.recording is not None else None
