"""Writing of a session file: SQLite in WAL mode, so that committed data survives a kill -9 of any process.

No numpy here, as in everything that the host imports."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

import msgspec

from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import Event
from ovtui.records.machine_readings import MachineReading
from ovtui.records.odd_names import carried, to_json
from ovtui.records.ring.ring_memory import RECORD_BYTES, RECORD_STRUCT
from ovtui.records.session_file import schema
from ovtui.records.session_file.claim import claim_file, remove_claimed

MIN_LIMIT_BYTES = 4 << 20
"""Three of the largest transactions fit in it."""
_ROW_BYTES = 48
"""Upper estimate of a row, used to make room; a row takes about 40."""
_SMALL_ROW_BYTES = 32
"""Lower estimate of a row, used to decide how many to delete."""
_EVENT_BYTES = 48
"""Overhead of an event beside its data."""
_READINGS_BYTES = 1200
"""One reading of all names."""
_INSERT_TOGETHER, _INSERT_ONE = schema.insert_requests(schema.ROWS_TOGETHER), schema.insert_requests(1)
_TOGETHER_STRUCT = struct.Struct("<" + RECORD_STRUCT.format.removeprefix("<") * schema.ROWS_TOGETHER)
_CACHE_KIB = 512
"""Of SQLite's pages. By default 2 MB fill up in the first 20 minutes, and nothing of it is read again: at 50,000
requests/s writing takes as long with a quarter of that."""
_BUSY_TIMEOUT_S = 0.5
"""Time to wait for another program that locks the file. The ring holds 5 s at the highest rate."""


@dataclass(frozen=True, slots=True)
class RecordingProgress:
    """The progress of a recording. Counts are from the session's start."""

    t_ns: int
    rows: int
    """Records received, including those that retention has deleted; also the number of the next row."""
    submitted: int
    lost: int
    """Records overwritten in the ring before they could be written."""
    shed: int = 0
    """Requests that were due and never sent."""


