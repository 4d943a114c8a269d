from __future__ import annotations

import json
import re
import sqlite3
import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest
from samples import records, segment, started

from ovtui.records.completion_order import in_order_of_completion
from ovtui.records.events import LoadEnded, LogLine, Note, SegmentBegan
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import RECORD, Flag, Records, join_records
from ovtui.records.session_file.reader import SessionFileError, SessionReader
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

META = {"session": "7", "command": "ovtui -d CPU"}


def some(count: int, first: int = 0) -> Records:
    """Requests of a batching device: completed out of order, and due before they were submitted."""
    rng = np.random.default_rng(first)
    n = np.arange(first, first + count)
    rows = records(n * 0.05 + 100, service_ms=rng.uniform(1, 40, count))
    rows["seq"], rows["order"] = n + rng.integers(0, 16, count), n
    rows["due_ns"] = rows["submit_ns"] - rng.integers(0, 5_000_000, count)
    rows["infer_us"] = np.round(rng.uniform(500, 39_000, count), 3)
    rows["batch_id"], rows["request"], rows["batch_size"] = n // 16 + 1, n % 16, 16
    rows["segment"], rows["flags"], rows["device"] = 2, rng.integers(0, 64, count), 0x20
    return rows


def packed(rows: Records) -> bytes:
    return np.ascontiguousarray(rows).tobytes()


def written(path: Path, *batches: Records, limit_bytes: int = 1 << 30) -> SessionWriter:
    writer = SessionWriter(str(path), META, limit_bytes)
    submitted = 0
    for number, batch in enumerate(batches):
        submitted += len(batch)
        writer.write(started() if not number else [], [packed(batch)], RecordingProgress(number + 1, 0, submitted, 0))
    return writer


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    batches = [some(3000), some(1, first=3000), some(2000, first=3001)]
    written(tmp_path / "s.ovtui", *batches).close()
    reader = SessionReader(str(tmp_path / "s.ovtui"))
    read = join_records(list(reader.all_records()))
    expected = join_records(batches)
    for name in RECORD.names or ():
        assert np.array_equal(read[name], expected[name]), name
    assert [event for _, event in reader.events()] == started()
    assert reader.meta == META
    assert (reader.first_row, reader.end_row) == (0, 5001)
    assert reader.progress_at(2) == RecordingProgress(2, 3001, 3001, 0)
    assert reader.progress_at(0) == RecordingProgress(0, 0, 0, 0)


def test_anybody_reads_it_with_plain_sql(tmp_path: Path) -> None:
    rows = some(100)
    written(tmp_path / "s.ovtui", rows).close()
    db = sqlite3.connect(tmp_path / "s.ovtui")
    cursor = db.execute("SELECT * FROM requests ORDER BY n")
    table = cursor.fetchall()
    names = [column[0] for column in cursor.description]
    assert set(names) == {"n", *(RECORD.names or ())}
    for name in RECORD.names or ():
        column = [row[names.index(name)] for row in table]
        if name == "infer_us":
            assert np.allclose(column, rows[name], rtol=1e-6, atol=0.001)
        else:
            assert column == rows[name].tolist(), name
    segment = next(event for event in started() if isinstance(event, SegmentBegan))
    assert db.execute("SELECT segment, engine, first_seq, nireq FROM segments").fetchall() == [
        (segment.segment, segment.engine, segment.first_seq, segment.nireq)
    ]
    assert {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")} >= {
        "meta", "events", "segments", "requests", "telemetry",
    }  # fmt: skip


def test_the_view_of_completions_agrees_with_the_readers(tmp_path: Path) -> None:
    rows = some(3000)
    rows["seq"] = np.arange(len(rows)) ^ 5
    rows["done_ns"] += np.random.default_rng(9).integers(0, 2_000_000, len(rows))
    rows["batch_id"][::3] = 0
    written(tmp_path / "s.ovtui", rows).close()
    found = join_records(list(in_order_of_completion(SessionReader(str(tmp_path / "s.ovtui")).all_records())))
    by_sql = sqlite3.connect(tmp_path / "s.ovtui").execute(
        "SELECT c.seq, c.overtaken, r.done_ns FROM completions c JOIN requests r USING (n) ORDER BY c.completion"
    )
    late = found["flags"] & Flag.OVERTAKEN != 0
    assert 0 < np.count_nonzero(late) < len(rows)
    assert by_sql.fetchall() == list(zip(found["seq"].tolist(), late.tolist(), found["done_ns"].tolist(), strict=True))


