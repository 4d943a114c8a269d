"""Recordings of a newer and of an older ovtui: they are read, or one sentence names both versions."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.small_recordings import whole_recording

from ovtui import __version__
from ovtui.cli.main import run
from ovtui.records.session_file.schema import VERSION
from ovtui.records.session_file.shipped import shipped_recordings

NEWER = "9.0.0"


@dataclass(frozen=True)
class OtherVersion(Fault):
    statements: tuple[str, ...] = ()
    words: str = ""
    """Of what is told on stderr; empty where nothing is."""


MISREAD = (
    f"written by a newer ovtui (ovtui {NEWER}, format {VERSION + 1}); this one ({__version__}, format {VERSION}) may "
    "misread it: use one at least as new"
)
LEAVES_OUT = f"what this one ({__version__}) does not know and leaves out, all requests are read"
TABLE = [
    OtherVersion(
        "a recording of a newer format", f"'FILE: {MISREAD}', and what can be read is shown", 1, "files",
        (f"PRAGMA user_version = {VERSION + 1}",), MISREAD,
    ),
    OtherVersion(
        "a newer format that has other tables", f"'FILE: {MISREAD}; 0 requests could be read'", 1, "files",
        (f"PRAGMA user_version = {VERSION + 1}", "ALTER TABLE events RENAME TO happenings",
         "ALTER TABLE request_rows RENAME TO inferences"),
        f"{MISREAD}; 0 requests could be read",
    ),
    OtherVersion(
        "events of kinds that a newer ovtui knows", f"'recorded by ovtui {NEWER}; 1 event holds {LEAVES_OUT}'", 0,
        "files",
        ('INSERT INTO events (t_ns, kind, data) VALUES (5, \'lit\', \'{"kind":"lit","t_ns":5,"colour":[1]}\')',),
        f"recorded by ovtui {NEWER}; 1 event holds {LEAVES_OUT}",
    ),
    OtherVersion(
        "settings that a newer ovtui has", f"'recorded by ovtui {NEWER}; 3 events hold {LEAVES_OUT}'", 0, "files",
        ("UPDATE events SET data = json_set(data, '$.settings.colour', 'red') WHERE json_type(data, '$.settings') "
         "IS NOT NULL",),
        f"recorded by ovtui {NEWER}; 3 events hold {LEAVES_OUT}",
    ),
    OtherVersion(
        "tables, columns and fields that a newer ovtui has", "read as its own", 0, "files",
        ("CREATE TABLE colours (x)", "ALTER TABLE request_rows ADD COLUMN colour INTEGER DEFAULT 7",
         "ALTER TABLE progress ADD COLUMN unlit INTEGER DEFAULT 0", "ALTER TABLE events ADD COLUMN colour TEXT",
         "UPDATE events SET data = json_set(data, '$.colour', 'red')"),
    ),
    OtherVersion(
        "a recording of an older ovtui", "read as its own", 0, "files",
        ("DROP VIEW requests", "DROP VIEW completions", "ALTER TABLE request_rows DROP COLUMN reset_ns",
         "ALTER TABLE request_rows DROP COLUMN copy_ns", "ALTER TABLE request_rows DROP COLUMN data_shape",
         "DELETE FROM meta WHERE key IN ('records_end', 'ended_ns')",
         "UPDATE events SET data = json_remove(data, '$.until_ns', '$.load_began_ns', '$.ended_ns')"),
    ),
]  # fmt: skip
FAULTS = [
    *TABLE,
    Fault("the recordings that came with older versions of ovtui", "read, whole, with their ends", 0, "files"),
]


@pytest.mark.parametrize("fault", TABLE, ids=id_of)
def test_it_is_read_or_one_sentence_names_both(
    fault: OtherVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.ovtui"
    whole_recording(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in (*fault.statements, f"UPDATE meta SET value = '{NEWER}' WHERE key = 'ovtui'"):
            db.execute(statement)
    for command in (["replay"], ["report", "-o", "-"], ["export", "--to", "csv"], ["export", "--to", "trace"]):
        assert run([*command, str(path)]) == fault.code, command
        out, err = capsys.readouterr()
        assert err == (f"ovtui: {path}: {fault.words}\n" if fault.words else ""), command
        readable = not fault.words.endswith("0 requests could be read")
        assert bool(out) is readable
        assert command != ["export", "--to", "csv"] or len(out.splitlines()) == (601 if readable else 0)
        assert command != ["replay"] or not readable or "600 completed" in " ".join(out.split())


@pytest.mark.parametrize("name", sorted(shipped_recordings()))
def test_a_shipped_recording_is_whole(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Their ovtui did not note yet how a recording ended."""
    assert run(["replay", str(shipped_recordings()[name]), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    result = json.loads(out)
    assert (result["recording"]["ended"], result["recording"]["damage"]) == (True, "")
    assert result["requests"]["completed"] == result["requests"]["submitted"]
