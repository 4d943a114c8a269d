"""Open loop: the times when requests are due, in nanoseconds from the start of the schedule. Schedules are endless but
for that of a trace.

A schedule does not depend on the model: it never slows down because the model does."""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from ovtui.engine.errors import ChangeRejected
from ovtui.records import schedules
from ovtui.records.engine_protocol import ApplyLive, EngineCommand
from ovtui.records.schedules import SECOND_NS
from ovtui.records.session_file.shipped import SUFFIX, shipped_recordings
from ovtui.settings.schema.arrival import Trace, is_closed_loop, parse_arrival
from ovtui.settings.schema.settings import Settings


def due_times(settings: Settings) -> Iterator[float]:
    """The due times of open-loop settings, ascending, ns from the start of the schedule. Raises ChangeRejected when a
    trace cannot be read."""
    due = schedules.due_times(settings)
    if due is not None:
        return due
    arrival = parse_arrival(settings.arrival)
    assert isinstance(arrival, Trace)
    return iter(_trace_times(arrival.path))


def prefetch_trace(command: EngineCommand) -> None:
    """Reads the trace of a coming change into the cache while the load goes on: half a million requests of a recording
    take 1.6 s, during which the load thread would stand still. Callable from any thread."""
    if isinstance(command, ApplyLive) and not is_closed_loop(command.settings):
        arrival = parse_arrival(command.settings.arrival)
        if isinstance(arrival, Trace):
            with contextlib.suppress(ChangeRejected):  # reported when the load thread applies the change
                _trace_times(arrival.path)


def _trace_times(path: str) -> list[float]:
    try:
        about = Path(path).stat()
    except OSError:
        return read_trace(path)
    return _cached_trace(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _cached_trace(path: str, _mtime_ns: int, _size: int) -> list[float]:
    return read_trace(path)


def read_trace(path: str) -> list[float]:
    """The due times of a trace, ascending, ns from the first. A trace is a recorded session (a file, or the name of a
    shipped recording) or a CSV file. In a CSV file they are the column `due_ns` where there is one (an export of
    ovtui), else the first column, in seconds.

    Raises ChangeRejected; for a malformed CSV file the text gives the line."""
    if path.endswith(SUFFIX):
        return _read_recording(path)
    if path in shipped_recordings() and not Path(path).exists():
        return _read_recording(str(shipped_recordings()[path]))
    try:
        with open(path, newline="") as file:  # noqa: PTH123
            return _read_csv(path, csv.reader(file))
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise ChangeRejected(f"trace {path}: {reason}") from None
    except (UnicodeDecodeError, csv.Error):
        raise ChangeRejected(f"trace {path}: not a CSV file") from None


def _read_recording(path: str) -> list[float]:
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
    return [float(since_ns) for since_ns in due_ns - due_ns[0]]


def _read_csv(path: str, rows: Iterator[list[str]]) -> list[float]:
    found: list[float] = []
    column, unit_ns = 0, SECOND_NS
    for line, row in enumerate(rows, 1):
        if not row or row[0].startswith("#"):
            continue
        try:
            found.append(float(row[column]) * unit_ns)
        except (ValueError, IndexError):
            if found or line > 1:
                raise ChangeRejected(
                    f"trace {path}, line {line}: expected a time in seconds in the first column"
                ) from None
            if "due_ns" in row:
                column, unit_ns = row.index("due_ns"), 1.0
    if not found or not np.isfinite(found).all():
        raise ChangeRejected(f"trace {path}: no times in it")
    found.sort()
    return [due_ns - found[0] for due_ns in found]
