"""Copies of recordings: the same figures, changed texts, the last part of a large one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness.small_recordings import each_kind, open_recording, whole_recording
from samples import MS, SECOND, records

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.records.events import LogLine
from ovtui.records.session_file.excerpt import COPIED_WHILE_RECORDED, write_excerpt
from ovtui.records.session_file.opening import SessionFileError
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

WHOLE = 1 << 40


def same(value: Any) -> Any:
    return value


def result_of(path: Path) -> bytes:
    digest, replay = Digest(), Replay(str(path))
    replay.stop()
    while True:
        update = replay.poll()
        digest.feed(update)
        if update.finished:
            replay.close()
            return to_json(build_result(digest))


def test_a_copy_has_the_same_figures(tmp_path: Path) -> None:
    for path in [*each_kind(tmp_path), *shipped_recordings().values()]:
        copy = tmp_path / f"{path.stem}-copy.ovtui"
        made = write_excerpt(str(path), copy, WHOLE, same)
        assert (made.left_out_rows, made.damage, made.lost_events, made.live) == (0, "", 0, False), path
        assert result_of(copy) == result_of(path), path


def test_texts_are_changed_and_it_stays_a_recording(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    whole_recording(path)

    def change(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("demo", "anna")
        if isinstance(value, dict):
            return {name: change(each) for name, each in value.items()}
        return [change(each) for each in value] if isinstance(value, list) else value

    with closing(SessionReader(str(path))) as file:
        before = [event for _, event in file.events()]
    made = write_excerpt(str(path), copy, WHOLE, change)
    assert made.lost_events == 0
    with closing(SessionReader(str(copy))) as file:
        assert not file.damage
        after = [event for _, event in file.events()]
        assert len(after) == len(before)
        assert [record for chunk in file.all_records() for record in chunk["seq"].tolist()] == list(range(600))


def test_an_event_that_would_be_none_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.ovtui"
    whole_recording(path)

    def change(value: Any) -> Any:
        return {**value, "reason": "<user>"} if isinstance(value, dict) and value.get("kind") == "load-ended" else value

    assert write_excerpt(str(path), tmp_path / "b.ovtui", WHOLE, change).lost_events == 1


def large(path: Path, rows: int = 200_000, log_bytes: int = 0) -> None:
    writer = open_recording(path, 600)
    step = 10_000
    for first in range(600, rows, step):
        part = records(1001 + np.arange(first, first + step) * 0.1, service_ms=1.0, segment=1)
        t_ns = int(part["done_ns"][-1])
        logs = [LogLine(t_ns=t_ns, engine=1, text="x" * log_bytes)] if log_bytes else []
        writer.write(logs, [np.ascontiguousarray(part).tobytes()], RecordingProgress(t_ns, 0, first + step, 0))
    writer.close()


@pytest.mark.parametrize("log_bytes", [0, 200_000])
def test_of_a_large_one_the_last_part(tmp_path: Path, log_bytes: int) -> None:
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    large(path, log_bytes=log_bytes)
    limit = 4 << 20
    assert path.stat().st_size > 1.5 * limit
    made = write_excerpt(str(path), copy, limit, same)
    assert limit * 0.5 < copy.stat().st_size <= limit
    assert made.left_out_rows == made.first_row
    assert made.from_ns
    with closing(SessionReader(str(copy))) as file:
        assert file.first_row == made.first_row
        assert sum(len(chunk) for chunk in file.all_records()) == made.rows
        times = [event.t_ns for _, event in file.events() if isinstance(event, LogLine)]
        assert all(t_ns >= made.from_ns for t_ns in times)
        assert not file.damage
    result_of(copy)


def test_log_lines_alone_are_cut_too(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    writer = open_recording(path, 50)
    for at in range(60):
        line = LogLine(t_ns=2 * SECOND + at * MS, engine=1, text="x" * 100_000)
        writer.write([line], [], RecordingProgress(2 * SECOND + at * MS, 0, 50, 0))
    writer.close()
    made = write_excerpt(str(path), copy, 1 << 20, same)
    assert made.from_ns
    assert 0.5 * (1 << 20) < copy.stat().st_size < 1.3 * (1 << 20)
    with closing(SessionReader(str(copy))) as file:
        lines = [event for _, event in file.events() if isinstance(event, LogLine)]
        assert lines[-1].t_ns == 2 * SECOND + 59 * MS
        assert not file.damage
    result_of(copy)


def test_a_live_one_goes_on(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    writer = open_recording(path, 300)
    made = write_excerpt(str(path), copy, WHOLE, same)
    assert (made.live, made.rows) == (True, 300)
    part = records(5000 + np.arange(10), service_ms=1.0, segment=1)
    writer.write([], [np.ascontiguousarray(part).tobytes()], RecordingProgress(5 * SECOND + MS, 0, 310, 0))
    writer.close()
    assert not Path(f"{path}-wal").exists()
    replay = Replay(str(copy))
    assert COPIED_WHILE_RECORDED in replay.state.text
    replay.close()


def test_of_an_older_version_nothing_is_made_up(tmp_path: Path) -> None:
    """Readers tell by the tables and columns what was not recorded then."""
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    whole_recording(path)
    with closing(sqlite3.connect(path)) as db:
        for view in ("requests", "completions", "segments"):
            db.execute(f"DROP VIEW {view}")
        db.execute("DROP TABLE engines")
        for column in ("data_shape", "copy_ns", "reset_ns"):
            db.execute(f"ALTER TABLE request_rows DROP COLUMN {column}")
        db.execute("DELETE FROM meta WHERE key = 'records_end'")
        db.commit()
    write_excerpt(str(path), copy, WHOLE, same)
    with closing(SessionReader(str(copy))) as file:
        assert not file.has_lag_detail
        assert file.engine_counts() is None
        assert not file.damage
    assert result_of(copy) == result_of(path)


def test_texts_where_none_belong_are_changed_too(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    whole_recording(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO telemetry VALUES (5, 'anna', 1.0)")
        db.execute("INSERT INTO events (t_ns, kind, engine, data) VALUES (1, 'anna', 'anna', '{\"anna\": \"anna\"}')")
        db.execute("INSERT INTO events (t_ns, kind, engine, data) VALUES (1, 'log', 1, 'anna')")
        db.execute("INSERT INTO events (t_ns, kind, engine, data) VALUES (1, 'log', 1, CAST('anna' AS BLOB))")
        db.execute("UPDATE request_rows SET batch_id = 'anna' WHERE n = 3")
        db.execute("UPDATE request_rows SET batch_id = CAST('anna' AS BLOB) WHERE n = 4")
        db.execute("INSERT INTO meta VALUES ('anna', 'anna')")
        db.execute("CREATE TABLE anna (anna TEXT)")
        db.execute("INSERT INTO anna VALUES ('anna')")
        db.commit()

    def change(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("anna", "<user>")
        if isinstance(value, dict):
            return {change(name): change(each) for name, each in value.items()}
        return [change(each) for each in value] if isinstance(value, list) else value

    made = write_excerpt(str(path), copy, WHOLE, change)
    assert made.lost_events == 2
    assert b"anna" not in copy.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no recording", b"SQLite format 3\0" + bytes(500)])
def test_what_is_no_recording(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ovtui").write_bytes(content)
    with pytest.raises(SessionFileError):
        write_excerpt(str(tmp_path / "a.ovtui"), tmp_path / "b.ovtui", WHOLE, same)


def test_of_a_damaged_one_what_can_be_read(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.ovtui", tmp_path / "b.ovtui"
    large(path, 20_000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096 * 4] = b"\xff" * 4096 * 4
    path.write_bytes(data)
    made = write_excerpt(str(path), copy, WHOLE, same)
    assert made.damage
    assert 0 < made.rows < 20_000
    with closing(SessionReader(str(copy))) as file:
        assert sum(len(chunk) for chunk in file.readable_records()) == made.rows


def test_where_there_is_no_room(tmp_path: Path) -> None:
    path = tmp_path / "a.ovtui"
    whole_recording(path)
    with pytest.raises((OSError, sqlite3.Error)):
        write_excerpt(str(path), tmp_path / "no" / "folder.ovtui", WHOLE, same)


def test_a_writer_is_not_needed_for_the_limit(tmp_path: Path) -> None:
    """No request at all: events alone."""
    path = tmp_path / "a.ovtui"
    SessionWriter(str(path), {"session": "7"}, WHOLE).close()
    made = write_excerpt(str(path), tmp_path / "b.ovtui", 1, same)
    assert (made.rows, made.left_out_rows, made.from_ns) == (0, 0, None)
