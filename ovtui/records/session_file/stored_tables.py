"""The tables of a session file: which of them are there, and queries of them that no damage ends in a crash."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ovtui.records.engine_counts import EngineCounts
from ovtui.records.odd_names import restored
from ovtui.records.session_file import schema
from ovtui.records.session_file.damage import Damage
from ovtui.records.session_file.opening import SessionFileError, set_step_limit
from ovtui.records.session_file.versions import newer_text

TABLES = ("meta", "events", "request_rows", "progress", "telemetry")
_NEEDED = {
    "meta": {"key", "value"},
    "events": {"id", "t_ns", "kind", "data"},
    "request_rows": set(schema.REQUEST_COLUMNS) - set(schema.LATER_COLUMNS),
    "progress": {"t_ns", "rows", "submitted", "lost", "shed"},
    "telemetry": {"t_ns", "name", "value"},
}
"""The columns without which a table is not read."""
_LATER = {"engines": {"engine", *EngineCounts.__struct_fields__}}
"""Tables that older versions did not write, with their columns: without one of them such a table is not read."""


class StoredTables:
    """Owner: the reader of the file, and its thread."""

    def __init__(self, path: str, db: sqlite3.Connection, damage: Damage) -> None:
        """Raises SessionFileError where no table is of a recording."""
        self.path, self._db, self.damage = path, db, damage
        self.version = 0
        """Of the format."""
        self.columns: dict[str, set[str]] = {}
        """Of each table that is there and can be read."""
        self.look_at_schema()

    def look_at_schema(self) -> None:
        """Finds the tables that are there. Raises SessionFileError where none is of a recording."""
        mark = self.number("PRAGMA application_id")
        self.version = self.number("PRAGMA user_version") or 0
        found = self._found()
        if mark != schema.APPLICATION_ID and not {"events", "request_rows"} <= found.keys():
            if self.damage:  # all of it is in what cannot be used
                raise SessionFileError(f"{self.path}: damaged: {self.damage.text}; 0 requests could be read")
            raise SessionFileError(f"{self.path}: an SQLite file, but not a session of ovtui")
        self.columns = {name: columns for name, columns in found.items() if name in TABLES or name in _LATER}
        if mark != schema.APPLICATION_ID:
            self.damage.set("the mark of a session of ovtui is missing")
        for name in TABLES:
            if name not in found:
                self.damage.set(f"the table {name} is missing")
        for name, needed in (_NEEDED | _LATER).items():
            lacking = needed - found.get(name, needed)
            if lacking:
                self.damage.set(f"the table {name} lacks {', '.join(sorted(lacking))}")
                del self.columns[name]
        if "engines" not in found and schema.RECORDS_END in self.read_meta():
            self.damage.set("the table engines is missing")
        if not {"events", "request_rows"} & self.columns.keys():
            why = newer_text(self.version, self.read_meta().get("ovtui", ""), 0) or f"damaged: {self.damage.text}"
            raise SessionFileError(f"{self.path}: {why}; 0 requests could be read")

    def _found(self) -> dict[str, set[str]]:
        """The columns of each table that lies in the file: no view and nothing virtual, which could compute for
        ever."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        try:
            names = {name for (name,) in self.rows(query)}
        except SessionFileError:  # a description that cannot be understood; with this SQLite passes over it
            self.damage.set("its schema is damaged")
            self._db.execute("PRAGMA writable_schema = ON")
            try:
                names = {name for (name,) in self.rows(query)}
            except SessionFileError as error:
                raise SessionFileError(f"{error}; 0 requests could be read") from None
        found = {}
        for name in names & {*TABLES, *_LATER}:
            with contextlib.suppress(SessionFileError):
                columns = {str(row[1]) for row in self.rows(f"PRAGMA table_info({name})")}
                if columns:
                    found[name] = columns
        return found

    def read_meta(self) -> dict[str, str]:
        rows = self.rows_until_damage("meta", "SELECT key, value FROM meta LIMIT 1000")
        return {key: restored(_shown(value)) for key, value in rows if isinstance(key, str) and isinstance(value, str)}

    @property
    def file_bytes(self) -> int:
        with contextlib.suppress(OSError):
            return Path(self.path).stat().st_size
        return 0

    # SQL

    def rows(self, query: str, *values: int) -> Iterator[Any]:
        """Raises SessionFileError."""
        try:
            set_step_limit(self._db, self.file_bytes)
            yield from self._db.execute(query, values)
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
            raise SessionFileError(f"{self.path}: damaged ({_reason(error)})") from None

    def rows_until_damage(self, table: str, query: str, *values: int) -> Iterator[Any]:
        """Nothing where the table is not there; ends where it cannot be read on."""
        if table not in self.columns:
            return
        try:
            yield from self.rows(query, *values)
        except SessionFileError:
            self.damage.set(f"the table {table} cannot be read to its end")

    def number_in(self, table: str, query: str, *values: int) -> int | None:
        return self.number(query, *values) if table in self.columns else None

    def number(self, query: str, *values: int) -> int | None:
        """The first value of the first row; None where there is none, or no whole number."""
        try:
            row = next(self.rows(query, *values), None)
        except SessionFileError:
            return None
        return row[0] if row and isinstance(row[0], int) else None


def told_of(error: SessionFileError) -> str:
    """What SQLite said, without the file's name."""
    return str(error).partition(": damaged (")[2].removesuffix(")") or str(error)


def _shown(text: str) -> str:
    """Without what is no UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _reason(error: Exception) -> str:
    return "its pages point in circles, or it is far larger than it says" if "interrupted" in str(error) else str(error)
