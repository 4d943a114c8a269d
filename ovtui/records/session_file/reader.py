"""Reading of a session file, whether complete, still growing, or left by a killed process."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, takewhile
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np

from ovtui.records.arrays import Ints
from ovtui.records.events import Event
from ovtui.records.machine_readings import READING_NAMES, MachineReading
from ovtui.records.odd_names import from_json, restored
from ovtui.records.record import Records, empty_records
from ovtui.records.session_file import schema
from ovtui.records.session_file.request_pages import RequestPages, UnexpectedPage
from ovtui.records.session_file.writer import RecordingProgress
from ovtui.records.source import LossCounts

CHUNK_ROWS = 20_000
"""Rows per read; reading them takes 40 ms through SQLite, 6 ms from the pages of a complete recording."""
_PLAIN_COLUMNS = ("batch_id", "request", "batch_size", "segment", "flags", "device", "data_shape")


class SessionFileError(OSError):
    """The file cannot be read as a session. The text is the reason, one sentence."""


class SessionReader:
    """Owner: one thread."""

    def __init__(self, path: str) -> None:
        """Raises SessionFileError."""
        if Path(path).is_dir():
            raise SessionFileError(f"{path}: that is a folder; name a recording")
        if not Path(path).is_file():
            raise SessionFileError(f"{path}: there is no such file")
        if Path(path).stat().st_size == 0:
            raise SessionFileError(f"{path}: the file is empty")
        self.path = path
        self._decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
        self._db = _open(path)
        try:
            self._check_format()
            rows = self._db.execute("SELECT key, value FROM meta")
            self.meta: dict[str, str] = {name: restored(str(text)) for name, text in rows}
        except sqlite3.DatabaseError as error:
            raise SessionFileError(f"{path}: not a session file ({error})") from None
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(request_rows)")}
        self.has_lag_detail = "copy_ns" in columns
        """True when records tell whether a request waited for an idle infer request, and how long the filling in of its
        input took: the flag QUEUED and this column were added together."""
        self._select = schema.select_requests(columns)
        self._pages: RequestPages | None = None
        """None where SQLite has to read the requests."""
        with contextlib.suppress(UnexpectedPage):
            self._pages = RequestPages(path, self._db, schema.REQUEST_COLUMNS, schema.LATER_COLUMNS)
        self.unknown_events = 0
        """Number of skipped events, written by a newer ovtui."""

    def close(self) -> None:
        self._db.close()
        if self._pages is not None:
            self._pages.close()
            self._pages = None

    def events(self, after_id: int = 0) -> Iterator[tuple[int, Event]]:
        """(id, event) in the order of the log. Raises SessionFileError where an event is no JSON."""
        for number, data in self._rows("SELECT id, data FROM events WHERE id > ? ORDER BY id", after_id):
            try:
                event = from_json(self._decoder, data)
            except msgspec.ValidationError:
                self.unknown_events += 1
            except (msgspec.MsgspecError, TypeError, UnicodeError) as error:  # in a way that SQLite does not see
                raise SessionFileError(f"{self.path}: damaged (event {number}: {error})") from None
            else:
                yield number, event

    @property
    def first_row(self) -> int:
        """The oldest row that is kept. It equals the number of rows that retention has deleted."""
        first = self._row("SELECT min(n) FROM request_rows")[0]
        return self.end_row if first is None else int(first)

    @property
    def end_row(self) -> int:
        """The number after the newest row."""
        return int(self._row("SELECT max(rows) FROM progress")[0] or 0)

    @property
    def end_ns(self) -> int:
        """Session time of the end of the recording."""
        times = self._row(
            "SELECT (SELECT max(t_ns) FROM progress), (SELECT max(t_ns) FROM events), "
            "(SELECT done_ns FROM request_rows ORDER BY n DESC LIMIT 1)"
        )
        return max((int(t_ns) for t_ns in times if t_ns is not None), default=0)

    def progress_at(self, t_ns: int) -> RecordingProgress:
        """The progress of the recording at this session time."""
        row = self._row(
            "SELECT t_ns, rows, submitted, lost, shed FROM progress WHERE t_ns <= ? ORDER BY t_ns DESC LIMIT 1", t_ns
        )
        return RecordingProgress(*row) if row else RecordingProgress(0, 0, 0, 0)

    def counts(self, after_ns: int, until_ns: int) -> list[LossCounts]:
        """The lost, shed and submitted counts after `after_ns` and up to `until_ns`, oldest first."""
        rows = self._rows(
            "SELECT t_ns, lost, shed, submitted FROM progress WHERE t_ns > ? AND t_ns <= ? ORDER BY t_ns",
            after_ns,
            until_ns,
        )
        return [LossCounts(*row) for row in rows]

    def records(self, first: int, limit: int = CHUNK_ROWS) -> tuple[Records, int]:
        """The records of at most `limit` rows from row `first` on, and the row to continue from."""
        values = self._values(first, limit)
        if not values.shape[1]:
            return empty_records(), first
        n, seq, order, done, service, wait, infer, *rest, copy, reset = values
        records = empty_records(values.shape[1])
        records["seq"], records["order"] = n + seq, n + order
        records["done_ns"], records["submit_ns"], records["due_ns"] = done, done - service, done - service - wait
        records["infer_us"], records["copy_us"], records["reset_us"] = infer / 1e3, copy / 1e3, reset / 1e3
        for name, column in zip(_PLAIN_COLUMNS, rest, strict=True):
            records[name] = column
        return records, int(n[-1]) + 1

    def _values(self, first: int, limit: int) -> Ints:
        """[REQUEST_COLUMNS, n] of at most `limit` rows from row `first` on."""
        if self._pages is not None:
            try:
                return self._pages.rows(first, limit)
            except (UnexpectedPage, OSError):
                self._pages.close()
                self._pages = None
        rows: list[Any] = []
        try:
            rows.extend(self._rows(self._select, first, limit))
        except SessionFileError:
            if not rows:  # rows before the damage are returned first
                raise
        try:
            return _columns_of(rows)
        except (TypeError, ValueError, OverflowError):  # damaged, in a way that SQLite does not see
            good = list(takewhile(lambda row: all(isinstance(value, int) for value in row), rows))
            if not good:
                raise SessionFileError(f"{self.path}: damaged (row {rows[0][0]} holds what is no number)") from None
            return _columns_of(good)

    def all_records(self) -> Iterator[Records]:
        """All records in the order of their arrival, in chunks, so that memory does not grow with the file."""
        row = 0
        while True:
            chunk, row = self.records(row)
            if not len(chunk):
                return
            yield chunk

    def readings(self, after_ns: int, until_ns: int) -> Iterator[MachineReading]:
        """The machine readings after `after_ns` and up to `until_ns`, oldest first."""
        rows = self._rows(
            "SELECT t_ns, name, value FROM telemetry WHERE t_ns > ? AND t_ns <= ? ORDER BY t_ns", after_ns, until_ns
        )
        for t_ns, named in groupby(rows, itemgetter(0)):
            yield MachineReading(t_ns=t_ns, **{name: value for _, name, value in named if name in READING_NAMES})

    def first_flag_after(self, row: int, t_ns: int, flag: int) -> int | None:
        """Completion time of the first request from `row` on that completed after `t_ns` and has the flag; None without
        one."""
        found = self._row(
            "SELECT done_ns FROM request_rows WHERE n >= ? AND done_ns > ? AND flags & ? ORDER BY n LIMIT 1",
            row, t_ns, flag,
        )  # fmt: skip
        return None if found is None else int(found[0])

    def _rows(self, query: str, *values: int) -> Iterator[Any]:
        try:
            yield from self._db.execute(query, values)
        except sqlite3.DatabaseError as error:
            raise SessionFileError(f"{self.path}: damaged ({error})") from None

    def _row(self, query: str, *values: int) -> Any:
        """The first row; None where there is none."""
        return next(self._rows(query, *values), None)

    def _check_format(self) -> None:
        mark = self._db.execute("PRAGMA application_id").fetchone()[0]
        if mark != schema.APPLICATION_ID:
            raise SessionFileError(f"{self.path}: an SQLite file, but not a session of ovtui")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > schema.VERSION:
            raise SessionFileError(f"{self.path}: written by a newer ovtui (format {version}, this one reads 1)")


def _columns_of(rows: Sequence[Sequence[int]]) -> Ints:
    """[REQUEST_COLUMNS, n] of [n] rows."""
    columns = len(schema.REQUEST_COLUMNS)
    return np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * columns).reshape(-1, columns).T


def _open(path: str) -> sqlite3.Connection:
    """A read-only connection. On read-only media, where SQLite cannot create its shared memory, the file is opened as
    immutable."""
    uri = f"file:{quote(os.fsencode(Path(path).resolve()))}"
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        db = sqlite3.connect(f"{uri}?{mode}", uri=True, isolation_level=None, timeout=2)
        try:
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except UnicodeDecodeError:  # in SQLite's message, which quotes the damaged schema
            db.close()
            raise SessionFileError(f"{path}: damaged (its schema is no text)") from None
        except sqlite3.OperationalError as error:
            db.close()
            reason = str(error)
        except sqlite3.DatabaseError as error:
            db.close()
            raise SessionFileError(f"{path}: not a session file ({error})") from None
        else:
            return db
    raise SessionFileError(f"{path}: cannot be opened ({reason})")
