"""The session file's SQL. docs/session-file.md is its description for people; a change here is a change there.

Requests are kept relative to their row number and to their completion time, and `requests` is a view that gives the
record's own fields: 41 bytes a request where the plain columns take 58 (tests/benchmarks/recorder.py)."""

from __future__ import annotations

from collections.abc import Collection

APPLICATION_ID = 0x6F767475
"""'ovtu', in the file's header: what tells a session file from any other SQLite file."""
VERSION = 1
"""In user_version. Raised when a reader of the version before would misread the file."""

CREATE = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, kind TEXT NOT NULL, engine INTEGER, data TEXT NOT NULL);
CREATE TABLE request_rows (
    n INTEGER PRIMARY KEY, seq_less_n INTEGER, order_less_n INTEGER, done_ns INTEGER, service_ns INTEGER,
    wait_ns INTEGER, infer_ns INTEGER, batch_id INTEGER, request INTEGER, batch_size INTEGER, segment INTEGER,
    flags INTEGER, device INTEGER, copy_ns INTEGER);
CREATE TABLE progress (
    t_ns INTEGER PRIMARY KEY, rows INTEGER NOT NULL, submitted INTEGER NOT NULL, lost INTEGER NOT NULL,
    shed INTEGER NOT NULL);
CREATE TABLE telemetry (
    t_ns INTEGER NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (t_ns, name)) WITHOUT ROWID;
CREATE VIEW requests AS SELECT
    n, n + seq_less_n AS seq, n + order_less_n AS "order", done_ns - service_ns - wait_ns AS due_ns,
    done_ns - service_ns AS submit_ns, done_ns, infer_ns / 1000.0 AS infer_us, batch_id, request, batch_size, segment,
    flags, device, coalesce(copy_ns, 0) / 1000.0 AS copy_us
    FROM request_rows;
CREATE VIEW segments AS SELECT
    json_extract(data, '$.segment') AS segment, engine, t_ns, json_extract(data, '$.first_seq') AS first_seq,
    json_extract(data, '$.nireq') AS nireq, json_extract(data, '$.changes') AS changes,
    json_extract(data, '$.settings') AS settings
    FROM events WHERE kind = 'segment';
"""

INSERT_EVENT = "INSERT INTO events (t_ns, kind, engine, data) VALUES (?, ?, ?, ?)"

INSERT_READING = "INSERT OR REPLACE INTO telemetry VALUES (?, ?, ?)"

INSERT_REQUEST = """
INSERT INTO request_rows VALUES (
    ?1, ?2 - ?1, ?3 - ?1, ?6, ?6 - ?5, ?5 - ?4, CAST(?7 * 1000 + 0.5 AS INTEGER), ?8, ?9, ?10, ?11, ?12, ?13,
    NULLIF(CAST(?14 * 1000 + 0.5 AS INTEGER), 0))
"""
"""Parameters: n, then the record's fields in RECORD's order. The arithmetic is SQLite's: the host has no numpy."""

INSERT_PROGRESS = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)"

_FIRST_COLUMNS = (
    "n", "seq_less_n", "order_less_n", "done_ns", "service_ns", "wait_ns", "infer_ns", "batch_id", "request",
    "batch_size", "segment", "flags", "device",
)  # fmt: skip
_LATER_COLUMNS = ("copy_ns",)
"""Files of before ovtui kept them have none; NULL is 0."""
REQUEST_COLUMNS = len(_FIRST_COLUMNS) + len(_LATER_COLUMNS)


def select_requests(present: Collection[str]) -> str:
    """All columns, those of a later time 0 where they are not among the ones that the file has `present`. Parameters:
    the first n, and how many rows at most."""
    later = (f"coalesce({name}, 0)" if name in present else "0" for name in _LATER_COLUMNS)
    return f"SELECT {', '.join((*_FIRST_COLUMNS, *later))} FROM request_rows WHERE n >= ? ORDER BY n LIMIT ?"
