"""Recordings that were damaged: by flipped bytes, lost pages, edits in SQL and hostile values, from a seed."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from ovtui.records.odd_names import MARK

PAGE = 4096
HOSTILE: tuple[object, ...] = (
    None, "", "x", b"\xff\x00", -1, 0, 1, -(1 << 63), (1 << 63) - 1, 1 << 40, 10**12, 1.5, float("inf"), -1e300,
    "9" * 400, "\x1b[2J", "null", "{}", "[]",
)  # fmt: skip
HOSTILE_JSON: tuple[object, ...] = (
    None, True, -1, 0, 1 << 62, 10**30, 1e308, -0.5, "", "\u202e\x1b[31m", [], {}, [[]] * 3, {"a": 1}, ["x"], "AUTO",
    f"/{MARK}dce9/x", f"{MARK}d83d{MARK}de00", f"{MARK}dc1b{MARK}", MARK * 3,
)  # fmt: skip
TABLES = ("meta", "events", "request_rows", "progress", "telemetry", "engines")


def flip_bytes(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 2, 8, 64, 512))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    path.write_bytes(data)


def flip_header(path: Path, rng: random.Random) -> None:
    """Of the file, or of a page, where the structure is."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 1, 3))):
        page = rng.randrange(len(data) // PAGE) * PAGE if rng.random() < 0.6 else 0
        data[page + rng.randrange(100 if not page else 24)] = rng.randrange(256)
    path.write_bytes(data)


def point_in_circles(path: Path, rng: random.Random) -> None:
    """A page takes another one's place, or an inner page names any other."""
    data = bytearray(path.read_bytes())
    pages = len(data) // PAGE
    for _ in range(rng.choice((1, 2, 5))):
        to, start = rng.randrange(1, pages) * PAGE, rng.randrange(1, pages) * PAGE
        if rng.random() < 0.5:
            data[to : to + PAGE] = data[start : start + PAGE]
        else:
            data[to + 8 : to + 12] = rng.randrange(1, pages + 2).to_bytes(4, "big")
    path.write_bytes(data)


def cut_short(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    kept = rng.choice((rng.randrange(len(data)), rng.randrange(len(data) // PAGE) * PAGE, rng.randrange(200)))
    path.write_bytes(data[:kept])


def overwrite(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    start, length = rng.randrange(len(data)), rng.randrange(1, 3 * PAGE)
    filler = rng.choice((b"\0", b"\xff", bytes([rng.randrange(256)])))
    data[start : start + length] = (filler * length)[: len(data[start : start + length])]
    path.write_bytes(data)


def grow(path: Path, rng: random.Random) -> None:
    with path.open("ab") as file:
        file.write(rng.randbytes(rng.randrange(1, 2 * PAGE)))


def other_file(path: Path, rng: random.Random) -> None:
    path.write_bytes(rng.choice((rng.randbytes(5000), b"\0" * 5000, b"seq,order\n1,2\n", b"SQLite format 3\0", b"")))


def edit_values(path: Path, rng: random.Random) -> None:
    """Values of any type in any columns."""
    with _edited(path) as db:
        for _ in range(rng.choice((1, 2, 5))):
            table = rng.choice(TABLES)
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            if not columns:
                continue
            column = rng.choice(columns)
            where = rng.choice(("1", "abs(random()) % 7 = 0", "abs(random()) % 50 = 0"))
            if table == "meta":
                where = "1" if rng.random() < 0.5 else "key = 'command'"
            with contextlib.suppress(sqlite3.Error):
                db.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {where}", (rng.choice(HOSTILE),))


def edit_schema(path: Path, rng: random.Random) -> None:
    with _edited(path) as db:
        table = rng.choice(TABLES)
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        statements = (
            f"DROP TABLE {table}",
            f"DELETE FROM {table}",
            f"DELETE FROM {table} WHERE abs(random()) % 3 = 0",
            f"ALTER TABLE {table} RENAME TO was_{table}",
            f"ALTER TABLE {table} RENAME COLUMN {rng.choice(columns)} TO other",
            f"ALTER TABLE {table} ADD COLUMN more TEXT DEFAULT 'x'",
            f"PRAGMA user_version = {rng.choice((0, 2, 99, -1, 2147483647))}",
            f"PRAGMA application_id = {rng.choice((0, 1, -1))}",
            f"CREATE VIEW other AS SELECT * FROM {table}",
            "DROP VIEW requests",
            "PRAGMA encoding",
        )
        for name in ("completions", "segments", "requests") if rng.random() < 0.5 else ():
            with contextlib.suppress(sqlite3.Error):
                db.execute(f"DROP VIEW {name}")
        with contextlib.suppress(sqlite3.Error):
            db.execute(rng.choice(statements))


def views_for_tables(path: Path, rng: random.Random) -> None:
    """A table is a view that never ends, or a table without the primary key."""
    table = rng.choice(TABLES)
    with _edited(path) as db:
        names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        columns = ", ".join(names)
        db.execute(f"ALTER TABLE {table} RENAME TO was")
        if rng.random() < 0.5:
            db.execute(f"CREATE TABLE {table} AS SELECT {columns} FROM was ORDER BY random()")
            if rng.random() < 0.5:
                db.execute(f"INSERT INTO {table} SELECT {columns} FROM was")
        else:
            numbers = ", ".join(f"x AS {name}" for name in names)
            db.execute(
                f"CREATE VIEW {table} AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
                f"SELECT {numbers} FROM c"
            )


def edit_events(path: Path, rng: random.Random) -> None:
    """Fields of events: taken away, of another type, out of range, of unknown kinds."""
    with _edited(path) as db:
        events = db.execute("SELECT id, kind, data FROM events").fetchall()
        for number, kind, data in rng.sample(events, min(len(events), rng.choice((1, 1, 2, 5, 50)))):
            event = json.loads(data)
            for _ in range(rng.choice((1, 1, 3))):
                _break_json(event, rng)
            text = json.dumps(event, ensure_ascii=False)
            if rng.random() < 0.1:
                text = text[: rng.randrange(len(text))]
            if rng.random() < 0.1:
                kind = "of-the-future"
                text = json.dumps({**event, "kind": kind})
            if rng.random() < 0.03:
                text = "[" * 100_000
            db.execute("UPDATE events SET data = ?, kind = ? WHERE id = ?", (text, kind, number))


def edit_engines(path: Path, rng: random.Random) -> None:
    """What engines counted: of any size and type, without a column, of unknown engines, twice."""
    with _edited(path) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(engines)")]
        db.execute("ALTER TABLE engines RENAME TO was")  # SQLite would hold its types up
        db.execute(f"CREATE TABLE engines ({', '.join(columns)})")
        db.execute("INSERT INTO engines SELECT * FROM was")
        for _ in range(rng.choice((1, 1, 2, 4))):
            column, value = rng.choice(columns), rng.choice((*HOSTILE, 5_000_000_000, 3_600_000_000_000, 300, 5000))
            names = ", ".join(columns[1:])
            statement, *given = rng.choice((
                (f"UPDATE engines SET {column} = ?", value),
                (f"UPDATE engines SET {column} = ?", value),
                (f"INSERT INTO engines SELECT ?, {names} FROM was", value),
                (f"INSERT INTO engines SELECT engine, {names} FROM was",),
                ("UPDATE engines SET submitted = ?1, completed = ?1", value),
                ("UPDATE engines SET submitted = ?1, completed = ?1, taken_before = ?1", value),
                (f"ALTER TABLE engines DROP COLUMN {column}",),
                ("DELETE FROM engines",),
                ("UPDATE progress SET submitted = ?1, shed = ?1, rows = ?1", value),
                ("UPDATE progress SET lost = ?", value),
            ))  # fmt: skip
            with contextlib.suppress(sqlite3.Error):
                db.execute(statement, given)


def lose_events(path: Path, rng: random.Random) -> None:
    with _edited(path) as db:
        kinds = [kind for (kind,) in db.execute("SELECT DISTINCT kind FROM events")]
        lost = rng.sample(kinds, rng.randrange(1, len(kinds) + 1)) if rng.random() < 0.5 else [rng.choice(kinds)]
        for kind in lost:
            db.execute("DELETE FROM events WHERE kind = ?", (kind,))


def shuffle(path: Path, rng: random.Random) -> None:
    """Rows that come twice, out of order, with gaps, far away; events at any time."""
    with _edited(path) as db:
        statements = (
            "UPDATE request_rows SET seq_less_n = -n",
            "UPDATE request_rows SET order_less_n = 0, seq_less_n = abs(random()) % 50",
            "UPDATE request_rows SET done_ns = abs(random()) % 10000000000",
            "UPDATE request_rows SET done_ns = (SELECT max(done_ns) FROM request_rows) - done_ns",
            "DELETE FROM request_rows WHERE n % 7 = 3",
            "UPDATE request_rows SET n = n + 1000000000000 WHERE n > 50",
            "UPDATE request_rows SET n = n - 1000",
            "UPDATE request_rows SET n = n * 1000",
            "UPDATE progress SET rows = 1000000000000",
            "UPDATE progress SET submitted = 1000000000000, lost = 1000000000000",
            "UPDATE progress SET rows = 0, submitted = 0",
            "UPDATE progress SET submitted = abs(random()) % 1000",
            "UPDATE request_rows SET segment = abs(random()) % 65536",
            "UPDATE request_rows SET segment = 7, device = abs(random()) % 256",
            "UPDATE request_rows SET batch_id = 1, batch_size = abs(random()) % 65536",
            "UPDATE request_rows SET batch_id = n / 3, batch_size = 65535, flags = abs(random()) % 512",
            "UPDATE request_rows SET flags = 2",
            "UPDATE request_rows SET service_ns = 0, wait_ns = 0, infer_ns = 0, done_ns = 0",
            "UPDATE request_rows SET wait_ns = done_ns, service_ns = 0",
            "UPDATE request_rows SET infer_ns = 9000000000000000, service_ns = done_ns",
            "UPDATE request_rows SET request = abs(random()) % 65536",
            "UPDATE request_rows SET data_shape = abs(random()) % 256",
            "UPDATE events SET data = json_set(data, '$.t_ns', abs(random()) % 20000000000)",
            "UPDATE events SET data = json_set(data, '$.t_ns', 30000000000000000)",
            "UPDATE events SET data = json_set(data, '$.engine', 9)",
            "UPDATE events SET data = json_set(data, '$.segment', 65000)",
            "UPDATE events SET data = json_set(data, '$.first_seq', 1000000)",
            "UPDATE events SET data = json_set(data, '$.nireq', 65536)",
            "UPDATE events SET data = json_set(data, '$.unsent', 9007199254740991)",
            "UPDATE events SET id = 1000 - id",
            "UPDATE telemetry SET value = -1e300",
            "UPDATE telemetry SET t_ns = t_ns * 1000",
            "INSERT INTO events (t_ns, kind, data) SELECT t_ns, kind, data FROM events",
        )
        for _ in range(rng.choice((1, 1, 2, 3))):
            with contextlib.suppress(sqlite3.Error):
                db.execute(rng.choice(statements))


def leave_wal(path: Path, rng: random.Random) -> None:
    """The WAL of a killed session, damaged, cut, or not its own; or a journal."""
    wal = path.with_name(path.name + "-wal")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("UPDATE meta SET value = 'ovtui' WHERE key = 'command'")
    db.execute("DELETE FROM request_rows WHERE n > 100")
    database, log = path.read_bytes(), bytearray(wal.read_bytes())
    db.close()
    path.write_bytes(database)
    how = rng.randrange(5)
    if how == 0:
        return
    if how == 1:
        wal.write_bytes(log)
        flip_bytes(wal, rng)
    elif how == 2:
        wal.write_bytes(log[: rng.randrange(len(log))])
    elif how == 3:
        wal.write_bytes(rng.randbytes(9000))
    else:
        path.with_name(path.name + "-journal").write_bytes(rng.randbytes(9000))


Breakage = Callable[[Path, random.Random], None]
WAYS: tuple[Breakage, ...] = (
    flip_bytes, flip_header, point_in_circles, cut_short, overwrite, grow, other_file, edit_values, edit_schema,
    views_for_tables, edit_events, edit_engines, lose_events, shuffle, leave_wal,
)  # fmt: skip


def broken(source: Path, target: Path, seed: int) -> str:
    """Makes a damaged copy; the names of the ways in which it was damaged, for a failure's message."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    target.write_bytes(source.read_bytes())
    rng = random.Random(seed)
    ways = [WAYS[seed % len(WAYS)]]
    if rng.random() < 0.3:
        ways.append(rng.choice(WAYS))
    for way in ways:
        with contextlib.suppress(
            sqlite3.Error, ValueError, IndexError, TypeError
        ):  # the first way may leave nothing for a second
            way(target, rng)
    return "+".join(way.__name__ for way in ways)


def _break_json(value: object, rng: random.Random) -> None:
    """Changes something in it, at any depth."""
    if isinstance(value, dict) and value:
        name = rng.choice(sorted(value))
        inner = value[name]
        if isinstance(inner, (dict, list)) and inner and rng.random() < 0.7:
            _break_json(inner, rng)
        elif rng.random() < 0.25:
            del value[name]
        elif rng.random() < 0.1:
            value["of_the_future"] = rng.choice(HOSTILE_JSON)
        else:
            value[name] = rng.choice(HOSTILE_JSON)
    elif isinstance(value, list) and value:
        at = rng.randrange(len(value))
        if isinstance(value[at], (dict, list)) and value[at] and rng.random() < 0.7:
            _break_json(value[at], rng)
        else:
            value[at] = rng.choice(HOSTILE_JSON)


@contextlib.contextmanager
def _edited(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path, isolation_level=None)
    db.create_function("random", 0, _random(path))
    try:
        yield db
    finally:
        db.close()


def _random(path: Path) -> Callable[[], int]:
    """SQLite's own random() has no seed."""
    rng = random.Random(path.stat().st_size)
    return lambda: rng.getrandbits(62)
