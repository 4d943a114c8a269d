"""What a line does over channels, the same for both transports."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.channel import Channel
from ovtui.fleet.reach.line import ANSWER_BYTES, LINE_S, SILENCE_S, WHOLE_S, Answer, Progress, RemoteTerminal
from ovtui.fleet.reach.script_run import ScriptRun
from ovtui.fleet.reach.transfers import fetch_by_stream, send_by_stream

_KILLED = (128 + 9, 128 + 15)
"""Exit status of a script that was killed there: the box was short of memory, or shuts down. Another try may go
through."""


class ChannelLine(ABC):
    """A line whose transport offers channels. What its methods do is written at `Line`."""

    def __init__(self, box: Box) -> None:
        self.box = box

    @abstractmethod
    async def open_channel(self, command: str, most_bytes: float) -> Channel:
        """Begins a command there. Raises BoxError."""

    @abstractmethod
    async def terminal(self, command_script: str, columns: int, rows: int, term: str) -> RemoteTerminal: ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def watch(self, silent: bool) -> None:
        """A script that may be silent began (True) or ended: the line itself shows then whether it lives."""

    async def run(
        self, script: str, *, silence_s: float = SILENCE_S, whole_s: float | None = None, most_bytes: int = ANSWER_BYTES
    ) -> Answer:
        whole_s = max(silence_s, WHOLE_S) if whole_s is None else whole_s
        async with ScriptRun(self, script, silence_s=silence_s, whole_s=whole_s, most_bytes=most_bytes) as run:
            pieces = []
            while piece := await run.next():
                pieces.append(piece)
            status, stderr = await run.status(), run.channel.stderr()
            if not run.has_begun and status in (0, 1):
                raise errors.nothing_run(status, stderr)
            return Answer(status, b"".join(pieces), stderr)

    async def lines(
        self, script: str, *, silence_s: float = SILENCE_S, first_s: float | None = None, line_bytes: int = 4 << 20,
        most_bytes: int = 1 << 30,
    ) -> AsyncIterator[bytes]:  # fmt: skip
        async with ScriptRun(self, script, silence_s=silence_s, first_s=first_s, most_bytes=most_bytes) as run:
            begun: list[bytes] = []
            size, line_s = 0, time.monotonic()
            while piece := await run.next():
                first, *others = piece.split(b"\n")
                begun.append(first)
                size += len(first)
                if size > line_bytes:
                    raise errors.too_much(line_bytes, "it sent a line of")
                if not others and time.monotonic() - line_s > max(silence_s, LINE_S):
                    raise errors.trickles(max(silence_s, LINE_S))
                if others:
                    line_s = time.monotonic()
                    yield b"".join(begun)
                    for line in others[:-1]:
                        yield line
                    begun, size = [others[-1]], len(others[-1])
            if last := b"".join(begun):
                yield last
            if status := await run.status():
                said = run.channel.stderr().strip().rsplit("\n", 1)[-1]
                if not said and status in _KILLED:
                    raise BoxError("lost", f"what it was asked with was ended by signal {status - 128} there")
                raise BoxError("failed", errors.capped(said) or f"its script ended with status {status}")

    async def fetch(
        self, remote: str, local: Path, *, progress: Progress | None = None, most_bytes: int = 64 << 30,
        silence_s: float = SILENCE_S,
    ) -> int:  # fmt: skip
        return await fetch_by_stream(self, remote, local, progress, most_bytes, silence_s)

    async def send(
        self, local: Path, remote: str, *, mark: str = "", mode: int = 0o600, progress: Progress | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:  # fmt: skip
        await send_by_stream(self, local, remote, mark, mode, progress, silence_s)
