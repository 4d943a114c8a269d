"""Requests read from a file's pages are those that SQLite reads."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import MS, started

from ovtui.records.record import RECORD, Records, empty_records, join_records
from ovtui.records.session_file import schema
from ovtui.records.session_file.reader import SessionFileError, SessionReader
from ovtui.records.session_file.request_pages import RequestPages, UnexpectedPage
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter


def made(count: int, seed: int = 0) -> Records:
    """Records whose values take every size that SQLite stores, from none to eight bytes, negative ones too."""
    rng = np.random.default_rng(seed)

    def spread(bits: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return rng.integers(0, 1 << 62, count) >> rng.integers(62 - bits, 63, count)

    rows = empty_records(count)
    rows["order"] = np.arange(count)
    rows["done_ns"] = np.sort(spread(54))
    rows["seq"] = np.minimum(spread(40), rows["done_ns"] // 1000)  # one a microsecond: more of them are damage
    rows["submit_ns"] = rows["done_ns"] - np.minimum(spread(50), rows["done_ns"])
    rows["due_ns"] = rows["submit_ns"] - np.minimum(spread(45), rows["submit_ns"])
    rows["infer_us"], rows["copy_us"] = spread(22), spread(10)
    for name, bits in {"batch_id": 32, "request": 16, "batch_size": 16, "segment": 16, "flags": 9, "device": 8}.items():
        rows[name] = spread(bits)
    return rows


def write(path: Path, rows: Records, step: int = 997, limit_bytes: int = 1 << 40) -> SessionWriter:
    """Not closed yet: the rows in transactions that share the file with events and progress."""
    writer = SessionWriter(str(path), {}, limit_bytes)
    for first in range(0, len(rows), step):
        part = np.ascontiguousarray(rows[first : first + step])
        t_ns = max(int(part["done_ns"][-1]), first * MS)
        writer.write(started(), [part.tobytes()], RecordingProgress(t_ns, 0, first, 0))
    return writer


def both(path: Path, chunk: int = 700) -> tuple[list[bytes | str], list[bytes | str]]:
    """What is read from the pages, and through SQLite alone; a text is the damage that ended the reading."""
    found: list[list[bytes | str]] = []
    for without_pages in (False, True):
        reader = SessionReader(str(path))
        if without_pages and reader._pages is not None:
            reader._pages.close()
            reader._pages = None
        pieces: list[Records] = []
        damage, row = "", 0
        try:
            while len((piece := reader.records(row, chunk))[0]):
                pieces.append(piece[0])
                row = piece[1]
        except SessionFileError as error:
            damage = str(error)
        reader.close()
        found.append([join_records(pieces).tobytes(), damage])
    return found[0], found[1]


def reads_pages(path: Path) -> bool:
    reader = SessionReader(str(path))
    found = reader._pages is not None
    reader.close()
    return found


@pytest.mark.parametrize("count", [0, 1, 90, 30_000])
def test_a_complete_recording(tmp_path: Path, count: int) -> None:
    rows = made(count)
    write(tmp_path / "s.ovtui", rows).close()
    assert reads_pages(tmp_path / "s.ovtui")
    pages, sqlite = both(tmp_path / "s.ovtui")
    assert pages == sqlite
    assert len(pages[0]) == count * RECORD.itemsize


def test_a_recording_whose_oldest_requests_were_dropped(tmp_path: Path) -> None:
    write(tmp_path / "s.ovtui", made(200_000), 20_000, limit_bytes=4 << 20).close()
    reader = SessionReader(str(tmp_path / "s.ovtui"))
    assert reader.first_row > 50_000
    assert reader._pages is not None
    reader.close()
    pages, sqlite = both(tmp_path / "s.ovtui", 20_000)
    assert pages == sqlite
    assert pages[0]


@pytest.mark.parametrize(
    ("first", "limit"), [(0, 1), (12_345, 2), (29_999, 10), (30_000, 5), (1 << 40, 5), (7, 29_000)]
)
def test_any_part_of_it(tmp_path: Path, first: int, limit: int) -> None:
    write(tmp_path / "s.ovtui", made(30_000)).close()
    reader = SessionReader(str(tmp_path / "s.ovtui"))
    pages = reader.records(first, limit)
    reader._pages = None
    rows, after = reader.records(first, limit)
    assert pages[0].tobytes() == rows.tobytes()
    assert pages[1] == after
    reader.close()


def test_a_growing_file_is_left_to_sqlite(tmp_path: Path) -> None:
    writer = write(tmp_path / "s.ovtui", made(2000))
    assert not reads_pages(tmp_path / "s.ovtui")
    assert len(both(tmp_path / "s.ovtui")[0][0]) == 2000 * RECORD.itemsize
    writer.close()
    assert reads_pages(tmp_path / "s.ovtui")


def test_a_value_that_is_no_integer_is_left_to_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    write(path, made(2000)).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE request_rows SET copy_ns = 1.5 WHERE n = 1000")
    db.close()
    reader = SessionReader(str(path))
    db = sqlite3.connect(path)
    pages = RequestPages(str(path), db, schema.REQUEST_COLUMNS, schema.LATER_COLUMNS)
    with pytest.raises(UnexpectedPage):
        pages.rows(990, 20)
    pages.close()
    db.close()
    assert len(reader.records(990, 20)[0]) == 19
    assert reader.damage.text == "1 request holds what no request can"
    reader.close()


def test_a_file_of_an_older_version(tmp_path: Path) -> None:
    """Columns that it lacks are 0."""
    path = tmp_path / "s.ovtui"
    write(path, made(2000)).close()
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("DROP VIEW completions; DROP VIEW requests")
    for name in ("copy_ns", "data_shape"):
        db.execute(f"ALTER TABLE request_rows DROP COLUMN {name}")
    db.close()
    assert reads_pages(path)
    pages, sqlite = both(path)
    assert pages == sqlite


def test_a_column_whose_name_is_damaged_is_not_taken_for_one_of_zeros(tmp_path: Path) -> None:
    path = tmp_path / "s.ovtui"
    write(path, made(2000)).close()
    table = path.read_bytes()
    at = table.index(b"CREATE TABLE request_rows")
    path.write_bytes(table[:at] + table[at:].replace(b"wait_ns", b"wai0_ns", 1))
    assert not reads_pages(path)
    pages, sqlite = both(path)
    assert pages == sqlite


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(100, 400_000), st.binary(min_size=1, max_size=40)), min_size=1, max_size=6))
def test_damage_is_what_sqlite_makes_of_it(tmp_path: Path, wounds: list[tuple[int, bytes]]) -> None:
    """Wherever bytes are overwritten."""
    path = tmp_path / "s.ovtui"
    path.unlink(missing_ok=True)
    write(path, made(6000)).close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        for at, data in wounds:
            os.pwrite(file.fileno(), data[: size - at % size], at % size)
    try:
        pages, sqlite = both(path)
    except (SessionFileError, sqlite3.DatabaseError):  # nothing at all can be read
        return
    assert pages == sqlite
