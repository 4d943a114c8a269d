"""The due times of a trace: of a recorded session, a demo, or a CSV file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.traces.csv_trace import TraceTimes, read_csv
from ovtui.engine.traces.file_text import require_file
from ovtui.records.session_file.shipped import SUFFIX, shipped_recordings


def read_trace(path: str) -> TraceTimes:
    """The due times of a trace, ascending, ns from the first. A trace is a recorded session (a file, or the name of a
    shipped recording) or a CSV file.

    Raises ChangeRejected; for a CSV file the text gives the line."""
    if path in shipped_recordings() and not Path(path).exists():
        return _read_recording(str(shipped_recordings()[path]))
    require_file(path)
    return _read_recording(path) if path.endswith(SUFFIX) else read_csv(path)


def _read_recording(path: str) -> TraceTimes:
    """The due times of all submitted requests, failed ones included. Requests that were shed are in no record."""
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    try:
        file = SessionReader(path)
        try:
            parts = [records["due_ns"] for records in file.all_records()]
        finally:
            file.close()
    except (SessionFileError, sqlite3.Error) as error:
        raise ChangeRejected(f"trace {error}") from None
    if not parts:
        raise ChangeRejected(f"trace {path}: no request in it")
    due_ns = np.sort(np.concatenate(parts))
    return TraceTimes([float(since_ns) for since_ns in due_ns - due_ns[0]], "")
