"""Names whose bytes are no UTF-8, within messages, JSON and recordings.

In Linux a path is bytes. Python keeps a byte that is no UTF-8 as half a character (surrogateescape), which opens the
same file again, but which msgpack, JSON and SQLite refuse. On the way between processes and into a file such a half is
written as MARK and four hexadecimal digits, MARK itself as two of it; everywhere else a path is as Python has it.

This is the only module that knows of it. A message without such a name costs a look for MARK, 1 us for 10 KiB."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

MARK = "\U0010ffff"
"""No character by Unicode's rules: no text has it but one that is made for it."""
_MARK_BYTES = MARK.encode()
_PLAIN = re.compile(f"[\ud800-\udfff]|{MARK}")
_CARRIED = re.compile(f"{MARK}(?:{MARK}|(d[89a-f][0-9a-f]{{2}}))")

T = TypeVar("T")
_json, _msgpack = msgspec.json.Encoder(), msgspec.msgpack.Encoder()


def carried(text: str) -> str:
    """The text in a form that every encoder takes."""
    return _PLAIN.sub(lambda found: MARK * 2 if found[0] == MARK else f"{MARK}{ord(found[0]):04x}", text)


def restored(text: str) -> str:
    """What `carried` was given."""
    return _CARRIED.sub(lambda found: chr(int(found[1], 16)) if found[1] else MARK, text) if MARK in text else text


def to_msgpack(message: Any) -> bytes:
    return _encoded(_msgpack, message, (bytes, bytearray, memoryview))


def to_json(message: Any) -> bytes:
    """For another process of ovtui or for the recording; JSON for others: `json_text.py`."""
    return _encoded(_json, message, ())


def from_msgpack(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    """Raises msgspec.MsgspecError."""
    if _MARK_BYTES not in data:
        return decoder.decode(data)
    found: T = msgspec.convert(each_text(msgspec.msgpack.decode(data), restored), decoder.type)
    return found


def from_json(decoder: msgspec.json.Decoder[T], data: bytes | str) -> T:
    """Raises msgspec.MsgspecError."""
    if (MARK if isinstance(data, str) else _MARK_BYTES) not in data:  # type: ignore[operator]
        return decoder.decode(data)
    found: T = msgspec.convert(each_text(msgspec.json.decode(data), restored), decoder.type, str_keys=True)
    return found


def _encoded(encoder: msgspec.json.Encoder | msgspec.msgpack.Encoder, message: Any, kept: tuple[type, ...]) -> bytes:
    try:
        data = encoder.encode(message)
        if _MARK_BYTES not in data:
            return data
    except UnicodeEncodeError:
        pass
    return encoder.encode(each_text(msgspec.to_builtins(message, builtin_types=kept), carried))


def each_text(value: Any, change: Any) -> Any:
    """The same lists and tables, with every text changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {each_text(key, change): each_text(each, change) for key, each in value.items()}
    return [each_text(each, change) for each in value] if isinstance(value, (list, tuple)) else value
