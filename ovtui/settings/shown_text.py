"""Text from outside, as it is shown: what a terminal would obey, and what cannot be seen, is written as an escape.

Names of files, keys of TOML, texts of OpenVINO and whatever a recording holds may have an ESC that renames the window,
a character that reverses the text, or bytes that are no UTF-8. Where a sentence, a line or a page is made
of them, they go through `shown`; stdout, stderr and the screen clean once more what they get (`cli/terminal_text.py`,
`dashboard/drawing/clean_lines.py`), so that a place that was forgotten is safe, too."""

from __future__ import annotations

import re
from unicodedata import category, east_asian_width

_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
"""Letters and marks that are drawn as nothing: the fillers, the variation selectors."""
_MARKS_SEEN = 4
"""Accents upon accents that stay: more of them run over the lines above and below."""
_ACCENTS = "\u0300-\u034e\u0350-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_SUSPECT = re.compile(f"[{_UNSEEN}]|[{_ACCENTS}]{{{_MARKS_SEEN + 1},}}")
_PILE = re.compile(f"([{_ACCENTS}]{{{_MARKS_SEEN}}})([{_ACCENTS}]+)")
_UNSEEN_CHARACTER = re.compile(f"[{_UNSEEN}]")
_HALF = re.compile("[\ud800-\udfff]")
_HALF_OF_REPR = re.compile(r"((?<!\\)(?:\\\\)*)\\udc([89a-f][0-9a-f])")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def shown(text: str) -> str:
    """The text on one line, in which every character can be seen: a newline is `\\n`, an ESC `\\x1b`, a byte that is
    no UTF-8 `\\xff`, a character that reverses the text `\\u202e`. Printable Unicode stays. A clean text costs
    40 ns."""
    if text.isascii():
        return text if text.isprintable() else "".join(map(_seen, text))
    if _SUSPECT.search(text):
        text = _PILE.sub(lambda found: found[1] + "".join(map(escape_of, found[2])), text)
        text = _UNSEEN_CHARACTER.sub(lambda found: escape_of(found[0]), text)
    return text if text.isprintable() else "".join(map(_seen, text))


def shown_within(text: str, characters: int) -> str:
    """As `shown`, and cut to so many characters, the last of which is then an ellipsis."""
    text = shown(text)
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def in_quotes(name: str) -> str:
    """A name in a sentence, as `shown`; in double quotes where a single one is in it. Instead of `!r`, which writes a
    byte that is no UTF-8 as half a character."""
    quote = '"' if "'" in name and '"' not in name else "'"
    return f"{quote}{shown(name)}{quote}"


def with_bytes(text: str) -> str:
    """A text that others have made by `!r`, as click does of a value that is none of its choices: what stands there for
    a byte that is no UTF-8 is written as `shown` writes it."""
    return _HALF_OF_REPR.sub(r"\1\\x\2", text)


def encodable(text: str) -> str:
    """The text with escapes for half characters alone: UTF-8 has none for these."""
    return _HALF.sub(lambda found: escape_of(found[0]), text)


def escape_of(character: str) -> str:
    """The character as an escape of bash and Python: `\\x1b`, `\\u202e`, `\\U000e0001`; a byte that is no UTF-8, which
    Python keeps as half a character, as the byte."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    form = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _SHORT.get(character, form)


def _seen(character: str) -> str:
    return character if character.isprintable() else escape_of(character)


def width_of(text: str) -> int:
    """The cells that a terminal draws it in: two for each character of East Asia, none for an accent upon
    another."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(c) in "WF" else 0 if category(c) in ("Mn", "Me") else 1 for c in text)


def padded(text: str, width: int) -> str:
    """The text with spaces up to this number of cells."""
    return text + " " * (width - width_of(text))
