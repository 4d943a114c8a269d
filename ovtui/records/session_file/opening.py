"""Opening a recording: what kind of file it is, who else has it, and the sentence where it is none.

A file is what is at hand: it may be a device, half a download or another program's. Nothing here waits for a FIFO's
writer, and nothing that the file claims makes SQLite read without end."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

from ovtui.records.session_file.claim import is_too_long
from ovtui.records.session_file.schema import APPLICATION_ID, VERSION
from ovtui.settings.shown_text import in_quotes

MAGIC = b"SQLite format 3\0"
_PAGE_BYTES = 4096
"""Of the files that the recorder makes."""
_BUSY_TIMEOUT_S = 2.0
LONGEST_VALUE_BYTES = 16 << 20
"""Of a text in the file: an event takes some KB. SQLite would else fill a GB for a damaged length."""
_COPIED_BYTES = 2 << 30
"""A recording of a killed session on read-only media is read from a copy, up to this size."""
_STEPS_AT_LEAST, _STEPS_PER_BYTE = 20_000_000, 4
"""Steps of SQLite's machine that a query may take. A row takes 20 of them and at least 30 bytes; pages of a damaged
file that point at one another could give rows for ever."""
_STEPS_A_CALL = 100_000
_PACKED = {
    b"\x1f\x8b": ("gzip", "gunzip"), b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"), b"\xfd7zXZ": ("xz", "unxz"),
    b"BZh": ("bzip2", "bunzip2"), b"PK\x03\x04": ("zip", "unzip"), b"\x04\x22\x4d\x18": ("lz4", "unlz4"),
}  # fmt: skip


class SessionFileError(OSError):
    """The file cannot be read as a session. The text is the reason, one sentence."""


def check_kind(path: str) -> None:
    """Raises SessionFileError where `path` is no regular file, cannot be read, or is plainly no SQLite file."""
    try:
        kind = Path(path).stat()
        if stat.S_ISDIR(kind.st_mode):
            raise SessionFileError(f"{path}: that is a folder; name a recording")
        if not stat.S_ISREG(kind.st_mode):
            raise SessionFileError(f"{path}: that is {_kind_name(kind.st_mode)}, no file; name a recording")
        # Not by open(): what has taken the file's place meanwhile may be a FIFO.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            head = os.pread(fd, 100, 0)
        finally:
            os.close(fd)
    except SessionFileError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise SessionFileError(f"{path}: there is no such file") from None
        raise SessionFileError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:  # a NUL in it
        raise SessionFileError(f"{in_quotes(path)}: no file has such a name") from None
    if not head:
        raise SessionFileError(f"{path}: the file is empty")
    if head.startswith(MAGIC):
        return
    for start, (name, command) in _PACKED.items():
        if head.startswith(start):
            raise SessionFileError(f"{path}: compressed with {name}; unpack it first ({command})")
    if len(head) < len(MAGIC) and MAGIC.startswith(head):
        raise SessionFileError(f"{path}: damaged (only its first {len(head)} bytes are there)")


def is_recorded_now(path: str) -> bool:
    """True while the program that records into the file lives: it holds a lock on the file, which the kernel drops with
    the process. Recordings of before ovtui locked them never say so.

    Before this process opens the file by SQLite: closing any descriptor of a file drops the locks it has by fcntl."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(fd)
    return False


def open_database(path: str) -> tuple[sqlite3.Connection, str]:
    """A read-only connection, and what it cannot see of the file, in a few words; empty where it sees all.

    On read-only media SQLite cannot make its shared memory. The file is then opened as immutable, or where a WAL lies
    beside it, which holds the newest part, from a copy; so is one whose path is too long for SQLite. Raises
    SessionFileError."""
    try:
        return _connect(path, path), ""
    except _CannotOpen as error:
        reason = str(error)
    except _Unreadable as error:
        with contextlib.suppress(_CannotOpen, _Unreadable, OSError):
            if _is_ours(path):
                return _connect_to_copy(path, repaired=True), "the file's header is damaged"
        raise SessionFileError(str(error)) from None
    wal_bytes = 0
    with contextlib.suppress(OSError):
        wal_bytes = Path(f"{path}-wal").stat().st_size
    missing = ""
    if wal_bytes or is_too_long(path):
        try:
            return _connect_to_copy(path), ""
        except SessionFileError:
            raise
        except (_CannotOpen, OSError):
            missing = f"the newest part is left out, for {Path(path).name}-wal cannot be used here"
    try:
        return _connect(path, path, "&immutable=1"), missing
    except _CannotOpen:
        raise SessionFileError(f"{path}: cannot be opened ({reason})") from None


