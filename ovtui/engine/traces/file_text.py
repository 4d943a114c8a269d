"""The text of a trace file, whatever spreadsheet wrote it."""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat

from ovtui.engine import free_memory
from ovtui.engine.errors import ChangeRejected
from ovtui.settings.shown_text import in_quotes

MAX_BYTES = 1 << 30
_MEMORY_PER_BYTE = 20
"""At most, of a file with a digit and the end of a line for each time: its text, and the times as floats twice."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def require_file(path: str) -> None:
    """Raises ChangeRejected where the path is no regular file: opening a pipe would wait for a writer for good."""
    try:
        kind = os.stat(path).st_mode  # noqa: PTH116
    except ValueError:
        raise ChangeRejected(f"trace {in_quotes(path)}: no file can have this name") from None
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else os_reason(error)
        raise ChangeRejected(f"trace {path}: {reason}") from None
    if stat.S_ISDIR(kind):
        raise ChangeRejected(f"trace {path}: a folder, not a file of times")
    if not stat.S_ISREG(kind):
        raise ChangeRejected(f"trace {path}: a pipe or a device, not a file; save the times to one")


def os_reason(error: OSError) -> str:
    return "a symbolic link that leads in a circle" if error.errno == errno.ELOOP else error.strerror or str(error)


def read_text(path: str) -> str:
    """Raises ChangeRejected."""
    require_file(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as file:
            size = os.fstat(fd).st_size
            found = free_memory.memory()
            if size > MAX_BYTES or (found is not None and size * _MEMORY_PER_BYTE > found.free):
                raise ChangeRejected(f"trace {path}: {size:,} bytes are too large for a list of times in memory")
            data = file.read(MAX_BYTES)
    except OSError as error:
        raise ChangeRejected(f"trace {path}: {os_reason(error)}") from None
    return _decoded(path, data)


def _decoded(path: str, data: bytes) -> str:
    text = None
    try:
        for bom, encoding in _BOMS:
            if data.startswith(bom):
                text = data[len(bom) :].decode(encoding)
                break
        else:
            head = data[:2000]
            if len(head) > 3 and head[1::2].count(0) > len(head) // 4:
                text = data.decode("utf-16-le")
            elif len(head) > 3 and head[::2].count(0) > len(head) // 4:
                text = data.decode("utf-16-be")
    except UnicodeDecodeError as error:
        line = _line_of(data[: error.start].decode(error.encoding, "ignore"))
        raise ChangeRejected(f"trace {path}, line {line}: not {error.encoding.upper()}, as it begins") from None
    if text is None:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            # Western Windows: Excel's plain CSV. It has the digits of ASCII, and a no-break space between thousands.
            text = data.decode("cp1252", "replace")
    if found := _CONTROL.search(text):
        line = _line_of(text[: found.start()])
        raise ChangeRejected(f"trace {path}, line {line}: not a CSV file, it holds the byte {ord(found[0]):#04x}")
    return text


def _line_of(before: str) -> int:
    """The number of the line that follows a text."""
    return len(re.findall(r"\r\n|\n|\r", before)) + 1