def test_each_json_column_can_be_taken_apart_in_sql(tmp_path: Path) -> None:
    changes = ['hint: LATENCY → "THROUGHPUT"', "it's"]
    events = [
        *started(Settings(properties={"LOG_LEVEL": 'a "b"'})),
        segment(2, t_s=1.0, changes=changes, first_seq=1 << 40),
        Note(t_ns=5, severity="info", text='"quoted"\nünïcode'),
        LoadEnded(t_ns=9, engine=1, reason="stopped", submitted=64),
    ]
    writer = SessionWriter(str(tmp_path / "s.ovtui"), META, 1 << 30)
    writer.write(events, [], RecordingProgress(1, 0, 0, 0))
    writer.close()
    db = sqlite3.connect(tmp_path / "s.ovtui")
    json_of = [msgspec.to_builtins(event) for event in events]
    for event, (kind, data) in zip(json_of, db.execute("SELECT kind, data FROM events ORDER BY id"), strict=True):
        assert db.execute("SELECT json_valid(?)", (data,)).fetchone() == (1,)
        truth = {"true": True, "false": False}
        fields = {
            name: json.loads(value) if type_ in ("object", "array") else truth.get(type_, value)
            for name, value, type_ in db.execute("SELECT key, value, type FROM json_each(?)", (data,))
        }
        assert fields == event
        assert kind == event["kind"]
    segments = "SELECT segment, first_seq, nireq, api, typeof(first_seq), changes, settings FROM segments ORDER BY t_ns"
    *plain, made, settings = db.execute(segments).fetchall()[1]
    assert plain == [2, 1 << 40, 16, "async", "integer"]
    assert json.loads(made) == changes
    assert db.execute("SELECT json_extract(?, '$.device')", (settings,)).fetchone() == ("AUTO",)
    assert db.execute(
        "SELECT json_extract(settings, '$.properties.LOG_LEVEL') FROM segments ORDER BY t_ns"
    ).fetchone() == ('a "b"',)


def test_the_sql_of_the_docs_runs_as_it_stands(tmp_path: Path) -> None:
    """Without the lines that only DuckDB has; DuckDB itself is tried by hand."""
    rows = some(200)
    rows["segment"] = 1
    written(tmp_path / "s.ovtui", rows).close()
    db = sqlite3.connect(tmp_path / "s.ovtui")
    docs = (Path(__file__).parents[4] / "docs" / "session-file.md").read_text(encoding="utf-8")
    statements = [part.strip() for block in re.findall(r"```sql\n(.*?)```", docs, re.S) for part in block.split(";")]
    selects = [text for text in statements if text.startswith("SELECT")]
    assert len(selects) == 4
    for select in selects:
        assert db.execute(select).fetchall(), select
    assert db.execute(selects[1]).fetchall()[0][:4] == (1, "throughput", "AUTO:GPU,CPU", "async")
    assert set(statements) - set(selects) - {""} == {
        "INSTALL sqlite", "LOAD sqlite", "ATTACH 'session.ovtui' AS recorded (TYPE sqlite)", "USE recorded",
    }  # fmt: skip


