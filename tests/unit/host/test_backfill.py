"""What a later view reads of the session file, without a host."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from samples import records

from ovtui.host.backfill import BackfillReader
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import empty_records
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

ROWS = 100


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {}, 1 << 30)
    batch = np.ascontiguousarray(records(np.arange(float(ROWS)))).tobytes()
    writer.write([], [batch], RecordingProgress(1, 0, ROWS, 0), [MachineReading(t_ns=5, cpu_percent=50.0)])
    writer.close()
    return path


def read(past: BackfillReader) -> int:
    count = 0
    while not past.ended:
        count += len(past.next_piece(empty_records()))
    return count


def test_rows_and_readings_come_from_the_file(file: str) -> None:
    past = BackfillReader(file, ROWS)
    assert (read(past), past.dropped, len(past.readings)) == (ROWS, 0, 1)


def test_rows_behind_a_damaged_place_are_lost(tmp_path: Path) -> None:
    path, rows = tmp_path / "long.ovtui", 20_000
    writer = SessionWriter(str(path), {}, 1 << 30)
    batch = np.ascontiguousarray(records(np.arange(float(rows)))).tobytes()
    writer.write([], [batch], RecordingProgress(1, 0, rows, 0), [])
    writer.close()
    past = BackfillReader(str(path), rows)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * (path.stat().st_size // 2))
    seen = read(past)
    assert past.dropped > 0
    assert seen + past.dropped == rows


def test_rows_are_either_lost_or_read(file: str) -> None:
    """The readings are damaged: nothing is trusted, and nothing is counted twice."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("DROP TABLE telemetry")
    past = BackfillReader(file, ROWS)
    assert (read(past), past.dropped) == (0, ROWS)