class _CannotOpen(Exception):
    """SQLite cannot open the file in this way; another may do."""


class _Unreadable(SessionFileError):
    """SQLite takes the file for none of its own, or for a damaged one."""


def _connect(file: str, path: str, options: str = "") -> sqlite3.Connection:
    """`path` is what messages name. Raises _CannotOpen and SessionFileError."""
    uri = f"file:{quote(os.fsencode(Path(file).resolve()))}?mode=ro{options}"
    try:
        db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
    except sqlite3.Error as error:
        raise _CannotOpen(str(error)) from None
    try:
        _bound(db, file)
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            db.close()
            raise SessionFileError(f"{path}: another program has locked it; end that program and try again") from None
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
            db.close()
            raise _CannotOpen(str(error)) from None
        if "malformed database schema" in str(error):
            return db  # the tables that are described well can be read, see SessionReader
        db.close()
        if "not a database" in str(error):
            raise _Unreadable(f"{path}: not a session file ({error})") from None
        raise _Unreadable(f"{path}: damaged ({error}); 0 requests could be read") from None
    except UnicodeDecodeError:  # in SQLite's message, which quotes the damaged schema
        return db
    return db


def _bound(db: sqlite3.Connection, file: str) -> None:
    """No query takes for ever, fills the memory, or runs what a hostile file has in its schema."""
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)
    db.text_factory = _text
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA temp_store = MEMORY")  # a full disk is no reason
    with contextlib.suppress(OSError):
        set_step_limit(db, Path(file).stat().st_size)


def _text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")


def set_step_limit(db: sqlite3.Connection, file_bytes: int) -> None:
    """From now on, and for all queries together that run until it is called again."""
    left = max(_STEPS_AT_LEAST, file_bytes * _STEPS_PER_BYTE) // _STEPS_A_CALL

    def count() -> int:
        nonlocal left
        left -= 1
        return left < 0

    db.set_progress_handler(count, _STEPS_A_CALL)


def _is_ours(path: str) -> bool:
    """The first page describes the tables of a session, whatever its header says."""
    with open(path, "rb") as file:  # noqa: PTH123
        return b"request_rows" in file.read(1 << 16)


def _repair_header(path: str) -> None:
    """Writes a header as the recorder's SQLite makes it, but for what only says how old the file is."""
    size = Path(path).stat().st_size
    with open(path, "r+b") as file:  # noqa: PTH123
        head = bytearray(file.read(100))
        head[:24] = MAGIC + _PAGE_BYTES.to_bytes(2, "big") + bytes((1, 1, 0, 64, 32, 32))
        head[28:40] = (size // _PAGE_BYTES).to_bytes(4, "big") + bytes(8)
        head[44:48], head[56:60] = (4).to_bytes(4, "big"), (1).to_bytes(4, "big")
        head[60:64], head[68:72] = VERSION.to_bytes(4, "big"), APPLICATION_ID.to_bytes(4, "big")
        file.seek(0)
        file.write(head)


def _connect_to_copy(path: str, *, repaired: bool = False) -> sqlite3.Connection:
    """The copy goes with the connection: its files have no names any more. `repaired`: with a header as it should be,
    and without a WAL."""
    parts = [Path(f"{path}{suffix}") for suffix in ("", "-wal")]
    total = sum(part.stat().st_size for part in parts if part.exists())
    folder = tempfile.mkdtemp(prefix="ovtui-")
    try:
        if total > min(_COPIED_BYTES, shutil.disk_usage(folder).free // 2):
            raise _CannotOpen
        copy = os.path.join(folder, "recording")  # noqa: PTH118
        for part, suffix in zip(parts[:1] if repaired else parts, ("", "-wal"), strict=False):
            if not suffix or part.exists():
                shutil.copyfile(part, f"{copy}{suffix}")
        if repaired:
            _repair_header(copy)
        return _connect(copy, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kind_name(mode: int) -> str:
    kinds = {
        stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    }  # fmt: skip
    return kinds.get(stat.S_IFMT(mode), "something else")
