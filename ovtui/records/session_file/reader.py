"""Reading of a session file, whether complete, still growing, left by a killed process, or damaged.

What can be read is read, and what cannot is told by `damage`. Only a file that is no recording at all is refused."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from ovtui.records.arrays import Bools, Ints
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import Event
from ovtui.records.machine_readings import READING_NAMES, MachineReading
from ovtui.records.record import Records, empty_records
from ovtui.records.session_file import schema
from ovtui.records.session_file.damage import Damage
from ovtui.records.session_file.opening import (
    SessionFileError,
    check_kind,
    is_recorded_now,
    open_database,
)
from ovtui.records.session_file.request_pages import RequestPages, UnexpectedPage
from ovtui.records.session_file.stored_counts import (
    MOST_BEHIND,
    MOST_INT,
    are_counts,
    can_be_engine,
    can_be_progress,
    most_within,
)
from ovtui.records.session_file.stored_events import StoredEvents
from ovtui.records.session_file.stored_rows import LATEST_NS, columns_of, records_of, sound
from ovtui.records.session_file.stored_tables import StoredTables, told_of
from ovtui.records.session_file.versions import newer_text
from ovtui.records.session_file.writer import MIN_LIMIT_BYTES, RecordingProgress
from ovtui.records.source import LossCounts

__all__ = ["CHUNK_ROWS", "SessionFileError", "SessionReader"]

CHUNK_ROWS = 20_000
"""Rows per read; reading them takes 40 ms through SQLite, 6 ms from the pages of a complete recording."""
MOST_UNNAMED = 64
"""Segments without an event. Each has figures of its own, so that rows of damaged numbers would take all memory."""
_SLACK_NS = 3_600_000_000_000
"""By how much a time may exceed the end that the tables agree on."""
_BAD_ROWS = "# request holds what no request can|# requests hold what no request can"


class SessionReader:
    """Owner: one thread."""

    def __init__(self, path: str) -> None:
        """Raises SessionFileError."""
        check_kind(path)
        self.path = path
        self.recorded_now = is_recorded_now(path)
        """A program recorded into the file when it was opened."""
        self.damage = Damage()
        self._db, missing = open_database(path)
        if missing:
            self.damage.set(missing)
        self._disorder_row = MOST_INT
        """From this row on rows are not in their order."""
        self._checked_row = 0
        """Rows before this one were looked at: what is bad in them is counted."""
        self._pages: RequestPages | None = None
        """None where SQLite has to read the requests."""
        try:
            self._tables = StoredTables(path, self._db, self.damage)
            self._rows = self._tables.rows
            self.meta: dict[str, str] = self._tables.read_meta()
            self._last_ns = self._find_last_ns()
        except SessionFileError:
            self.close()
            raise
        present = self._tables.columns.get("request_rows", set())
        self.has_lag_detail = "copy_ns" in present
        """True when records tell whether a request waited for an idle infer request, and how long the filling in of its
        input took: the flag QUEUED and this column were added together."""
        self._select = schema.select_requests(present)
        with contextlib.suppress(UnexpectedPage):
            self._pages = RequestPages(path, self._db, schema.REQUEST_COLUMNS, schema.LATER_COLUMNS)
        self._stored = StoredEvents(self.damage, self._last_ns)
        self._events_read = False
        self._unnamed: set[int] = set()
        """Segments of requests that no event names."""

    def close(self) -> None:
        self._db.close()
        if self._pages is not None:
            self._pages.close()
            self._pages = None

    @property
    def unknown_events(self) -> int:
        """Number of events that a newer ovtui wrote, left out or without what is new in them."""
        return self._stored.unknown

    @property
    def closed(self) -> bool:
        """The program that recorded has closed the file in order: it needs no WAL."""
        return bool(next(self._rows("PRAGMA journal_mode"), ("",))[0] == "delete")

    @property
    def of_newer_format(self) -> bool:
        """Its format is newer than the one that this ovtui knows, so that it may misread it."""
        return self._tables.version > schema.VERSION

    @property
    def newer(self) -> str:
        """One sentence where a newer ovtui wrote what this one does not know; known once the events were read."""
        written_by = self.meta.get("ovtui", "") or (self._stored.session.ovtui if self._stored.session else "")
        return newer_text(self._tables.version, written_by, self.unknown_events)

    def events(self, after_id: int = 0) -> Iterator[tuple[int, Event]]:
        """(id, event) in the order of the log, up to where the table is damaged. The first whole pass counts what
        cannot be read."""
        stored = StoredEvents(self.damage if not self._events_read else Damage(), self._last_ns)
        last = after_id
        query = "SELECT id, kind, data FROM events WHERE id > ? ORDER BY id"
        for number, kind, data in self._tables.rows_until_damage("events", query, after_id):
            if not isinstance(number, int) or number <= last:
                self.damage.set("the table events is in no order")
                break
            last = number
            for event in stored.decode(kind, data):
                yield number, event
        if not self._events_read:
            self._stored, self._events_read = stored, True

    @property
    def first_row(self) -> int:
        """The oldest row that is kept. It equals the number of rows that retention has deleted."""
        first = self._tables.number_in("request_rows", "SELECT n FROM request_rows ORDER BY n LIMIT 1")
        if first is not None and first > most_within(self._last_ns) + MOST_BEHIND:  # a damaged number
            return 0
        return self.end_row if first is None else max(min(first, self.end_row), 0)

    @property
    def end_row(self) -> int:
        """The number after the newest row, by the counts of the recorder, or where these are not to be believed by the
        rows."""
        if "request_rows" not in self._tables.columns:
            return 0
        told = self._tables.number_in("progress", "SELECT max(rows) FROM progress") or 0
        try:
            last = next(self._rows("SELECT n FROM request_rows ORDER BY n DESC LIMIT 1"), (None,))[0]
        except SessionFileError:  # damaged: `records` will say where
            return max(told, 1)
        last = last if isinstance(last, int) else None
        if last is None and self._tables.file_bytes >= MIN_LIMIT_BYTES // 2:
            return max(told, 0)  # log lines may have taken the place of all requests
        there = 0 if last is None or not 0 <= last < MOST_INT else last + 1
        if told > there and not self.recorded_now:
            self.damage.set(f"of {told:,} requests that were recorded only {there:,} are in the file")
        return max(told, there) if self.recorded_now else there

    @property
    def end_ns(self) -> int:
        """Session time of the end of the recording."""
        return max((t_ns for t_ns in self._ends() if t_ns <= self._last_ns), default=0)

    def progress_at(self, t_ns: int) -> RecordingProgress:
        """The progress of the recording at this session time."""
        query = "SELECT t_ns, rows, submitted, lost, shed FROM progress WHERE t_ns <= ? ORDER BY t_ns DESC LIMIT 50"
        for row in self._tables.rows_until_damage("progress", query, t_ns):
            if self._can_be_progress(row):
                return RecordingProgress(*row)
        return RecordingProgress(0, 0, 0, 0)

    def _can_be_progress(self, row: tuple[Any, ...]) -> bool:
        return are_counts(row) and can_be_progress(*row, as_read="engines" in self._tables.columns)

    def engine_counts(self) -> dict[int, EngineCounts] | None:
        """What the engines had counted when the recording was last written, by number. None in files of older
        versions, which lack that table, and where it is damaged. After the events, which tell of the engines."""
        if "engines" not in self._tables.columns:
            return None
        names = EngineCounts.__struct_fields__
        found: dict[int, EngineCounts] = {}
        until_ns = LATEST_NS if self.recorded_now else self.end_ns
        for number, *row in self._tables.rows_until_damage(
            "engines", f"SELECT engine, {', '.join(names)} FROM engines"
        ):
            if not isinstance(number, int) or number not in self._stored.engines:
                self.damage.set("there are counts of engines that never started")
                continue
            counts = EngineCounts(**dict(zip(names, row, strict=True)))
            if number in found or not can_be_engine(counts, until_ns, self._stored.most_waiting):
                self.damage.set("counts of engines are no counts")
                return None
            found[number] = counts
        return found

    def counts(self, after_ns: int, until_ns: int) -> list[LossCounts]:
        """The lost, shed and submitted counts after `after_ns` and up to `until_ns`, oldest first."""
        query = "SELECT t_ns, rows, submitted, lost, shed FROM progress WHERE t_ns > ? AND t_ns <= ? ORDER BY t_ns"
        found: list[LossCounts] = []
        for row in self._tables.rows_until_damage("progress", query, after_ns, until_ns):
            if not self._can_be_progress(row):
                self.damage.set("counts of the recorder are no counts")
                continue
            t_ns, _, submitted, lost, shed = row
            if found and t_ns <= found[-1].t_ns:
                self.damage.set("the table progress is in no order")
                break
            found.append(LossCounts(t_ns, lost, shed, submitted))
        return found

    def records(self, first: int, limit: int = CHUNK_ROWS) -> tuple[Records, int]:
        """The records of at most `limit` rows from row `first` on, and the row to continue from: `first` at the end.
        Rows that can be no request are left out. Raises SessionFileError where the file is damaged."""
        while True:
            values, left_out, following = self._values(first, limit)
            if following == first:
                return empty_records(), first
            good = sound(values, self._last_ns)
            if self._events_read:
                good &= self._in_known_segments(values)
            bad = left_out + int(np.count_nonzero(~good))
            if bad and following > self._checked_row:
                self.damage.add(_BAD_ROWS, bad)
            self._checked_row = max(self._checked_row, following)
            if good.any():
                return records_of(values if good.all() else values[:, good]), following
            first = following

    def _in_known_segments(self, values: Ints) -> Bools:
        """[n]: without those beyond the first MOST_UNNAMED segments that no event names: each has figures of its
        own."""
        segments = values[schema.REQUEST_COLUMNS.index("segment")]
        for segment in set(np.unique(segments).tolist()) - self._stored.segments - self._unnamed:
            if len(self._unnamed) < MOST_UNNAMED:
                self._unnamed.add(segment)
        known = np.fromiter(self._stored.segments | self._unnamed, np.int64)
        return np.isin(segments, known)

    def _values(self, first: int, limit: int) -> tuple[Ints, int, int]:
        """[REQUEST_COLUMNS, n] of at most `limit` rows from row `first` on, how many hold no numbers, and the row to
        continue from."""
        none = np.zeros((len(schema.REQUEST_COLUMNS), 0), np.int64)
        if self._pages is not None:
            try:
                values = self._pages.rows(first, limit)
                return values, 0, int(values[0, -1]) + 1 if values.size else first
            except (UnexpectedPage, OSError):
                self._pages.close()
                self._pages = None
        if "request_rows" not in self._tables.columns:
            return none, 0, first
        rows: list[Any] = []
        following = first
        try:
            for row in self._rows(self._select, first, limit):
                if not isinstance(row[0], int) or not following <= row[0] < MOST_INT:
                    self._disorder_row = min(following, self._disorder_row)
                if following >= self._disorder_row:
                    raise SessionFileError(f"{self.path}: damaged (rows come twice, or in no order)")
                following = row[0] + 1
                rows.append(row)
        except SessionFileError:
            if not rows:  # rows before the damage are returned first
                raise
        values, left_out = columns_of(rows)
        return values, left_out, following

    def all_records(self) -> Iterator[Records]:
        """All records in the order of their arrival, in chunks, so that memory does not grow with the file. Raises
        SessionFileError where any of them cannot be read."""
        yield from self.readable_records()
        _ = self.end_row  # which counts what is missing
        if self.damage:
            raise SessionFileError(f"{self.path}: damaged: {self.damage.text}")

    def readable_records(self) -> Iterator[Records]:
        """Those of all_records that can be read, up to where the file is damaged."""
        row = 0
        while True:
            try:
                chunk, row = self.records(row)
            except SessionFileError as error:
                self.damage.set(f"the requests from number {row:,} on cannot be read ({told_of(error)})")
                return
            if not len(chunk):
                return
            yield chunk

    def readings(self, after_ns: int, until_ns: int) -> Iterator[MachineReading]:
        """The machine readings after `after_ns` and up to `until_ns`, oldest first."""
        query = "SELECT t_ns, name, value FROM telemetry WHERE t_ns > ? AND t_ns <= ? ORDER BY t_ns"
        rows = self._tables.rows_until_damage("telemetry", query, after_ns, until_ns)
        last = after_ns
        for t_ns, named in groupby(rows, itemgetter(0)):
            known = {name: value for _, name, value in named if name in READING_NAMES}
            if not known:
                continue  # all of them of a newer version
            values = {name: value for name, value in known.items() if _is_reading(value)}
            if not isinstance(t_ns, int) or not values:
                self.damage.set("readings of the machine are no numbers")
                continue
            if t_ns <= last:
                self.damage.set("the table telemetry is in no order")
                break
            last = t_ns
            yield MachineReading(t_ns=t_ns, **values)

    def first_flag_after(self, row: int, t_ns: int, flag: int) -> int | None:
        """Completion time of the first request from `row` on that completed after `t_ns` and has the flag; None without
        one."""
        return self._tables.number_in(
            "request_rows",
            "SELECT done_ns FROM request_rows WHERE n >= ? AND done_ns > ? AND done_ns <= ? AND flags & ? "
            "ORDER BY n LIMIT 1",
            row, t_ns, self._last_ns, flag,
        )  # fmt: skip

    # The file as a whole

    def _ends(self) -> list[int]:
        """The newest times that the tables know."""
        found = [
            self._tables.number_in(table, f"SELECT {column} FROM {table} {order}")
            for table, column, order in (
                ("progress", "t_ns", "ORDER BY t_ns DESC LIMIT 1"),
                ("events", "max(t_ns)", ""),
                ("request_rows", "done_ns", "ORDER BY n DESC LIMIT 1"),
                ("telemetry", "t_ns", "ORDER BY t_ns DESC LIMIT 1"),
            )
        ]
        return [t_ns for t_ns in found if t_ns is not None and 0 <= t_ns <= LATEST_NS]

    def _find_last_ns(self) -> int:
        """What lies later is no time of this session: a damaged number can name a year. Each transaction notes its
        time, so that two tables agree on the end of the session."""
        if self.recorded_now:
            return LATEST_NS
        latest = sorted(self._ends())[-2:]
        return min(latest[0] + _SLACK_NS, LATEST_NS) if latest else LATEST_NS


def _is_reading(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)
