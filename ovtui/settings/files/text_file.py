"""A person's text file as text: UTF-8, with or without the mark that editors of Windows put before it."""

from __future__ import annotations

import codecs
from pathlib import Path

_OTHERS = {
    codecs.BOM_UTF32_LE: "UTF-32", codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16",
}  # fmt: skip
"""The longer marks first: that of UTF-32 begins with that of UTF-16."""


class NotUtf8(ValueError):
    """The text is one sentence."""


def read_text(path: Path) -> str:
    """The file's text with '\\n' at the ends of lines. Raises OSError, NotUtf8."""
    return text_of(path.read_bytes())


def text_of(data: bytes) -> str:
    """Raises NotUtf8, which says what it is instead."""
    data = data.removeprefix(codecs.BOM_UTF8)
    found = next((name for mark, name in _OTHERS.items() if data.startswith(mark)), "")
    if not found and b"\0" in data[:4]:
        found = "UTF-16"  # of letters below 256, and without its mark
    if found:
        raise NotUtf8(f"it is {found}, which Notepad of Windows calls Unicode; save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotUtf8(f"not UTF-8 in line {line} (byte {data[error.start]:#04x}); save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
