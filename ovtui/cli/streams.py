"""stdin, stdout and stderr as every command has them, whatever they were at the start: closed, full, without a reader,
in an encoding that lacks a character.

Nothing that is written to stderr can fail: a message that nobody receives must not cost the result. What cannot be
written to stdout is an OSError whose file name is STDOUT. A character that the terminal's encoding lacks is replaced
by its stand-in."""

from __future__ import annotations

import codecs
import io
import os
import sys

from ovtui.cli.terminal_output import terminal_output
from ovtui.settings.charset import ASCII, UTF_8, terminal_charset
from ovtui.settings.stand_ins import STAND_INS

STDOUT = "stdout"
"""`OSError.filename` of what could not be written to stdout."""
_HANDLER = "ovtui-stand-in"
_missing: frozenset[int] = frozenset()
"""Of the descriptors 0, 1 and 2 those that were closed at the start."""


def open_missing_descriptors() -> None:
    """Opens those of 0, 1 and 2 that are closed on /dev/null: the next file, a socket or a database, would get the
    number, and whatever is printed would go into it."""
    global _missing
    found = set()
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            found.add(number)
            _open_null(number)
    _missing = frozenset(found)


def _open_null(number: int) -> None:
    try:
        opened = os.open(os.devnull, os.O_RDWR)
    except OSError:  # a root folder without devices
        return
    if opened == number:
        os.set_inheritable(number, True)
    else:
        os.dup2(opened, number)
        os.close(opened)


def open_streams() -> None:
    """sys.stdin, sys.stdout and sys.stderr anew. `open_missing_descriptors` comes before."""
    codecs.register_error(_HANDLER, _stand_in)
    charset = terminal_charset()
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), UTF_8, "surrogateescape")  # type: ignore[misc]
    to_terminal = os.isatty(1)
    out = _buffered(terminal_output(1, may_drop=False) or _Descriptor(1))
    # Into a file or a pipe a path goes with its own bytes; on a terminal a byte that is no character is told.
    sys.stdout = sys.__stdout__ = _TextOutput(  # type: ignore[misc]
        out, charset, "backslashreplace" if to_terminal else "surrogateescape", line_buffering=to_terminal
    )
    err = _buffered(terminal_output(2, may_drop=True) or _Descriptor(2, keeps_errors=True))
    sys.stderr = sys.__stderr__ = _TextOutput(err, charset, "backslashreplace", line_buffering=True)  # type: ignore[misc]


def _buffered(raw: io.FileIO) -> io.BufferedWriter:
    return io.BufferedWriter(raw)


def require_stdout(what: str) -> None:
    """For a result that was to go to stdout, before it is made. Raises click.ClickException where there is none."""
    reason = ""
    if 1 in _missing:
        reason = "stdout is closed"
    elif not isinstance(sys.stdout, _TextOutput):
        return  # another stream stands for it
    else:
        import fcntl

        if fcntl.fcntl(1, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            reason = "stdout can only be read from"
    if reason:
        import click

        raise click.ClickException(f"{what} has nowhere to go: {reason}; name a file or open stdout")


class _Descriptor(io.FileIO):
    """Writes all that it is given, also where the descriptor does not wait for its reader: a program that shares the
    terminal may have set O_NONBLOCK."""

    def __init__(self, number: int, *, keeps_errors: bool = False) -> None:
        super().__init__(number, "w", closefd=False)
        self._keeps_errors = keeps_errors

    def write(self, data: object) -> int:
        left = memoryview(data).cast("B")  # type: ignore[arg-type]
        size = len(left)
        while left:
            try:
                left = left[os.write(self.fileno(), left) :]
            except BlockingIOError:
                import select

                waiting = select.poll()
                waiting.register(self.fileno(), select.POLLOUT)
                waiting.poll()
            except OSError as error:
                if self._keeps_errors:
                    break
                error.filename = STDOUT
                raise
        return size


class _TextOutput(io.TextIOWrapper):
    def __init__(self, buffer: io.BufferedWriter, charset: str, errors: str, *, line_buffering: bool) -> None:
        # click takes an ASCII stream for a mistake and writes UTF-8 past it; the stand-ins are ASCII in both.
        super().__init__(buffer, UTF_8 if charset == ASCII else charset, errors, line_buffering=line_buffering)
        self._charset = charset

    def write(self, text: str) -> int:
        if self._charset == UTF_8 or text.isascii():
            return super().write(text)
        return super().write(in_charset(text, self._charset))


def in_charset(text: str, charset: str) -> str:
    """The text with stand-ins for what the charset lacks."""
    try:
        text.encode(charset)
        return text
    except UnicodeEncodeError:
        codecs.register_error(_HANDLER, _stand_in)
        return "".join(c if "\udc80" <= c <= "\udcff" else c.encode(charset, _HANDLER).decode(charset) for c in text)


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    code = ord(character)
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return STAND_INS.get(character, escape), error.start + 1