class SessionWriter:
    """Owner: the thread that created it, which sqlite3 enforces."""

    def __init__(
        self, path: str, meta: Mapping[str, str], limit_bytes: int, *, checkpoints_elsewhere: bool = False
    ) -> None:
        """Creates the file, which must not exist yet. Raises OSError or sqlite3.Error.

        A transaction only appends to the WAL and does not wait for the disk. The checkpoint, which moves the WAL into
        the file, does wait. With `checkpoints_elsewhere` a Checkpointer does that."""
        self._claim = claim_file(path)
        """Open as long as the file is written, with a lock on it that tells readers so. Closed after SQLite's
        connection: closing any descriptor of a file drops the locks that SQLite has."""
        self.path = path
        self._limit_bytes = max(limit_bytes, MIN_LIMIT_BYTES)
        self._first = 0
        """The oldest row that is kept."""
        self.rows = 0
        self._db = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
        try:
            self._create(meta, checkpoints_elsewhere=checkpoints_elsewhere)
        except BaseException:  # what is no recording is not left for one
            self._db.close()
            remove_claimed(path, self._claim)
            os.close(self._claim)
            raise
        self._page_bytes = self._pragma("page_size")

    def _create(self, meta: Mapping[str, str], *, checkpoints_elsewhere: bool) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        # A power failure may lose the last transactions, but does not corrupt the file.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        if checkpoints_elsewhere:
            self._db.execute("PRAGMA wal_autocheckpoint = 0")
        self._db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version = {schema.VERSION}")
        self._db.executescript(schema.CREATE)
        self._db.executemany("INSERT INTO meta VALUES (?, ?)", ((name, carried(text)) for name, text in meta.items()))

    def write(
        self,
        events: Sequence[Event],
        batches: Sequence[bytes | bytearray],
        progress: RecordingProgress,
        readings: Sequence[MachineReading] = (),
        engines: Mapping[int, EngineCounts] = MappingProxyType({}),
    ) -> None:
        """Writes events, records (packed as in the ring), readings, the counts of engines and progress in one
        transaction. `progress.rows` is
        ignored and the actual row number written. Raises sqlite3.Error, and then nothing was written."""
        rows = self.rows
        self._db.execute("BEGIN")
        try:
            event_rows = list(map(self._event_row, events))
            first = self._make_room(
                sum(len(batch) for batch in batches) // RECORD_BYTES * _ROW_BYTES
                + sum(len(row[-1]) + _EVENT_BYTES for row in event_rows)
                + len(readings) * _READINGS_BYTES,
                progress.t_ns,
            )
            self._db.executemany(schema.INSERT_EVENT, event_rows)
            self._db.executemany(
                schema.INSERT_READING, ((read.t_ns, *named) for read in readings for named in read.values().items())
            )
            self._db.executemany(
                schema.INSERT_COUNTS, ((number, *msgspec.structs.astuple(each)) for number, each in engines.items())
            )
            for batch in batches:
                rows = self._insert_requests(batch, rows)
            self._db.execute(
                schema.INSERT_PROGRESS,
                (progress.t_ns, rows, progress.submitted, progress.lost, progress.shed),
            )
            self._db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # SQLite rolls back on its own when the disk is full
                self._db.execute("ROLLBACK")
            raise
        self.rows, self._first = rows, first

    def note(self, key: str, value: str) -> None:
        """Writes into `meta`. Raises sqlite3.Error."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Closes the file so that it can be opened from read-only media too. If another program is reading it, the WAL
        stays beside it, and nothing is lost."""
        with contextlib.suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.execute("PRAGMA journal_mode = DELETE")
        with contextlib.suppress(sqlite3.Error):
            self._db.close()
        os.close(self._claim)

    def _insert_requests(self, batch: bytes | bytearray, first: int) -> int:
        """Inserts packed records as rows from `first` on; returns the number of the next row."""
        whole = len(batch) - len(batch) % _TOGETHER_STRUCT.size
        parts = memoryview(batch)
        for form, layout, part in (
            (_INSERT_TOGETHER, _TOGETHER_STRUCT, parts[:whole]),
            (_INSERT_ONE, RECORD_STRUCT, parts[whole:]),
        ):
            step = layout.size // RECORD_BYTES
            numbered = zip(count(first, step), layout.iter_unpack(part), strict=False)
            self._db.executemany(form, ((n, *fields) for n, fields in numbered))
            first += len(part) // RECORD_BYTES
        return first

    def _event_row(self, event: Event) -> tuple[int, str, int | None, str]:
        kind = str(type(event).__struct_config__.tag)
        return event.t_ns, kind, getattr(event, "engine", None), to_json(event).decode()

    def _make_room(self, coming_bytes: int, now_ns: int) -> int:
        """Makes room for `coming_bytes` and returns the oldest row kept. It deletes twice as many of the oldest
        requests as needed, so that this does not happen for every batch, and the log lines, readings and progress of
        the same time. SQLite reuses the freed pages, so that the file does not grow."""
        used = (self._pragma("page_count") - self._pragma("freelist_count")) * self._page_bytes
        over = used + coming_bytes - self._limit_bytes
        if over <= 0 or coming_bytes == 0:
            return self._first
        first = min(self._first + 2 * over // _SMALL_ROW_BYTES + 1, self.rows)
        self._db.execute("DELETE FROM request_rows WHERE n < ?", (first,))
        oldest = self._db.execute("SELECT done_ns FROM request_rows ORDER BY n LIMIT 1").fetchone()
        before_ns = now_ns if oldest is None else int(oldest[0])
        for table in ("events WHERE kind = 'log' AND", "telemetry WHERE", "progress WHERE"):
            self._db.execute(f"DELETE FROM {table} t_ns < ?", (before_ns,))
        return first

    def _pragma(self, name: str) -> int:
        value: int = self._db.execute(f"PRAGMA {name}").fetchone()[0]
        return value


class Checkpointer:
    """Moves the WAL into the file periodically, on its own thread and connection. This can take seconds on a busy disk,
    while the writer goes on."""

    INTERVAL_S = 1.0

    def __init__(self, path: str) -> None:
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float) -> None:
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        db = sqlite3.connect(self._path, timeout=0, isolation_level=None)
        while not self._stop.wait(self.INTERVAL_S):
            with contextlib.suppress(sqlite3.Error):  # a full disk, which the writer notices as well
                db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        db.close()
