"""The last look at the parts before they are packed, by another way than the one that left the names out: escapes are
undone, and the words that remain are compared with the names."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from ovtui.host.bundle.common_words import is_common
from ovtui.host.bundle.private_names import PrivateNames

_WORD = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\[nrtbfv]|%([0-9a-f]{2})", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<(?:user|host|domain|id|mail|address|secret)(?:-\d+)?>")
_TEXTS = (("meta", "key"), ("meta", "value"), ("events", "kind"), ("events", "data"), ("telemetry", "name"))


class NameCheck:
    """Of names that are no words of the texts; those are known by their place alone."""

    def __init__(self, names: PrivateNames) -> None:
        homes = (home for home in names.homes if home != "/root")
        self._by_word: dict[str, list[re.Pattern[str]]] = {}
        """Patterns of the whole names by their first words."""
        for name in (*names.people, *names.hosts, *names.domains, *names.ids, *homes):
            words = _WORD.findall(name.casefold())
            if words and not is_common(name) and not (len(words) == 1 and is_common(words[0])):
                whole = re.compile(rf"(?<![^\W_]){re.escape(name.casefold())}(?![^\W_])")
                self._by_word.setdefault(words[0], []).append(whole)

    def found_in(self, folder: Path, names: Iterable[str]) -> list[str]:
        """The files in which a name is. Raises OSError."""
        return [name for name in names if any(map(self._is_in, _texts_of(folder / name)))]

    def _is_in(self, text: str) -> bool:
        plain = _unescaped(_PLACEHOLDER.sub(" ", text)).casefold()
        suspects = self._by_word.keys() & set(_WORD.findall(plain))
        return any(whole.search(plain) for word in suspects for whole in self._by_word[word])


def _unescaped(text: str) -> str:
    if "\\" not in text and "%" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2] or found[3] or "20", 16)), text)


def _texts_of(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        if file.read(16).startswith(b"SQLite format 3"):
            yield from _texts_of_recording(path)
            return
        file.seek(0)
        for line in file:
            yield line.decode("utf-8", "surrogateescape")


def _texts_of_recording(path: Path) -> Iterator[str]:
    with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
        db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        for table, column in _TEXTS:
            with contextlib.suppress(sqlite3.OperationalError):
                for (value,) in db.execute(f"SELECT DISTINCT {column} FROM {table}"):
                    if isinstance(value, str):
                        yield value
