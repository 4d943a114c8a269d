"""The machine's readings as CSV."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path

import pytest
from samples import SECOND, started

from ovtui.records.export import machine_csv
from ovtui.records.export.machine_csv import COLUMNS, machine_csv_lines
from ovtui.records.machine_readings import MachineReading
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter


def recorded(path: Path, readings: list[MachineReading]) -> str:
    writer = SessionWriter(str(path), {}, 1 << 30)
    writer.write(started(), [], RecordingProgress(99 * SECOND, 0, 0, 0), readings)
    writer.close()
    return str(path)


def rows_of(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(machine_csv_lines(SessionReader(path))))))


def test_a_row_a_reading_and_an_empty_cell_for_what_is_not_offered(tmp_path: Path) -> None:
    path = recorded(
        tmp_path / "s.ovtui",
        [
            MachineReading(t_ns=SECOND + 1234, cpu_percent=12.5, engine_rss_bytes=123_456_789_012, gpu_throttled=0.0),
            MachineReading(t_ns=2 * SECOND, cpu_percent=1 / 3),
        ],
    )
    first, second = rows_of(path)
    assert tuple(first) == COLUMNS
    assert {name: text for name, text in first.items() if text} == {
        "t_s": "1.000001", "cpu_percent": "12.5", "engine_rss_bytes": "123456789012", "gpu_throttled": "0",
    }  # fmt: skip
    assert {name: text for name, text in second.items() if text} == {
        "t_s": "2.000000", "cpu_percent": "0.333333333333333",
    }  # fmt: skip


def test_a_recording_without_readings_has_the_head_alone(tmp_path: Path) -> None:
    text = "".join(machine_csv_lines(SessionReader(recorded(tmp_path / "s.ovtui", []))))
    assert text == ",".join(COLUMNS) + "\n"


def test_many_readings_come_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_csv, "_ROWS_TOGETHER", 3)
    readings = [MachineReading(t_ns=second * SECOND, cpu_percent=float(second)) for second in range(1, 11)]
    pieces = list(machine_csv_lines(SessionReader(recorded(tmp_path / "s.ovtui", readings))))
    assert [piece.count("\n") for piece in pieces] == [1, 3, 3, 3, 1]


def test_readings_of_another_version_are_passed_over(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.ovtui", [MachineReading(t_ns=SECOND, cpu_percent=5.0)])
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO telemetry VALUES (?, 'fan_rpm', 900)", (SECOND,))
        db.execute("INSERT INTO telemetry VALUES (?, 'fan_rpm', 900)", (2 * SECOND,))
        db.execute("INSERT INTO telemetry VALUES (?, 'cpu_percent', 6)", (3 * SECOND,))
    file = SessionReader(path)
    rows = list(csv.DictReader(io.StringIO("".join(machine_csv_lines(file)))))
    assert [(row["t_s"], row["cpu_percent"]) for row in rows] == [("1.000000", "5"), ("3.000000", "6")]
    assert not file.damage
