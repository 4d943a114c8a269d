"""What a line to a box offers. `open_line` in `reach/opening.py` makes one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ovtui.fleet.box import Box

SILENCE_S = 8.0
"""A box that owes an answer and has sent nothing for so long hangs; told within 10 s."""
WHOLE_S = 300.0
"""The end of a script that was given no other, however busily it sends."""
LINE_S = 60.0
"""In which a line comes whole."""
ANSWER_BYTES = 16 << 20
"""More than any answer of ovtui's own commands."""
Progress = Callable[[int, int], None]
"""Bytes so far and in all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a script that has ended."""

    status: int
    """Exit status of the script; 128 + number where a signal ended it, as a shell has it."""
    stdout: bytes
    stderr: str
    """Cleaned; at most its last 4,000 characters."""


class RemoteTerminal(Protocol):
    """What runs in a terminal there, with its keys and its screen here. Nothing of it is cleaned."""

    async def read(self, n: int) -> bytes:
        """What it draws, n bytes at most; b"" at the end. Raises BoxError 'lost'."""
        ...

    def write(self, data: bytes) -> None:
        """Keys. Does nothing once it has ended."""
        ...

    def resize(self, columns: int, rows: int) -> None: ...

    async def close(self) -> int:
        """Ends it, and returns its exit status; 255 where the line broke before one came. Within 2 s."""
        ...


class Line(Protocol):
    """A connection to one box. Every method raises BoxError: silent, lost, too-much, and what else is named.

    A script is POSIX sh. It goes to `sh` by its standard input, so that no login shell reads its words; words from
    outside in it are quoted by `on_box/script.py`."""

    box: Box

    async def run(
        self, script: str, *, silence_s: float = SILENCE_S, whole_s: float | None = None, most_bytes: int = ANSWER_BYTES
    ) -> Answer:
        """Runs a script to its end. `silence_s`: longest time without a byte of output; inf for one that says nothing
        while it works, which then needs `whole_s`; else that is WHOLE_S.
        Cut off, with BoxError, where it sends more than `most_bytes`."""
        ...

    def lines(
        self, script: str, *, silence_s: float = SILENCE_S, first_s: float | None = None, line_bytes: int = 4 << 20,
        most_bytes: int = 1 << 30,
    ) -> AsyncIterator[bytes]:  # fmt: skip
        """The lines that a script prints, without their newlines, as they come; ends with it. `first_s`: longest
        time to its first byte, where its program is slow to start; None: `silence_s`. Raises BoxError
        ('failed', with the last of stderr) where its exit status is not 0, 'lost' where it was killed there. Closing
        the iterator ends the script there: its standard input closes, and it gets SIGHUP or SIGTERM."""
        ...

    async def fetch(
        self, remote: str, local: Path, *, progress: Progress | None = None, most_bytes: int = 64 << 30,
        silence_s: float = SILENCE_S,
    ) -> int:  # fmt: skip
        """Brings a file of the box to `local`, and returns its size. What is in `local` already is taken for its
        beginning, and is fetched no more. `remote` is absolute. Raises BoxError 'failed' where there is none, and
        OSError for `local`."""
        ...

    async def send(
        self, local: Path, remote: str, *, mark: str = "", mode: int = 0o600, progress: Progress | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:  # fmt: skip
        """Brings a file to the box: beside its name first (`remote` + '.MARK.part', gone on with where it was broken
        off and its beginning is the same), then in its place. Who else may send the same file has another mark. The
        folder exists. Raises BoxError 'full-disk'."""
        ...

    async def terminal(self, command_script: str, columns: int, rows: int, term: str) -> RemoteTerminal:
        """A script in a terminal of its own there; `term` is its TERM."""
        ...

    async def close(self) -> None:
        """Ends what still runs over the line, without waiting for longer than 2 s. Never raises."""
        ...
