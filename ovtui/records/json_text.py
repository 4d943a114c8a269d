"""JSON for others: files of --json, what `sessions --json` and `inspect --json` print."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ovtui.records.odd_names import each_text
from ovtui.settings.shown_text import encodable, shown

_NOT_ASCII = re.compile("[^\x00-\x7e]+")


def json_text(message: Any) -> bytes:
    """Indented JSON with a newline at its end, that can be looked at with `cat`: what a terminal would obey, and what
    cannot be seen, is an escape of JSON, so that every value is exact. A byte of a path that is no UTF-8 has no form in
    JSON and is the text `\\xff`."""
    try:
        data = msgspec.json.encode(message)
    except UnicodeEncodeError:
        data = msgspec.json.encode(each_text(msgspec.to_builtins(message), encodable))
    if not data.isascii() or b"\x7f" in data:
        data = _NOT_ASCII.sub(lambda found: _safe(found[0]), data.decode()).encode()
    return msgspec.json.format(data, indent=2) + b"\n"


def _safe(text: str) -> str:
    return text if shown(text) == text else "".join(c if shown(c) == c else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    """UTF-16, as JSON has it."""
    data = character.encode("utf-16-be")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))
