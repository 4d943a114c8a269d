"""Readings of the machine: in the file, in a replay, in the result."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from samples import SECOND, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result, to_json
from ovtui.metrics.session.machine_stats import LABELS
from ovtui.records.machine_readings import READING_NAMES, MachineReading
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

READ = [
    MachineReading(t_ns=1 * SECOND, cpu_percent=20.0, engine_rss_bytes=1e8),
    MachineReading(t_ns=2 * SECOND, cpu_percent=60.0, engine_rss_bytes=3e8, throttled_percent=0.0),
    MachineReading(t_ns=3 * SECOND, cpu_percent=40.0, throttled_percent=12.5),
]


def recorded(path: Path) -> str:
    writer = SessionWriter(str(path), {}, 1 << 30)
    writer.write(started(), [], RecordingProgress(SECOND, 0, 0, 0), READ[:1])
    writer.write([], [], RecordingProgress(4 * SECOND, 0, 0, 0), READ[1:])
    writer.close()
    return str(path)


def test_the_file_keeps_what_was_offered_and_nothing_else(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.ovtui")
    db = sqlite3.connect(path)
    assert db.execute("SELECT t_ns, name, value FROM telemetry ORDER BY t_ns, name").fetchall() == [
        (SECOND, "cpu_percent", 20.0),
        (SECOND, "engine_rss_bytes", 1e8),
        (2 * SECOND, "cpu_percent", 60.0),
        (2 * SECOND, "engine_rss_bytes", 3e8),
        (2 * SECOND, "throttled_percent", 0.0),
        (3 * SECOND, "cpu_percent", 40.0),
        (3 * SECOND, "throttled_percent", 12.5),
    ]
    file = SessionReader(path)
    assert list(file.readings(-1, file.end_ns)) == READ
    assert list(file.readings(SECOND, 2 * SECOND)) == READ[1:2]


def test_readings_of_a_newer_ovtui_are_ignored(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.ovtui")
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO telemetry VALUES (?, 'fan_rpm', 900)", (SECOND,))
    assert list(SessionReader(path).readings(-1, 9 * SECOND)) == READ


def test_a_replay_gives_each_reading_once_and_again_after_going_back(tmp_path: Path) -> None:
    times = [0]
    recording = Replay(recorded(tmp_path / "s.ovtui"), now_ns=lambda: times[0])
    times[0] = int(1.5 * SECOND)
    assert list(recording.poll().readings) == READ[:1]
    times[0] = int(2.5 * SECOND)
    assert list(recording.poll().readings) == READ[1:2]
    recording.seek(SECOND)
    assert list(recording.poll().readings) == READ[:1]


def test_the_result_has_every_name_and_null_for_what_was_never_offered() -> None:
    digest = Digest()
    digest.feed(update(None, *started(), now_s=4, readings=READ))
    found = json.loads(to_json(build_result(digest)))["telemetry"]
    assert tuple(found) == READING_NAMES
    assert found["cpu_percent"] == {"min": 20.0, "mean": 40.0, "max": 60.0}
    assert found["engine_rss_bytes"] == {"min": 100_000_000, "mean": 200_000_000, "max": 300_000_000}
    assert found["throttled_percent"] == {"min": 0.0, "mean": 6.25, "max": 12.5}
    assert found["gpu_mhz"] is None
    assert digest.snapshot().readings == READ[2]
    digest.feed(update(now_s=0, restarted=True))
    assert digest.snapshot().readings is None


def test_every_reading_has_a_label() -> None:
    assert tuple(LABELS) == READING_NAMES


def test_the_report_has_the_machine_and_leaves_out_what_was_not_offered() -> None:
    digest = Digest()
    digest.feed(update(None, *started(), now_s=4, readings=READ))
    section = next(section for section in build_report(build_result(digest), {}).sections if section.title == "Machine")
    assert section.table.rows == [
        ["CPU of the machine, %", "20", "40", "60"],
        ["periods throttled by the CPU quota, %", "0", "6.25", "12.5"],
        ["engine's memory", "100 MB", "200 MB", "300 MB"],
    ]
