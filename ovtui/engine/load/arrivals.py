"""Open loop: the times when requests are due, in nanoseconds from the start of the schedule. Schedules are endless but
for that of a trace.

A schedule does not depend on the model: it never slows down because the model does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.traces.csv_trace import TraceTimes
from ovtui.engine.traces.read_trace import read_trace
from ovtui.records import schedules
from ovtui.records.engine_protocol import ApplyLive, EngineCommand
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
        with contextlib.suppress(ChangeRejected):  # reported when the load thread applies the change
            trace_text(command.settings)


def trace_text(settings: Settings) -> str:
    """What was understood of the file of times, as a sentence for a person; empty where the load has none. Raises
    ChangeRejected when it cannot be read."""
    arrival = parse_arrival(settings.arrival)
    return _trace(arrival.path).text if isinstance(arrival, Trace) else ""


def _trace_times(path: str) -> list[float]:
    return _trace(path).due_ns


def _trace(path: str) -> TraceTimes:
    try:
        about = Path(path).stat()
    except (OSError, ValueError):
        return read_trace(path)
    return _cached_trace(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=1)
def _cached_trace(path: str, _mtime_ns: int, _size: int) -> TraceTimes:
    return read_trace(path)
