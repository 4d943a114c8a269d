"""The readings of the machine as CSV: a row a reading, a column a name. numpy and pandas read every column as numbers,
and an empty cell as a reading that the machine did not offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from ovtui.records.export.csv_jsonl import csv_text
from ovtui.records.machine_readings import READING_NAMES, MachineReading
from ovtui.records.session_file.reader import SessionReader

COLUMNS = ("t_s", *READING_NAMES)
"""Session time in seconds, to the microsecond; the names and units of MachineReading, whatever this machine offers."""
_ROWS_TOGETHER = 1000


def machine_csv_lines(file: SessionReader) -> Iterator[str]:
    """A whole recording in order of time."""
    return readings_csv_lines(file.readings(-1, file.end_ns))


def readings_csv_lines(readings: Iterable[MachineReading]) -> Iterator[str]:
    """Some rows at once: memory does not grow with the file."""
    readings = iter(readings)
    yield csv_text([COLUMNS])
    while rows := list(map(_cells, islice(readings, _ROWS_TOGETHER))):
        yield csv_text(rows)


def _cells(reading: MachineReading) -> tuple[str, ...]:
    values = reading.values()
    known = (values.get(name) for name in READING_NAMES)
    return (f"{reading.t_ns / 1e9:.6f}", *("" if value is None else f"{value:.15g}" for value in known))
