"""A name that attacks whoever prints it, and the check that nothing of it has reached a terminal."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ovtui.records.events import Event

NAME = (
    "a\x1b]0;PWNED\x07b\x1b[?6666hc\x1b]52;c;RVZJTA==\x07d\x9b?6666he\x7ff\u202eg\u2066h\u200bi\ufe0fj\u2028k\nl\rm\tn"
    "\udc9bo\xadp\u3164q\U000e0041r\x00"
)
"""C0 and C1, OSC and CSI, what turns text round, what is not seen, ends of lines, half a character, NUL."""
FILE_NAME = NAME.replace("\x00", "").replace("/", "")
"""As the name of a file may be."""
TEXT_NAME = "".join(sign for sign in FILE_NAME if not "\ud800" <= sign <= "\udfff")
"""As UTF-8 may have it."""
_OURS = re.compile(
    rb"\x1b\[[<=>?]?[0-9;:]*[ $]?[@-~]"  # CSI, which the check for 6666 looks into
    rb"|\x1b\]22;[a-z-]*\x07"  # the pointer's shape
    rb"|\x1b\]52;c;[A-Za-z0-9+/=]*\x07"  # the clipboard, of which the next has another content
    rb"|\x1bP[^\x1b]*\x1b\\"
    rb"|\x1b[78=>c]|\x1b\([B0]"
)
_INJECTED = (b"\x1b[?6666h", b"\x1b]0;", b"RVZJTA==\x07", b"PWNED\x07")


def bad_signs(text: str, also: str = "\n") -> list[str]:
    """The signs in a text that nobody may print, by name; empty for a text that is clean."""
    return sorted({f"{ord(sign):04x}" for sign in text if sign not in also and _is_bad(sign)})


def bad_bytes(raw: bytes) -> list[str]:
    """What has reached a terminal from outside, of all that a dashboard has sent there."""
    found = [repr(mark) for mark in _INJECTED if mark in raw]
    return found + bad_signs(_OURS.sub(b"", raw).decode("utf-8", "surrogateescape"), "\n\r\x0e\x0f")


def _is_bad(sign: str) -> bool:
    unseen = sign in "\u034f\u115f\u1160\u3164\uffa0" or "\ufe00" <= sign <= "\ufe0f"
    return unseen or unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def spoil_recording(path: Path) -> int:
    """Puts a hostile name into every text of a recording that a reader takes for free text; how many that were."""
    decoder = msgspec.json.Decoder(Event)
    changed = 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        for number, data in db.execute("SELECT id, data FROM events").fetchall():
            event = json.loads(data)
            changed += sum(1 for _ in _spoilt(event, event, decoder))
            db.execute("UPDATE events SET data = ? WHERE id = ?", (json.dumps(event, ensure_ascii=False), number))
        for (key,) in db.execute("SELECT key FROM meta").fetchall():
            db.execute("UPDATE meta SET value = ? WHERE key = ?", (TEXT_NAME, key))
            changed += 1
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (TEXT_NAME, TEXT_NAME))
        db.commit()
    return changed


def _spoilt(event: Any, part: Any, decoder: msgspec.json.Decoder[Event]) -> Iterator[str]:
    """Changes each text below `part` where the whole event is still one."""
    places = list(part.items()) if isinstance(part, dict) else list(enumerate(part)) if isinstance(part, list) else []
    for place, value in places:
        if isinstance(value, str):
            part[place] = f"{value}{TEXT_NAME}"
            try:
                decoder.decode(json.dumps(event))
            except msgspec.MsgspecError:
                part[place] = value
            else:
                yield value
        else:
            yield from _spoilt(event, value, decoder)
