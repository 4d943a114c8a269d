"""The last line of defence on stdout and stderr: whatever is printed as text is cleaned, so that a name from outside
that nobody thought of cannot move the cursor, rename the window or hide a word.

Where sentences and lines are made, names are cleaned already (`settings/shown_text.py`); here newlines and tabs
stay."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from typing import Any, TextIO

from ovtui.settings.shown_text import encodable, shown

WIDTH = 80


class ShownStream:
    """A text stream that is written to as it is, but for what a terminal would obey. `buffer`, through which JSON and
    exports are written, is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(text if text.isprintable() and text.isascii() else clean(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def clean(text: str) -> str:
    """As `shown`, but for newlines and tabs."""
    return "\n".join("\t".join(map(shown, line.split("\t"))) for line in text.split("\n"))


def clean_streams() -> None:
    """From now on what is printed is cleaned. A stream that is closed stays so."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, ShownStream):
            setattr(sys, name, ShownStream(stream))


def is_whole_stdout() -> bool:
    """Whether sys.stdout is the process's own, and not one that a command or a failure has put in its place."""
    return (sys.stdout.stream if isinstance(sys.stdout, ShownStream) else sys.stdout) is sys.__stdout__


def write_controls(stream: TextIO, controls: str) -> None:
    """Writes ovtui's own control characters past the cleaning."""
    (stream.stream if isinstance(stream, ShownStream) else stream).write(controls)


def print_line(text: str) -> None:
    """A line for a person on stdout, whatever names are in it."""
    print(shown(text))


def print_wrapped(text: str, first: str, rest: str) -> None:
    """A text on lines of 80 columns, divided between words; `first` and `rest` are the beginnings of these lines."""
    for line in textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False):
        print_line(line)


def print_data(text: str) -> None:
    """What another program may read, on stdout: exact in UTF-8, and bytes of paths as they are. On a terminal it is
    cleaned, as a person then reads it."""
    if sys.stdout.isatty():
        sys.stdout.write(clean(text))
        return
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = encodable(text).encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
