"""The rows of `request_rows` straight from the pages of a complete recording, with numpy instead of SQLite.

SQLite gives a row as 16 Python integers: 1.7 us a row, and 17 s for 10 million. The pages of the file, whose format is
fixed (https://www.sqlite.org/fileformat.html), decode in 0.2 us a row. Whatever looks other than the recorder writes it
is left to SQLite, which also tells damage: the pages decode only where they prove that they are what they seem."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ovtui.records.arrays import Ints

_Bytes = npt.NDArray[np.uint8]
_INTERIOR, _LEAF = 5, 13
"""Types of the pages of a table."""
_ROLLBACK_JOURNAL = b"\x01\x01"
"""Bytes 18 and 19 of a file that no WAL belongs to, as SessionWriter.close leaves it."""
_PAGES_PER_READ = 256
"""1 MiB: the arrays that decode it stay in a few MB."""
_NULL, _ZERO, _ONE = 0, 8, 9
"""Serial types that take no bytes."""
_MOST_LEVELS = 20
"""Of a table, as in SQLite: two hold a million rows."""
_BAD = 255
_SIZE_OF = np.full(256, _BAD, np.uint8)
"""Bytes of a value by serial type; _BAD for what is no integer and not NULL."""
_SIZE_OF[[_NULL, 1, 2, 3, 4, 5, 6, _ZERO, _ONE]] = 0, 1, 2, 3, 4, 6, 8, 0, 0
_SPARE_BITS = np.clip(64 - 8 * _SIZE_OF.astype(np.int64), 0, 63)
"""Bits of a 64-bit number that a value leaves, by serial type."""


class UnexpectedPage(Exception):
    """A page is not what the recorder writes: SQLite has to read it."""


class RequestPages:
    """Reads rows by number. Owner: one thread."""

    def __init__(
        self, path: str, db: sqlite3.Connection, columns: Sequence[str], optional: Collection[str] = ()
    ) -> None:
        """`columns`: those to read, the row number first; of the `optional` ones absent values and NULL read as 0.
        Raises UnexpectedPage where the file is not complete, or cannot be read."""
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            raise UnexpectedPage from None
        try:
            self._page_bytes = int(db.execute("PRAGMA page_size").fetchone()[0])
            header = os.pread(self._file, 100, 0)
            # A journal beside it belongs to a transaction of another program that has not ended.
            pending = any(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-journal"))
            if header[18:20] != _ROLLBACK_JOURNAL or header[20] or pending:
                raise UnexpectedPage
            described = db.execute("PRAGMA table_info(request_rows)").fetchall()
            present = [row[1] for row in described]
            if described and (described[0][2], described[0][5]) != ("INTEGER", 1):  # not the number of the row
                raise UnexpectedPage
            if present[:1] != list(columns[:1]) or set(columns) - set(optional) - set(present):
                raise UnexpectedPage
            self._stored = len(present)
            self._wanted = [present.index(name) if name in present else -1 for name in columns[1:]]
            self._optional = [present.index(name) for name in optional if name in present]
            root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'request_rows'").fetchone()
            self._leaves, self._last_rows = self._find_leaves(int(root[0]))
        except (UnexpectedPage, OSError, sqlite3.Error):
            os.close(self._file)
            raise UnexpectedPage from None

    def close(self) -> None:
        os.close(self._file)

    def rows(self, first: int, limit: int) -> Ints:
        """[columns, n] of at most `limit` rows from row `first` on. Raises UnexpectedPage."""
        parts: list[Ints] = []
        left, next_row = limit, first
        at = int(np.searchsorted(self._last_rows, first))
        while left > 0 and at < len(self._leaves):
            last = int(np.searchsorted(self._last_rows, next_row + left - 1))
            end = min(max(last, at), at + _PAGES_PER_READ - 1) + 1
            found = self._decode(self._read(self._leaves[at:end]), self._last_rows[at:end])
            low = int(np.searchsorted(found[0], first))
            found = found[:, low : low + left]
            if found.size:
                next_row = int(found[0, -1]) + 1
            parts.append(found)
            left -= found.shape[1]
            at = end
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(self._wanted) + 1, 0), np.int64)

    def _find_leaves(self, root: int) -> tuple[Ints, Ints]:
        """The leaves' page numbers in the order of their rows, and the greatest row number that each may hold."""
        pages = np.array([root], np.int64)
        last_rows = np.array([np.iinfo(np.int64).max])
        most = os.fstat(self._file).st_size // self._page_bytes
        for _ in range(_MOST_LEVELS):
            first = self._read(pages[:1])
            if len(pages) > most:  # damaged: they point in a circle
                raise UnexpectedPage
            if first[0, 0] == _LEAF:
                return pages, last_rows
            children, keys = [], []
            for number, last_row in zip(pages.tolist(), last_rows.tolist(), strict=True):
                page = self._read(np.array([number]))
                if page[0, 0] != _INTERIOR:
                    raise UnexpectedPage
                flat = page.reshape(-1)
                cells = _cells(page, 12)
                children.append(np.append(_big_endian(flat, cells, 4), _big_endian(flat, np.array([8]), 4)))
                keys.append(np.append(_varints(flat, cells + 4)[0], last_row))
            pages, last_rows = np.concatenate(children), np.concatenate(keys)
        raise UnexpectedPage  # a page that is below itself

    def _read(self, numbers: Ints) -> _Bytes:
        """[pages, page size]: neighbours in the file are read together."""
        size = self._page_bytes
        if (numbers < 1).any():
            raise UnexpectedPage
        buffer: _Bytes = np.empty((len(numbers), size), np.uint8)
        starts = np.flatnonzero(np.diff(numbers, prepend=-1) != 1).tolist()
        for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
            into = buffer[start:end].data.cast("B")
            if os.preadv(self._file, [into], (int(numbers[start]) - 1) * size) != len(into):
                raise UnexpectedPage
        return buffer

    def _decode(self, pages: _Bytes, last_rows: Ints) -> Ints:
        """[columns, n] of all rows on [p] leaves; `last_rows` [p]: the greatest row number that each may hold."""
        if (pages[:, 0] != _LEAF).any():
            raise UnexpectedPage
        flat, size = pages.reshape(-1), self._page_bytes
        cells = _cells(pages, 8)
        payload, at = _varints(flat, cells)
        numbers, at = _varints(flat, at)
        if not len(cells):
            return np.zeros((len(self._wanted) + 1, 0), np.int64)
        if int(at.max()) + self._stored + 1 > len(flat) or (flat[at] != self._stored + 1).any():
            raise UnexpectedPage
        found = np.zeros((len(self._wanted) + 1, len(cells)), np.int64)
        found[0] = numbers
        page = cells // size
        if (np.diff(numbers) <= 0).any() or numbers[0] < 0 or (numbers > last_rows[page]).any():
            raise UnexpectedPage
        # The eight bytes before a value's end, shifted until only the value is left: one look for values of any size.
        eights = np.ndarray(len(flat) - 7, ">i8", flat.data, strides=(1,))
        end = at + (self._stored + 1)
        for column in range(self._stored):
            kind = flat[at + (column + 1)]
            taken = _SIZE_OF[kind]
            end += taken
            if (end > len(flat)).any():
                raise UnexpectedPage
            if column in self._wanted:
                place = self._wanted.index(column) + 1
                spare = _SPARE_BITS[kind]
                found[place] = np.where(taken > 0, eights[end - 8].astype(np.int64) << spare >> spare, kind == _ONE)
            if (taken == _BAD).any() or (column and column not in self._optional and (kind == _NULL).any()):
                raise UnexpectedPage
        if (end - at != payload).any() or (end > (page + 1) * size).any():
            raise UnexpectedPage
        return found