def test_a_request_takes_at_most_48_bytes(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    written(path, *[some(10_000, first) for first in range(0, 100_000, 10_000)]).close()
    assert path.stat().st_size / 100_000 <= 48


def test_the_limit_holds_and_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    batches = [some(12_000, first) for first in range(0, 240_000, 12_000)]
    writer = written(path, *batches, limit_bytes=4 << 20)
    assert path.stat().st_size <= 4 << 20
    reader = SessionReader(str(path))
    kept = join_records(list(reader.all_records()))
    assert reader.end_row == 240_000
    assert 0 < reader.first_row == 240_000 - len(kept)
    assert len(kept) > 60_000
    assert np.array_equal(kept["order"], join_records(batches)["order"][-len(kept) :])
    assert [event for _, event in reader.events()] == started()
    writer.close()
    assert path.stat().st_size <= 4 << 20


def test_log_lines_and_readings_keep_to_the_limit_too(tmp_path: Path) -> None:
    """An engine that only prints and completes no request."""
    path = tmp_path / "s.ovtui"
    writer = written(path, some(10))
    for t_ns in range(10, 130):
        lines = [LogLine(t_ns=t_ns, engine=1, text="x" * 1000)] * 100
        writer.write(lines, [], RecordingProgress(t_ns, 0, 10, 0), [MachineReading(t_ns=t_ns, cpu_percent=1.0)])
    assert path.stat().st_size > 8 << 20  # as much as it takes where there is room
    writer.close()
    small = written(tmp_path / "small.ovtui", some(10), limit_bytes=4 << 20)
    for t_ns in range(10, 130):
        lines = [LogLine(t_ns=t_ns, engine=1, text="x" * 1000)] * 100
        small.write(lines, [], RecordingProgress(t_ns, 0, 10, 0), [MachineReading(t_ns=t_ns, cpu_percent=1.0)])
    assert (tmp_path / "small.ovtui").stat().st_size <= 4 << 20
    small.close()
    reader = SessionReader(str(tmp_path / "small.ovtui"))
    events = [event for _, event in reader.events()]
    assert events[: len(started())] == started()
    assert events[-1].t_ns == 129
    assert [read.t_ns for read in reader.readings(-1, 200)][-1] == 129
    assert reader.end_row == 10
    assert reader.progress_at(129).submitted == 10


def test_a_file_that_grows_can_be_read_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    writer = written(path, some(10))
    reader = SessionReader(str(path))
    assert len(reader.records(0)[0]) == 10
    writer.write([], [packed(some(5, first=10))], RecordingProgress(2, 0, 15, 0))
    records, row = reader.records(10)
    assert (len(records), row, reader.end_row) == (5, 15, 15)
    reader.close()
    writer.close()


def test_a_full_disk_is_an_error_and_leaves_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    writer = written(path, some(1000))
    writer._db.execute("PRAGMA max_page_count = 40")  # what SQLite says of a full disk, too
    with pytest.raises(sqlite3.OperationalError, match="full"):
        writer.write([], [packed(some(50_000, first=1000))], RecordingProgress(2, 0, 51_000, 0))
    writer.close()
    reader = SessionReader(str(path))
    assert len(reader.records(0)[0]) == reader.end_row == 1000


def test_the_file_is_the_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    written(path, some(1)).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        SessionWriter(str(path), META, 1 << 30)
    assert path.read_bytes() == before


def test_a_closed_file_stands_alone_and_opens_where_nothing_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    written(folder / "s.ovtui", some(10)).close()
    assert [path.name for path in folder.iterdir()] == ["s.ovtui"]
    folder.chmod(0o500)
    try:
        assert len(SessionReader(str(folder / "s.ovtui")).records(0)[0]) == 10
    finally:
        folder.chmod(0o700)


def test_events_of_a_newer_ovtui_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    writer = written(path, some(1))
    writer._db.execute('INSERT INTO events (t_ns, kind, data) VALUES (5, \'new\', \'{"kind":"new","t_ns":5}\')')
    writer.close()
    reader = SessionReader(str(path))
    assert [event for _, event in reader.events()] == started()
    assert reader.unknown_events == 1


@pytest.mark.parametrize("data", ['{"kind" 1}', b"\xff{"])
def test_an_event_that_is_no_json_is_damage(tmp_path: Path, data: object) -> None:
    path = tmp_path / "s.ovtui"
    writer = written(path, some(1))
    writer._db.execute("INSERT INTO events (t_ns, kind, data) VALUES (5, 'note', ?)", (data,))
    writer.close()
    reader = SessionReader(str(path))
    assert [event for _, event in reader.events()] == started()
    assert reader.damage.text == "1 event is no JSON"
    assert "is no JSON" in Replay(str(path)).damage


@pytest.mark.parametrize("what", ["missing", "text", "other", "newer", "empty", "folder"])
def test_what_is_no_session_file_is_said_in_a_sentence(tmp_path: Path, what: str) -> None:
    path = tmp_path / "s.ovtui"
    if what == "text":
        path.write_text("no database at all, but long enough to have a header of one hundred bytes" * 4)
    elif what in ("other", "newer"):
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE t (x)")
        if what == "newer":
            db.execute(f"PRAGMA application_id = {0x6F767475}")
            db.execute("PRAGMA user_version = 99")
        db.close()
    elif what == "empty":
        path.touch()
    elif what == "folder":
        path.mkdir()
    with pytest.raises(SessionFileError) as raised:
        SessionReader(str(path))
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_what_lies_before_damage_can_be_read_and_then_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    written(path, some(20_000)).close()
    with path.open("r+b") as file:  # pages in the middle of the requests
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 40_000)
    reader = SessionReader(str(path))
    records, row = reader.records(0)
    assert 5000 < len(records) < 15_000
    assert np.array_equal(records["order"], np.arange(len(records)))
    with pytest.raises(SessionFileError, match=r"s\.ovtui: damaged"):
        reader.records(row)
    recording = Replay(str(path))
    recording.stop()
    update = recording.poll()
    assert len(update.records) == len(records)
    while not update.finished:
        update = recording.poll()
    assert "cannot be read" in recording.damage
    assert any(isinstance(event, Note) and "damaged" in event.text for event in update.events)
