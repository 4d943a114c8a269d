"""The parts of a bundle: files in a folder of their own, each freed of names as it is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ovtui.host.bundle.scrubber import Scrubber
from ovtui.records.json_text import json_text
from ovtui.settings.shown_text import shown

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    """Of the file in the bundle."""
    holds: str
    """What is in it, in a few words."""
    size_bytes: int | None
    """None where the part is missing."""
    missing: str = ""
    """Why, in a few words."""
    remark: str = ""
    """What of it is not as one would expect, in a few words."""


class Parts:
    """Owner: the command. `scrubber` is None where names are to stay."""

    def __init__(self, folder: Path, scrubber: Scrubber | None) -> None:
        self.folder, self.scrubber = folder, scrubber
        self.made: list[Part] = []

    def value(self, value: Any) -> Any:
        return self.scrubber.value(value) if self.scrubber is not None else value

    def shown(self, text: str) -> str:
        """A sentence without names."""
        return self.scrubber.text(text) if self.scrubber is not None else text

    def add_text(
        self, name: str, holds: str, text: str | Iterable[str], remark: str = "", *, clean: bool = False
    ) -> None:
        """`text`: whole, or line by line; `clean`: no names are in it any more. Raises OSError."""
        pieces = [text] if isinstance(text, str) else text
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            for piece in pieces:
                file.write(readable(piece if clean else self.shown(piece)))
        self.add_file(name, holds, remark)

    def add_json(self, name: str, holds: str, value: Any, remark: str = "") -> None:
        """`value`: structs, or JSON as Python has it. Raises OSError."""
        plain = msgspec.to_builtins(value, str_keys=True)
        (self.folder / name).write_bytes(json_text(self.value(plain)))
        self.add_file(name, holds, remark)

    def add_answer(self, name: str, holds: str, output: bytes, remark: str = "") -> None:
        """Of a command: JSON where it is such, else a text. Raises OSError."""
        text = output.decode("utf-8", "surrogateescape")
        if name.endswith(".json"):
            try:
                return self.add_json(name, holds, json.loads(text), remark)
            except (ValueError, RecursionError):
                return self.add_missing(name, holds, "the command printed no JSON")
        return self.add_text(name, holds, text.splitlines(keepends=True), remark)

    def add_file(self, name: str, holds: str, remark: str = "") -> None:
        """A file that is in the folder and has no names any more. Raises OSError."""
        size_bytes = (self.folder / name).stat().st_size
        self.made.append(Part(name, holds, size_bytes, remark=self.shown(remark)))

    def add_missing(self, name: str, holds: str, why: str) -> None:
        (self.folder / name).unlink(missing_ok=True)
        self.made.append(Part(name, holds, None, missing=self.shown(why)))

    def attempt(self, name: str, holds: str, make: Callable[[], None]) -> None:
        """A part that cannot be made is missing. A full disk is not its own: raises OSError."""
        try:
            make()
        except OSError as error:
            if is_disk_full(error):
                raise
            self.add_missing(name, holds, str(error.strerror or error))

    @property
    def there(self) -> list[Part]:
        return [part for part in self.made if part.size_bytes is not None]

    def hash_of(self, part: Part) -> str:
        """SHA-256 in hexadecimal digits. Raises OSError."""
        found = hashlib.sha256()
        with (self.folder / part.name).open("rb") as file:
            while data := file.read(_CHUNK):
                found.update(data)
        return found.hexdigest()


def readable(text: str) -> str:
    """The text with escapes for what a terminal would obey; newlines and tabs stay."""
    return "\n".join("\t".join(map(shown, line.split("\t"))) for line in text.split("\n"))


def is_disk_full(error: OSError) -> bool:
    import errno

    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or "disk is full" in str(error)
