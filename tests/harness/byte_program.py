"""A program on a pty of which every byte is kept."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence

from harness.program import Program


class ByteProgram(Program):
    """Keeps all that the terminal was sent, for what no screen shows: the sequences, and what was drawn over."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.bytes = b""
        super().__init__(command, env)
        feed: Callable[[bytes], None] = self.terminal.feed

        def keep(data: bytes) -> None:
            self.bytes += data
            feed(data)

        self.terminal.feed = keep  # type: ignore[method-assign]

    @property
    def written(self) -> str:
        """All of it as text, but for a character of which only a part has come yet."""
        return getincrementaldecoder("utf-8")().decode(self.bytes)
