"""stdin, stdout and stderr as every command has them, whatever they were at the start: closed, full, without a reader,
in an encoding that lacks a character.

Nothing that is written to stderr can fail: a message that nobody receives must not cost the result. What cannot be
written to stdout is an OSError whose file name is STDOUT. A character that the terminal's encoding lacks is replaced
by its stand-in.

A text goes through three layers: ShownStream (terminal_text) cleans it, a text stream of this module encodes it,
TerminalOutput (terminal_output) or _Descriptor writes it. Bytes for other programs go to the last one by `buffer`."""

from __future__ import annotations

import codecs
import io
import os
import sys

from ovtui.cli.terminal_output import terminal_output
from ovtui.settings.charset import ASCII, UTF_8, terminal_charset
from ovtui.settings.shown_text import escape_of
from ovtui.settings.stand_ins import STAND_INS

STDOUT = "stdout"
"""`OSError.filename` of what could not be written to stdout."""
SHOWN = "ovtui-shown"
"""What becomes of a character that the encoding lacks: its stand-in, or its escape."""
ASCII_NAME = "ovtui_ascii"
_opened = False
"""sys.stdout is of this module."""
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
    global _opened
    register_stand_ins()
    if sys.stdin is None:
        sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), UTF_8, "surrogateescape")  # type: ignore[misc]
    to_terminal = os.isatty(1)
    out = terminal_output(1, may_drop=False) or _Descriptor(1)
    err = terminal_output(2, may_drop=True) or _Descriptor(2, keeps_errors=True)
    sys.stdout = sys.__stdout__ = _text_stream(out, by_line=to_terminal)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _text_stream(err, by_line=True)  # type: ignore[misc]
    _opened = True


def _text_stream(raw: io.FileIO, *, by_line: bool) -> io.TextIOWrapper:
    charset = terminal_charset()
    encoding = ASCII_NAME if charset == ASCII else charset
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, SHOWN, line_buffering=by_line)


def require_stdout(what: str) -> None:
    """For a result that was to go to stdout, before it is made. Raises click.ClickException where there is none."""
    reason = ""
    if 1 in _missing:
        reason = "stdout is closed"
    elif _opened:
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


def register_stand_ins() -> None:
    """Makes the error handler SHOWN and the encoding ASCII_NAME known to Python."""
    codecs.register_error(SHOWN, _stand_in)
    codecs.register(lambda name: _ascii_codec() if name == ASCII_NAME else None)


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    return STAND_INS.get(character) or escape_of(character), error.start + 1


def _ascii_codec() -> codecs.CodecInfo:
    """ASCII under another name: click takes a stream in "ascii" for a mistake and writes UTF-8 past it."""

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, text: str, final: bool = False) -> bytes:  # noqa: ARG002
            return codecs.ascii_encode(text, self.errors)[0]

    return codecs.CodecInfo(
        codecs.ascii_encode, codecs.ascii_decode, incrementalencoder=Encoder,
        incrementaldecoder=codecs.lookup(ASCII).incrementaldecoder, name=ASCII_NAME,
    )  # fmt: skip
