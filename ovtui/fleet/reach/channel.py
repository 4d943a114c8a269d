"""One command on a box, as both transports offer it: bytes in, bytes out, an exit status."""

from __future__ import annotations

import time
from collections import deque
from typing import Protocol

from ovtui.settings.shown_text import shown

STDERR_CHARACTERS = 4_000
PIECE_BYTES = 64 << 10
WAITING_BYTES = 256 << 10
"""What may wait here unread before the box is asked to send no more."""
LATE_OUTPUT_S = 1.0
"""What a script that has ended left running may hold its stdout for so long."""


class Channel(Protocol):
    @property
    def heard_s(self) -> float:
        """time.monotonic() of the last byte that came, stdout or stderr."""
        ...

    async def read(self) -> bytes:
        """The next piece of stdout; b"" at its end, or soon after the command's where something it left holds stdout.
        Raises BoxError: too-much, lost."""
        ...

    async def write(self, data: bytes) -> None:
        """To standard input; waits while the box takes nothing. Raises OSError where it is closed there."""
        ...

    def write_eof(self) -> None: ...

    async def status(self) -> int:
        """The exit status, once the command has ended. Raises BoxError 'lost' where the line broke before that."""
        ...

    @property
    def ended(self) -> bool:
        """Whether its exit status is known; what it left running may still hold stdout."""
        ...

    def stderr(self) -> str: ...

    def abort(self) -> None:
        """Reads and writes nothing more, at once. Does nothing where it has ended."""
        ...


class Tail:
    """The last of stderr, and the time of what came."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._size = 0

    def add(self, data: bytes) -> None:
        self._pieces.append(data[-4 * STDERR_CHARACTERS :])
        self._size += len(self._pieces[-1])
        while self._size - len(self._pieces[0]) >= 4 * STDERR_CHARACTERS:
            self._size -= len(self._pieces.popleft())

    def text(self) -> str:
        """Cleaned; lines stay lines."""
        text = b"".join(self._pieces).decode("utf-8", "surrogateescape")[-STDERR_CHARACTERS:]
        return "\n".join(shown(line.rstrip("\r")) for line in text.split("\n")).strip()


class Received:
    """How much came, against how much may."""

    def __init__(self, most_bytes: float) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.heard_s = time.monotonic()

    def add(self, size: int) -> bool:
        """Whether it is too much now."""
        self.bytes += size
        self.heard_s = time.monotonic()
        return self.bytes > self.most_bytes