def _cells(pages: _Bytes, header: int) -> Ints:
    """[n] places of the cells in the bytes of [p] pages of one type, whose pointers follow `header` bytes."""
    count, size = pages.shape
    flat, bases = pages.reshape(-1), np.arange(count, dtype=np.int64) * size
    cells = _big_endian(flat, bases + 3, 2)
    if (header + 2 * cells > size).any():
        raise UnexpectedPage
    page = np.repeat(np.arange(count), cells)
    nth = np.arange(len(page)) - np.repeat(np.cumsum(cells) - cells, cells)
    offsets = _big_endian(flat, bases[page] + header + 2 * nth, 2)
    if (offsets < header).any() or (offsets > size - 4).any():
        raise UnexpectedPage
    places: Ints = bases[page] + offsets
    return places


def _big_endian(flat: _Bytes, at: Ints, size: int) -> Ints:
    """[n] unsigned numbers of `size` bytes."""
    value = np.zeros(len(at), np.int64)
    for byte in range(size):
        value = value << 8 | flat[at + byte]
    return value


def _varints(flat: _Bytes, at: Ints) -> tuple[Ints, Ints]:
    """[n] numbers of up to eight bytes with seven bits each, and the places after them."""
    value, open_ = np.zeros(len(at), np.int64), np.ones(len(at), bool)
    at = at.copy()
    for _ in range(8):
        if not open_.any():
            return value, at
        byte = flat[np.minimum(at, len(flat) - 1)]  # those that have ended may stand at the end of the page
        value = np.where(open_, value << 7 | (byte & 127), value)
        at += open_
        open_ &= byte > 127
    if open_.any() or int(at.max(initial=0)) > len(flat):
        raise UnexpectedPage
    return value, at
