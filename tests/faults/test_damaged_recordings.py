"""Recordings that are damaged, or none: one sentence, exit code 1, and what can be read is shown."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.broken_recordings import WAYS, broken
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import ovtui
from harness.reading_recordings import read_in_each_way
from harness.small_recordings import each_kind, open_recording, whole_recording

from ovtui.cli.main import run
from ovtui.cli.replay import digest_of
from ovtui.metrics.result.build import build_result
from ovtui.records.session_file import opening
from ovtui.records.session_file.opening import SessionFileError
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.replay import Replay

PAGE = 4096
FUZZED = 45
"""Damaged recordings that are tried here, each read in eleven ways; tests/long/fuzz_recordings.py tries thousands."""
READERS = (
    ["replay"], ["replay", "--json", "-"], ["report", "-o", "-"],
    *(["export", "--to", form] for form in ("csv", "jsonl", "trace", "hgrm", "machine")),
)  # fmt: skip


@dataclass(frozen=True)
class BadRecording(Fault):
    """`damage` is done to the file; `words` are told of it; `readable` requests can be read, None where it is no
    recording at all."""

    damage: Callable[[Path], object] = Path.exists
    words: str = ""
    readable: int | None = None


def sql(*statements: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            for statement in statements:
                db.execute(statement)

    return damage


def is_another_kind(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def overwrites(path: Path) -> None:
    """The second page of requests."""
    with closing(sqlite3.connect(path)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'request_rows'").fetchone()[0]
    data = bytearray(path.read_bytes())
    inner = (root - 1) * PAGE
    cell = inner + int.from_bytes(data[inner + 14 : inner + 16], "big")
    leaf = int.from_bytes(data[cell : cell + 4], "big")
    data[(leaf - 1) * PAGE : leaf * PAGE] = b"\xff" * PAGE
    path.write_bytes(data)


def points_at_itself(path: Path) -> None:
    """The root of the requests has itself below it, and nothing else."""
    with closing(sqlite3.connect(path)) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'request_rows'").fetchone()[0]
    data = bytearray(path.read_bytes())
    page = (root - 1) * PAGE
    data[page + 3 : page + 5] = b"\0\0"
    data[page + 8 : page + 12] = root.to_bytes(4, "big")
    path.write_bytes(data)


def claims_much(path: Path) -> None:
    """An event that says it has a GB, in pages that follow one another in a circle."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("INSERT INTO events (id, t_ns, kind, data) VALUES (90, 5, 'note', ?)", ("x" * 20_000,))
        number = db.execute("PRAGMA page_count").fetchone()[0]
    data = bytearray(path.read_bytes())
    for page in range(number):
        if data[page * PAGE + 4 : page * PAGE + 24] == b"x" * 20:
            data[page * PAGE : page * PAGE + 4] = (page + 1).to_bytes(4, "big")
    path.write_bytes(data)


def no_file(case: str, words: str, damage: Callable[[Path], object]) -> BadRecording:
    return BadRecording(case, f"'FILE: {words}'", 1, "files", damage, words)


def damaged(case: str, words: str, readable: int, damage: Callable[[Path], object]) -> BadRecording:
    outcome = f"'FILE: damaged: {words}; {readable} requests could be read', and they are shown"
    return BadRecording(case, outcome, 1, "files", damage, words, readable)


