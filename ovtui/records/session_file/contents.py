"""What a recording is about, without reading its requests: for a list of recordings, and to tell a session from a start
that never ran a request."""

from __future__ import annotations

import contextlib
from contextlib import closing
from typing import NamedTuple

from ovtui.records.events import Compiled, ModelRead, SegmentBegan, SessionBegan
from ovtui.records.recording_state import RecordingState
from ovtui.records.session_file.ending import end_of
from ovtui.records.session_file.opening import SessionFileError, open_database
from ovtui.records.session_file.reader import SessionReader


class Contents(NamedTuple):
    """What is unknown is empty or None."""

    started_at_s: float | None
    """Seconds since 1970."""
    length_s: float
    """From the start of the session to the end of its recording."""
    requests: int
    """Requests that are in the file."""
    model: str
    device: str
    """That the engine of the newest segment compiled for, which is the fallback where that served; as it was asked for
    where no engine has compiled."""
    ending: RecordingState


def holds_requests(path: str) -> bool | None:
    """None where the file cannot be read. Raises nothing.

    It opens the file by SQLite: not for a process that records into it."""
    import sqlite3

    try:
        connection, _ = open_database(path)
        with closing(connection):
            return connection.execute("SELECT 1 FROM request_rows LIMIT 1").fetchone() is not None
    except (OSError, sqlite3.Error):
        return None


def contents_of(path: str) -> Contents:
    """Reads the events, and of the requests only their number. Raises SessionFileError."""
    with closing(SessionReader(path)) as file:
        events = [event for _, event in file.events()]
        started_at_s: float | None = None
        model, device = "", ""
        compiled: dict[int, str] = {}
        for event in events:
            match event:
                case SessionBegan():
                    started_at_s = event.started_at_s
                    model, device = event.settings.model, event.settings.device
                case ModelRead():
                    model = event.name or model
                case Compiled():
                    compiled[event.engine] = event.device
                case SegmentBegan():
                    model = model or event.settings.model
                    device = compiled.get(event.engine, event.settings.device)
                case _:
                    pass
        requests = 0
        with contextlib.suppress(SessionFileError):
            requests = file.end_row - file.first_row
        return Contents(started_at_s, file.end_ns / 1e9, requests, model, device, end_of(file, events))
