"""A copy of a recording for somebody else: with its texts changed, and where it is large of its last part alone.

The copy is cut as the recorder itself makes room: the oldest requests go, and the log lines, readings and progress of
their time. Row numbers stay, so that readers see how many went. The source is only read, in one transaction: a session
may be recording into it. What of a damaged file cannot be read is left out and told."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ovtui.records.events import Event
from ovtui.records.odd_names import carried, each_text, from_json, restored, to_json
from ovtui.records.session_file import schema
from ovtui.records.session_file.damage import Damage
from ovtui.records.session_file.ending import ENDED_NS, STOPPED_BECAUSE
from ovtui.records.session_file.opening import check_kind, is_recorded_now, open_database
from ovtui.records.session_file.stored_events import KINDS
from ovtui.records.session_file.stored_tables import StoredTables
from ovtui.settings.shown_text import encodable

COPIED_WHILE_RECORDED = "it was copied while it was recorded"
_ROW_BYTES = 48
"""Of a request, as the recorder reckons it."""
_OTHER_BYTES = {"events": 64, "telemetry": 48, "progress": 40}
"""Of a row of these tables beside its data."""
_TIMED = (("events", "kind = 'log'"), ("telemetry", "1"), ("progress", "1"))
"""What goes with the requests of its time."""
_ROWS_TOGETHER = 5_000
_TRIES = 6
_SPARE = 0.9
"""Of the limit: pages are not full."""

Change = Callable[[Any], Any]
"""Of a text, or of JSON as Python has it."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What was copied."""

    rows: int
    first_row: int
    """The number of the oldest request; those before it are in no copy."""
    left_out_rows: int
    """Requests of the source that the copy leaves out."""
    from_ns: int | None
    """On the session clock: when the oldest request of a cut copy had come back; None where it is whole."""
    until_ns: int
    """When the newest request had come back; 0 without requests."""
    live: bool
    """It was being recorded."""
    damage: str
    """What could not be read, in a few words; empty where all could."""
    lost_events: int
    """Events that are left out since they could not be freed of names and stay what they are."""


def write_excerpt(path: str, target: Path, limit_bytes: int, change: Change) -> Excerpt:
    """`change` gets each free text of the recording, events as JSON. `target` must not exist. Raises SessionFileError
    where `path` is no recording, OSError where the copy cannot be written."""
    check_kind(path)
    live = is_recorded_now(path)
    damage = Damage()
    db, missing = open_database(path)
    try:
        if missing:
            damage.set(missing)
        with contextlib.suppress(sqlite3.Error):
            db.execute("BEGIN")
        tables = StoredTables(path, db, damage)
        return _Copy(tables, damage, target, change, live=live).write(limit_bytes)
    except sqlite3.Error as error:
        raise OSError(f"the copy of the recording cannot be written: {error}") from None
    finally:
        db.close()