FAULTS = [
    damaged("a page of requests is overwritten", "the requests from number 126 on cannot be read", 126, overwrites),
    damaged("the tree of pages goes in a circle", "cannot be read", 0, points_at_itself),
    damaged("an event says that it has a GB", "is no JSON", 600, claims_much),
    damaged(
        "rows hold texts, NULL, huge and negative numbers", "12 requests hold what no request can", 588,
        sql("UPDATE request_rows SET service_ns = 'x' WHERE n < 3", "UPDATE request_rows SET flags = NULL WHERE n = 5",
            "UPDATE request_rows SET done_ns = -5 WHERE n = 6", "UPDATE request_rows SET wait_ns = 9e300 WHERE n = 7",
            "UPDATE request_rows SET done_ns = 9223372036854775807 WHERE n BETWEEN 100 AND 102",
            "UPDATE request_rows SET device = 4000, batch_size = -1 WHERE n BETWEEN 200 AND 202"),
    ),
    damaged(
        "requests are missing at the end", "of 600 requests that were recorded only 400 are in the file", 400,
        sql("DELETE FROM request_rows WHERE n >= 400"),
    ),
    damaged(
        "a row claims 10^12 requests", "of 1,000,000,000,000 requests that were recorded only 600", 600,
        sql("UPDATE progress SET rows = 1000000000000"),
    ),
    damaged(
        "the start of the engine is missing", "the start of an engine is missing", 600,
        sql("DELETE FROM events WHERE kind = 'spawned'"),
    ),
    damaged("all events are missing", "the table events is missing", 600, sql("DROP TABLE events")),
    damaged(
        "events are no JSON, or lack a field", "1 event is not as ovtui emits it, 1 event is no JSON", 600,
        sql("UPDATE events SET data = '{' WHERE kind = 'compiled'",
            "UPDATE events SET data = '{\"kind\":\"model-read\",\"t_ns\":5}' WHERE kind = 'model-read'"),
    ),
    damaged(
        "an event lies a year ahead", "1 event is not as ovtui emits it", 600,
        sql("UPDATE events SET data = json_set(data, '$.t_ns', 31536000000000000) WHERE kind = 'first' OR id = 5"),
    ),
    damaged(
        "an engine counted more than its time allows", "counts of engines are no counts", 600,
        sql("UPDATE engines SET waiting = 9007199254740990"),
    ),
    damaged(
        "there are counts of engines that never started, twice, without a number",
        "there are counts of engines that never started", 600,
        sql("ALTER TABLE engines RENAME TO was", "CREATE TABLE engines AS SELECT * FROM was",
            "INSERT INTO engines SELECT * FROM was", "UPDATE engines SET engine = NULL",
            "INSERT INTO engines (engine) VALUES ('x'), (7)"),
    ),
    damaged("what engines counted is missing", "the table engines is missing", 600, sql("DROP TABLE engines")),
    damaged(
        "the recorder counted more than its time allows", "counts of the recorder are no counts", 600,
        sql("UPDATE progress SET submitted = 9007199254740990, shed = 9007199254740990 WHERE t_ns > 5e9"),
    ),
    damaged(
        "the end of a load counts more than came due", "1 event is not as ovtui emits it", 600,
        sql("UPDATE events SET data = json_set(data, '$.unsent', 9007199254740990) WHERE kind = 'load-ended'"),
    ),
    damaged("readings are missing", "the table telemetry is missing", 600, sql("DROP TABLE telemetry")),
    damaged(
        "a column is missing", "the table progress lacks submitted", 600,
        sql("ALTER TABLE progress RENAME COLUMN submitted TO sent"),
    ),
    damaged(
        "a view that never ends stands for a table", "the table meta is missing", 600,
        sql("DROP TABLE meta", "CREATE VIEW meta AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
            "SELECT x AS key, x AS value FROM c"),
    ),
    damaged(
        "the schema is damaged", "its schema is damaged", 600,
        sql("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET sql = 'CREATE VEIW' WHERE name = 'completions'"),
    ),
    damaged("the header of the file is overwritten", "the file's header is damaged", 600,
            lambda path: path.write_bytes(b"\xff" * 68 + path.read_bytes()[68:])),
    damaged("the mark of ovtui is missing", "the mark of a session of ovtui is missing", 600,
            sql("PRAGMA application_id = 0")),
    no_file("no SQLite file", "not a session file", lambda path: path.write_text("seq,order\n" * 900)),
    no_file("an SQLite file of another program", "an SQLite file, but not a session of ovtui",
            is_another_kind(sql("CREATE TABLE t (x)"))),
    no_file("an empty file", "the file is empty", lambda path: path.write_bytes(b"")),
    no_file("the first bytes of a recording", "damaged (only its first 10 bytes are there)",
            lambda path: path.write_bytes(path.read_bytes()[:10])),
    no_file("a compressed recording", "compressed with gzip; unpack it first",
            lambda path: path.write_bytes(gzip.compress(path.read_bytes()))),
    no_file("a folder", "that is a folder; name a recording", is_another_kind(Path.mkdir)),
    no_file("a FIFO", "that is a FIFO, no file; name a recording", is_another_kind(os.mkfifo)),
    no_file("a device", "that is a device, no file; name a recording",
            is_another_kind(lambda path: path.symlink_to("/dev/zero"))),
    no_file("a link to itself", "cannot be read (Too many levels of symbolic links)",
            is_another_kind(lambda path: path.symlink_to(path))),
    no_file("no such file", "there is no such file", Path.unlink),
]  # fmt: skip
OTHER_FAULTS = [
    Fault("a damaged recording on the replay screen", "a line on every view says so all the time, keys work", 1,
          "files"),
    Fault("export of a damaged recording to a file", "no file; without -o what can be read goes to stdout", 1, "files"),
    Fault("a recording that another program has locked", "'another program has locked it'", 1, "files"),
    Fault("a killed session's recording on read-only media", "read from a copy, nothing is missing", 0, "files"),
    Fault("a recording that is cut or removed while it is read", "what can be read is shown", 1, "files"),
    Fault(f"{FUZZED} recordings damaged by chance (thousands in tests/long)", "each reader ends with a sentence", 1,
          "files"),
]  # fmt: skip
TABLE = FAULTS.copy()
FAULTS = [*FAULTS, *OTHER_FAULTS]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "s.ovtui"
    whole_recording(path)
    return path


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_the_recording_itself_is_whole(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in READERS:
        assert run([*command, str(recording)]) == 0
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fault", TABLE, ids=id_of)
def test_one_sentence_and_what_can_be_read(
    fault: BadRecording, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault.damage(recording)
    assert run(["replay", str(recording)]) == fault.code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    told = [line for line in err.splitlines() if fault.words in line]
    assert len(told) == 1, err
    if fault.readable is None:
        assert told[0].startswith(f"ovtui: {recording}: {fault.words}")
        assert out == ""
        return
    assert told[0].startswith(f"ovtui: {recording}: damaged: ")
    assert told[0].endswith(f"; {fault.readable:,} requests could be read")
    if fault.readable:
        assert f" {fault.readable:,} completed" in " ".join(out.split())


@pytest.mark.parametrize("command", READERS, ids=lambda command: "-".join(command[:3]))
def test_every_reader_tells_of_the_damage(
    command: list[str], recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql("UPDATE request_rows SET service_ns = 'x' WHERE n < 3", "DROP TABLE telemetry")(recording)
    assert run([*command, str(recording)]) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"ovtui: {recording}: damaged: the table telemetry is missing, 3 requests hold what no ")
    assert "597 requests " in err
    assert len(err.splitlines()) == 1
    if command[-1] == "csv":
        assert len(out.splitlines()) == 598
        assert err.endswith("; 597 requests were written\n")
    if command[-1] == "trace":
        assert sum(mark.get("cat") == "request" for mark in json.loads(out)["traceEvents"]) == 597
    if command[:2] == ["replay", "--json"]:
        assert "the table telemetry is missing" in json.loads(out)["recording"]["damage"]
    if command[0] == "report":
        assert "damaged: the table telemetry is missing" in out


def test_the_program_itself_ends_with_the_sentence(recording: Path, program_env: dict[str, str]) -> None:
    overwrites(recording)
    done = subprocess.run(ovtui("export", str(recording), "--to", "csv"), env=program_env, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.decode().endswith("; 126 requests were written\n")
    assert len(done.stdout.splitlines()) == 127


def test_half_an_export_is_no_file(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overwrites(recording)
    assert run(["export", str(recording), "--to", "csv", "-o", str(tmp_path / "out.csv")]) == 1
    assert f"nothing was written to {tmp_path / 'out.csv'}, without -o" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_the_replay_screen_says_so_all_the_time(start: StartProgram, recording: Path) -> None:
    sql("UPDATE request_rows SET service_ns = 'x' WHERE n > 400")(recording)
    program = start("replay", str(recording), "--speed", "0.1")
    program.wait_for("damaged: 199 requests hold what no request can")
    for keys, shown in (("2",), "order"), (("4", "P"), "REPLAY paused"):
        program.keys(*keys)
        program.wait_for(lambda text, shown=shown: shown in text and "damaged: 199 requests" in text)
    program.keys("q")
    assert program.wait() == 1
    program.assert_terminal_restored()
    assert "401 requests could be read" in program.text


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((name, value) for name in ("submitted", "completed", "shed", "waiting", "taken_before", "t_ns", "alive_ns")
          for value in ("9007199254740990", "'x'", "-1")),
        ("schedule_ns", "'x'"), ("due_limit", "-1"), ("waiting", "100000"), ("t_ns", "9000000000"),
    ],
)  # fmt: skip
def test_what_no_engine_can_have_counted_makes_no_figure(column: str, value: str, tmp_path: Path) -> None:
    recording = each_kind(tmp_path)[1]
    sql("ALTER TABLE engines RENAME TO was", "CREATE TABLE engines AS SELECT * FROM was",
        f"UPDATE engines SET {column} = {value}")(recording)  # fmt: skip
    replay = Replay(str(recording))
    counts = build_result(digest_of(replay)).requests
    replay.close()
    assert (counts.submitted, counts.completed, counts.unfinished, counts.unsent, counts.due) == (
        380,
        380,
        0,
        None,
        None,
    )
    assert "counts of engines are no counts" in replay.damage


def test_an_engine_that_starts_after_the_end(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its other events refer to it all the same."""
    sql("UPDATE events SET data = json_set(data, '$.t_ns', 30000000000) WHERE kind = 'spawned'")(recording)
    assert run(["replay", str(recording)]) == 0
    assert " 600 completed" in " ".join(capsys.readouterr().out.split())


def test_a_locked_recording(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(recording, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert run(["replay", str(recording)]) == 1
    assert "another program has locked it; end that program and try again" in capsys.readouterr().err


def test_read_only_media_with_what_a_killed_session_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.ovtui"
    writer = open_recording(path, 380)
    connect = opening._connect

    def refuses_the_folder(file: str, named: str, options: str = "") -> sqlite3.Connection:
        if file == str(path) and not options:  # what SQLite says where it can make no shared memory
            raise opening._CannotOpen("unable to open database file")
        return connect(file, named, options)

    monkeypatch.setattr(opening, "_connect", refuses_the_folder)
    reader = SessionReader(str(path))
    assert sum(map(len, reader.readable_records())) == 380
    reader.close()
    monkeypatch.setattr(opening, "_COPIED_BYTES", 0)
    with pytest.raises(SessionFileError, match=r"the newest part is left out, for s\.ovtui-wal cannot be used here"):
        SessionReader(str(path))
    writer.close()


@pytest.mark.parametrize("change", ["cut", "removed", "replaced"])
def test_a_recording_that_changes_while_it_is_read(recording: Path, change: str) -> None:
    replay = Replay(str(recording))
    if change == "cut":
        os.truncate(recording, 3 * PAGE)
    else:
        recording.unlink()
    if change == "replaced":
        recording.write_bytes(b"SQLite format 3\0" + b"\0" * 9000)
    replay.stop()
    count = 0
    while not (update := replay.poll()).finished:
        count += len(update.records)
    count += len(update.records)
    told = replay.damage_sentence()
    assert (count, bool(told)) == (600, False) if change != "cut" else "damaged: " in told
    replay.close()


def fuzzed(recordings: Sequence[Path], target: Path) -> Iterator[tuple[int, str, str]]:
    """Seed, ways of damage, and what was told of the recording."""
    for seed in range(FUZZED):
        ways = broken(recordings[seed % len(recordings)], target, seed)
        yield seed, ways, read_in_each_way(target)


def test_recordings_damaged_by_chance(tmp_path: Path) -> None:
    """Nothing but a sentence comes of any of them, and an account that can be one; the damage that is done is random,
    from fixed seeds."""
    told = {seed: words for seed, _, words in fuzzed(each_kind(tmp_path), tmp_path / "broken.ovtui")}
    assert len(WAYS) * 3 <= FUZZED
    assert sum("damaged" in words for words in told.values()) > FUZZED // 3
    assert all("\n" not in words for words in told.values())
