"""How a recording ended, from what its file holds.

The recorder writes `ended_ns` into `meta` when its session ends in order, and `stopped_because` where it had to stop
before. A file with neither, into which no living program records, breaks off: its host was killed, or the machine went
off. Recordings of before ovtui wrote these end in order where each engine's exit is in them, or the end of the load,
and the file was closed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from ovtui.records.events import EngineExited, EngineSpawned, Event, LoadEnded, SegmentBegan
from ovtui.records.recording_state import RecordingState, broken_off
from ovtui.records.session_file import schema

if TYPE_CHECKING:
    from ovtui.records.session_file.reader import SessionReader

ENDED_NS = "ended_ns"
"""In `meta`: session time at which the session ended, with all of it recorded."""
STOPPED_BECAUSE = "stopped_because"
"""In `meta`: why the recording stopped while the session went on."""


def end_of(file: SessionReader, events: Sequence[Event]) -> RecordingState:
    if file.meta.get(ENDED_NS):
        return RecordingState(True)
    reason = file.meta.get(STOPPED_BECAUSE, "")
    if not reason:
        if file.recorded_now:
            return RecordingState(None, live=True)
        if schema.RECORDS_END not in file.meta and (_all_exited(events) or (file.closed and _load_ended(events))):
            return RecordingState(True)
    return broken_off(events, file.end_ns, reason)


def end_of_file(path: str) -> RecordingState | None:
    """The same, of a file that nobody has opened yet. None where it cannot be read."""
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    try:
        with closing(SessionReader(path)) as file:
            return end_of(file, [event for _, event in file.events()])
    except SessionFileError:
        return None


def _all_exited(events: Sequence[Event]) -> bool:
    spawned = {event.engine for event in events if isinstance(event, EngineSpawned)}
    return spawned <= {event.engine for event in events if isinstance(event, EngineExited)}


def _load_ended(events: Sequence[Event]) -> bool:
    newest = [event for event in events if isinstance(event, (LoadEnded, SegmentBegan))][-1:]
    return bool(newest) and isinstance(newest[0], LoadEnded)