class _Copy:
    def __init__(self, source: StoredTables, damage: Damage, target: Path, change: Change, *, live: bool) -> None:
        self._source, self._damage, self._change, self._live = source, damage, change, live
        self._decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
        self._lost_events = 0
        self._db = sqlite3.connect(target, isolation_level=None)

    def write(self, limit_bytes: int) -> Excerpt:
        try:
            for pragma in ("synchronous = OFF", "temp_store = MEMORY", f"application_id = {schema.APPLICATION_ID}",
                           f"user_version = {self._source.version or schema.VERSION}"):  # fmt: skip
                self._db.execute(f"PRAGMA {pragma}")
            self._db.execute("BEGIN")
            self._make_tables()
            first = self._first_row(limit_bytes)
            before_ns = self._done_ns(first) if first > self._oldest else None
            before_ns = self._log_from(limit_bytes, before_ns)
            rows = self._copy_all(first, before_ns)
            self._db.execute("COMMIT")
        finally:
            self._db.close()
        left_out = first - self._oldest
        return Excerpt(
            rows, first, left_out, before_ns, self._until_ns, self._live, self._damage.text, self._lost_events
        )

    def _make_tables(self) -> None:
        """With the columns that the source has: readers tell by them what an older ovtui did not record."""
        columns = self._source.columns
        lacking = [name for name in schema.LATER_COLUMNS if name not in columns.get("request_rows", ())]
        for statement in schema.CREATE.split(";"):
            kind, _, rest = statement.strip().partition(" ")
            name = rest.split(" ")[1] if rest else ""
            if kind != "CREATE" or (rest.startswith("TABLE") and name not in columns):
                continue
            if rest.startswith("VIEW") and (lacking or not {"request_rows", "events"} <= columns.keys()):
                continue
            if name == "request_rows":
                for column in lacking:
                    statement = statement.replace(f", {column} INTEGER", "").replace(f",\n    {column} INTEGER", "")
            self._db.execute(statement)

    # How much

    def _first_row(self, limit_bytes: int) -> int:
        """The oldest request to copy."""
        oldest = self._number("request_rows", "SELECT n FROM request_rows ORDER BY n LIMIT 1") or 0
        newest = self._number("request_rows", "SELECT n FROM request_rows ORDER BY n DESC LIMIT 1")
        self._until_ns = 0 if newest is None else self._done_ns(newest) or 0
        end = oldest if newest is None else newest + 1
        self._oldest = oldest
        room = limit_bytes * _SPARE - self._bytes_of("events", "kind != 'log'")
        first = oldest
        for _ in range(_TRIES):
            since_ns = self._done_ns(first) if first > oldest else 0
            others = sum(self._bytes_of(table, f"{where} AND t_ns >= {since_ns or 0}") for table, where in _TIMED)
            taken = (end - first) * _ROW_BYTES + others
            if taken <= room or first >= end:
                break
            kept = int((end - first) * max(room, 0) / taken)
            first = max(end - kept, first + 1)
        return first

    def _log_from(self, limit_bytes: int, before_ns: int | None) -> int | None:
        """`before_ns`, or later where log lines alone are more than the limit."""
        lines = f"kind = 'log' AND t_ns >= {before_ns or 0}"
        taken = self._bytes_of("events", lines)
        number = self._number("events", f"SELECT count(*) FROM events WHERE {lines}") or 0
        if taken <= limit_bytes or not number:
            return before_ns
        kept = int(number * limit_bytes * _SPARE / taken)
        query = "SELECT t_ns FROM events WHERE kind = 'log' ORDER BY id DESC LIMIT 1 OFFSET ?"
        return self._source.number_in("events", query, kept) or before_ns

    def _bytes_of(self, table: str, where: str) -> int:
        size = "length(data)" if table == "events" else "0"
        query = f"SELECT coalesce(sum({size} + {_OTHER_BYTES[table]}), 0) FROM {table} WHERE {where}"
        return self._number(table, query) or 0

    def _done_ns(self, row: int) -> int | None:
        return self._source.number_in(
            "request_rows", "SELECT done_ns FROM request_rows WHERE n >= ? ORDER BY n LIMIT 1", row
        )

    def _number(self, table: str, query: str) -> int | None:
        return self._source.number_in(table, query)

    # Tables

    def _copy_all(self, first: int, before_ns: int | None) -> int:
        since = f"t_ns >= {before_ns}" if before_ns is not None else "1"
        self._insert("meta", ("key", "value"), self._meta())
        self._insert("events", ("id", "t_ns", "kind", "engine", "data"), self._events(since))
        names = self._names("request_rows")
        rows = self._insert("request_rows", names, self._rows("request_rows", names, f"n >= {first} ORDER BY n"))
        for table, where in (
            ("progress", f"{since} ORDER BY t_ns"),
            ("telemetry", f"{since} ORDER BY t_ns"),
            ("engines", "1"),
        ):
            names = self._names(table)
            self._insert(table, names, self._rows(table, names, where))
        return rows

    def _names(self, table: str) -> tuple[str, ...]:
        """Of the columns that both have, in the copy's order."""
        there = self._source.columns.get(table, set())
        return tuple(row[1] for row in self._db.execute(f"PRAGMA table_info({table})") if row[1] in there)

    def _rows(self, table: str, names: tuple[str, ...], where: str) -> Iterator[tuple[Any, ...]]:
        if names:
            for row in self._source.rows_until_damage(table, f"SELECT {', '.join(names)} FROM {table} WHERE {where}"):
                yield tuple(map(self._plain, row))

    def _plain(self, value: Any) -> Any:
        """No recorder writes bytes."""
        if isinstance(value, str):
            return encodable(self._change(value))
        return None if isinstance(value, bytes) else value

    def _meta(self) -> Iterator[tuple[str, str]]:
        found = self._source.read_meta()
        if self._live and not found.get(ENDED_NS):
            found[STOPPED_BECAUSE] = COPIED_WHILE_RECORDED
        for key, value in found.items():
            yield encodable(self._change(key)), carried(self._change(value))

    def _events(self, since: str) -> Iterator[tuple[Any, ...]]:
        names = [
            name for name in ("id", "t_ns", "kind", "engine", "data") if name in self._source.columns.get("events", ())
        ]
        query = f"SELECT {', '.join(names)} FROM events WHERE kind != 'log' OR {since} ORDER BY id"
        for row in self._source.rows_until_damage("events", query):
            event = {"engine": None, **dict(zip(names, row, strict=True))}
            data = self._changed_event(event["kind"], event["data"]) if isinstance(event["data"], str) else None
            if data is None:
                self._lost_events += 1
            else:
                kind = event["kind"] if event["kind"] in KINDS else self._plain(event["kind"])
                yield self._plain(event["id"]), self._plain(event["t_ns"]), kind, self._plain(event["engine"]), data

    def _changed_event(self, kind: Any, data: Any) -> str | None:
        """None for what is no JSON, and for an event that would be none any more."""
        try:
            fields = each_text(msgspec.json.decode(data), restored)
            changed = self._change(fields)
            if kind in KINDS and isinstance(changed, dict):
                changed["kind"] = kind
            if changed == fields:
                return str(data)
            made = to_json(changed).decode()
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            return None
        return made if self._is_event(made) or not self._is_event(data) else None

    def _is_event(self, data: str) -> bool:
        try:
            from_json(self._decoder, data)
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            return False
        return True

    def _insert(self, table: str, names: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> int:
        """How many there were. A row of a damaged file that the table does not take is left out and told."""
        if table not in self._source.columns:
            return 0
        query = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        number = 0
        while part := list(islice(rows, _ROWS_TOGETHER)):
            number += len(part)
            self._db.execute("SAVEPOINT part")
            try:
                self._db.executemany(query, part)
            except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeError, OverflowError):
                self._db.execute("ROLLBACK TO part")
                number -= sum(not self._takes(query, row) for row in part)
            self._db.execute("RELEASE part")
        return number

    def _takes(self, query: str, row: tuple[Any, ...]) -> bool:
        try:
            self._db.execute(query, row)
        except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeError, OverflowError):
            self._damage.add("# row is none of its table|# rows are none of their table")
            return False
        return True
