"""The SQL of the session file. docs/session-file.md describes it for people and has to change with it.

Rows store their values relative to the row number and the completion time, and the view `requests` restores the fields
of the record: 41 bytes a request, against 58 for plain columns (tests/benchmarks/recorder.py)."""

from __future__ import annotations

from collections.abc import Collection

APPLICATION_ID = 0x6F767475
"""'ovtu' in the file's header, which distinguishes a session file from other SQLite files."""
VERSION = 1
"""Stored in user_version. Increased when a reader of the previous version would misread the file."""
RECORDS_END = "records_end"
"""In `meta` from the start of a recording: the recorder will note how it ends, and writes the table of engines."""

CREATE = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, kind TEXT NOT NULL, engine INTEGER, data TEXT NOT NULL);
CREATE TABLE request_rows (
    n INTEGER PRIMARY KEY, seq_less_n INTEGER, order_less_n INTEGER, done_ns INTEGER, service_ns INTEGER,
    wait_ns INTEGER, infer_ns INTEGER, batch_id INTEGER, request INTEGER, batch_size INTEGER, segment INTEGER,
    flags INTEGER, device INTEGER, data_shape INTEGER, copy_ns INTEGER,
    reset_ns INTEGER);
CREATE TABLE progress (
    t_ns INTEGER PRIMARY KEY, rows INTEGER NOT NULL, submitted INTEGER NOT NULL, lost INTEGER NOT NULL,
    shed INTEGER NOT NULL);
CREATE TABLE engines (
    engine INTEGER PRIMARY KEY, t_ns INTEGER NOT NULL, submitted INTEGER NOT NULL, completed INTEGER NOT NULL,
    shed INTEGER NOT NULL, waiting INTEGER NOT NULL, schedule_ns INTEGER, taken_before INTEGER NOT NULL,
    schedule_segment INTEGER NOT NULL, due_limit INTEGER, alive_ns INTEGER NOT NULL);
CREATE TABLE telemetry (
    t_ns INTEGER NOT NULL, name TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (t_ns, name)) WITHOUT ROWID;
CREATE VIEW requests AS SELECT
    n, n + seq_less_n AS seq, n + order_less_n AS "order", done_ns - service_ns - wait_ns AS due_ns,
    done_ns - service_ns AS submit_ns, done_ns, infer_ns / 1000.0 AS infer_us, batch_id, request, batch_size, segment,
    flags, device, coalesce(data_shape, 0) AS data_shape, coalesce(copy_ns, 0) / 1000.0 AS copy_us,
    coalesce(reset_ns, 0) / 1000.0 AS reset_us
    FROM request_rows;
CREATE VIEW completions AS SELECT
    n, seq, row_number() OVER (ORDER BY done_ns, seq) - 1 AS completion,
    CASE WHEN seq < max(seq) OVER (
        ORDER BY together_ns, seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) THEN 1 ELSE 0 END AS overtaken
    FROM (SELECT n, seq, done_ns, CASE WHEN batch_id > 0
        THEN min(done_ns) OVER (PARTITION BY segment, batch_id) ELSE done_ns END AS together_ns FROM requests);
CREATE VIEW segments AS SELECT
    CAST(json_extract(data, '$.segment') AS BIGINT) AS segment, engine, t_ns,
    CAST(json_extract(data, '$.first_seq') AS BIGINT) AS first_seq,
    CAST(json_extract(data, '$.nireq') AS BIGINT) AS nireq, json_extract(data, '$.changes') AS changes,
    json_extract(data, '$.settings') AS settings, trim(json_extract(data, '$.api'), '"') AS api
    FROM events WHERE kind = 'segment';
"""
"""DuckDB runs the SELECT of a view itself, and there json_extract gives JSON, in which a text has its quotes and a
number is no number: hence the casts and the trim, which SQLite does not need. `->>` would need SQLite 3.38."""

INSERT_EVENT = "INSERT INTO events (t_ns, kind, engine, data) VALUES (?, ?, ?, ?)"

INSERT_COUNTS = "INSERT OR REPLACE INTO engines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
"""The engine's number, then the fields of EngineCounts in their order."""

INSERT_READING = "INSERT OR REPLACE INTO telemetry VALUES (?, ?, ?)"

_RECORD_FIELDS = (
    "seq", "order", "due_ns", "submit_ns", "done_ns", "infer_us", "batch_id", "request", "batch_size", "segment",
    "flags", "device", "data_shape", "reset_us", "copy_us",
)  # fmt: skip
"""In RECORD's order."""
_ROW = """(
    {n}, {seq} - ({n}), {order} - ({n}), {done_ns}, {done_ns} - {submit_ns}, {submit_ns} - {due_ns},
    CAST({infer_us} * 1000 + 0.5 AS INTEGER), {batch_id}, {request}, {batch_size}, {segment}, {flags}, {device},
    NULLIF({data_shape}, 0), NULLIF(CAST({copy_us} * 1000 + 0.5 AS INTEGER), 0),
    NULLIF(CAST({reset_us} * 1000 + 0.5 AS INTEGER), 0))"""
"""SQLite does the arithmetic, because the host has no numpy."""
ROWS_TOGETHER = 32
"""Rows of one statement: 1.0 us a row, with one row 1.7 us, with 128 rows no less than with 32."""


def insert_requests(rows: int) -> str:
    """The INSERT of this many rows. Its parameters are the first n, then the fields of each row in RECORD's order."""
    width = len(_RECORD_FIELDS)
    values = (
        _ROW.format(n=f"?1 + {row}", **{name: f"?{2 + row * width + i}" for i, name in enumerate(_RECORD_FIELDS)})
        for row in range(rows)
    )
    return f"INSERT INTO request_rows VALUES {', '.join(values)}"


INSERT_PROGRESS = "INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)"

_FIRST_COLUMNS = (
    "n", "seq_less_n", "order_less_n", "done_ns", "service_ns", "wait_ns", "infer_ns", "batch_id", "request",
    "batch_size", "segment", "flags", "device",
)  # fmt: skip
LATER_COLUMNS = ("data_shape", "copy_ns", "reset_ns")
"""Files of older versions lack these columns; NULL is read as 0."""
REQUEST_COLUMNS = (*_FIRST_COLUMNS, *LATER_COLUMNS)


def select_requests(present: Collection[str]) -> str:
    """The SELECT of all columns, with 0 for later columns that are not `present` in the file. Its parameters are the
    first n and the maximum number of rows."""
    later = (f"coalesce({name}, 0)" if name in present else "0" for name in LATER_COLUMNS)
    return f"SELECT {', '.join((*_FIRST_COLUMNS, *later))} FROM request_rows WHERE n >= ? ORDER BY n LIMIT ?"
