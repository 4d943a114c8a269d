"""A name as it may stand in a text: as it is, in other letters, with escapes of JSON, of URLs, of bash and Python."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

from ovtui.records.odd_names import MARK

NO_LETTER_AFTER = r"(?![^\W_])"
"""A name ends where a letter or a digit does not follow."""
_ESCAPE_BEFORE = re.compile(
    r"(?:\\[abfnrtv]|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\[0-7]{3}|%[0-9a-f]{2}|\U0010ffffd[89a-f][0-9a-f]{2})$",
    re.IGNORECASE,
)
"""Ends in a letter or a digit, and yet a word begins after it."""
_LONGEST_ESCAPE = 10
ESCAPES = re.compile(rf"[\\%{MARK}]")


def begins_a_word(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    if not before.isalnum():
        return True
    return _ESCAPE_BEFORE.search(text[max(at - _LONGEST_ESCAPE, 0) : at]) is not None


def spellings(name: str) -> list[str]:
    """The name composed and decomposed, and its bytes taken for another encoding."""
    found = [name]
    if not name.isascii():
        found += [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
        found += filter(None, (_recoded(name, *codecs) for codecs in (("latin-1", "utf-8"), ("utf-8", "latin-1"))))
        found += [each for spelling in found for each in (spelling.upper(), spelling.casefold())]  # ß: SS
    return list(dict.fromkeys(found))


def _recoded(name: str, written: str, read: str) -> str:
    try:
        return name.encode(written, "surrogateescape").decode(read, "surrogateescape")
    except UnicodeError:
        return ""


def literal(names: Iterable[str]) -> str:
    """A pattern of the names as they are, the longest first."""
    return "|".join("".join(map(_letter, name)) for name in sorted(names, key=len, reverse=True))


def escaped(names: Iterable[str]) -> str:
    """A pattern of the names in which each character may be an escape; slower than `literal`."""
    return "|".join("".join(map(_character, name)) for name in sorted(names, key=len, reverse=True))


@cache
def _letter(character: str) -> str:
    """ß may be SS in one place of a name and not in another."""
    plain, folded = re.escape(character), character.casefold()
    return plain if len(folded) == 1 else f"(?:{plain}|{re.escape(folded)})"


@cache
def _character(character: str) -> str:
    forms = [_letter(character)]
    for each in dict.fromkeys((character, character.lower(), character.upper())):
        forms += _escapes(each)
    if not character.isascii():
        forms.append("\ufffd")
    elif not character.isalnum() and character != "/":
        forms.append(rf"\\{re.escape(character)}")  # in Markdown
    return f"(?:{'|'.join(dict.fromkeys(forms))})"


def _escapes(text: str) -> Iterator[str]:
    units = text.encode("utf-16-be", "surrogatepass")
    yield "".join(rf"\\{{1,8}}u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    if len(text) == 1 and ord(text) < 0x100:
        yield rf"\\{{1,8}}x{ord(text):02x}"
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeError:
        return
    yield "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in data)
    if not text.isascii():
        yield "".join(rf"\\{{1,8}}x{byte:02x}" for byte in data)
        yield "".join(rf"\\{{1,8}}{byte:03o}" for byte in data)
    if len(text) == 1 and 0xDC80 <= ord(text) <= 0xDCFF:
        yield f"{MARK}{ord(text):04x}"
    if text == "/":
        yield r"\\{1,8}/"
