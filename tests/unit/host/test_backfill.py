"""What a later client reads from the session file, without a host."""

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


def read(reader: BackfillReader) -> int:
    count = 0
    while not reader.ended:
        count += len(reader.next_piece(empty_records()))
    return count


def test_rows_and_readings_come_from_the_file(file: str) -> None:
    reader = BackfillReader(file, ROWS)
    assert (read(reader), reader.dropped, len(reader.readings)) == (ROWS, 0, 1)


def test_rows_behind_damage_are_lost(tmp_path: Path) -> None:
    path, rows = tmp_path / "long.ovtui", 20_000
    writer = SessionWriter(str(path), {}, 1 << 30)
    batch = np.ascontiguousarray(records(np.arange(float(rows)))).tobytes()
    writer.write([], [batch], RecordingProgress(1, 0, rows, 0), [])
    writer.close()
    reader = BackfillReader(str(path), rows)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * (path.stat().st_size // 2))
    seen = read(reader)
    assert reader.dropped > 0
    assert seen + reader.dropped == rows


def test_rows_are_either_lost_or_read(file: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("UPDATE request_rows SET service_ns = 'x' WHERE n = 50")
    reader = BackfillReader(file, ROWS)
    assert (read(reader), reader.dropped) == (ROWS - 1, 1)


def test_rows_are_read_beside_damaged_readings(file: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("DROP TABLE telemetry")
    reader = BackfillReader(file, ROWS)
    assert (read(reader), reader.dropped, reader.readings) == (ROWS, 0, [])
