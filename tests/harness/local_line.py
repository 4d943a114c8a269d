# ruff: noqa: ARG002
"""A line to a box without SSH: its scripts run here, with the box's own HOME; and the ways in which a line can fail."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach.line import ANSWER_BYTES, SILENCE_S, Answer, Progress
from ovtui.settings.shown_text import shown


class LocalBox:
    """`programs`: a folder with its ovtui. `down`: why no line can be opened now."""

    def __init__(self, folder: Path, name: str) -> None:
        self.box = Box(name=name)
        self.home = folder / name / "home"
        self.bin = folder / name / "bin"
        for each in (self.home, self.bin):
            each.mkdir(parents=True, exist_ok=True)
        self.down: BoxError | None = None
        self.lines: list[LocalLine] = []
        self.scripts: list[str] = []
        self.on_script: Callable[[str], None] = lambda _: None
        """Called with each script before it runs; may raise BoxError."""

    @property
    def env(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": f"{self.bin}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    async def open(self, box: Box) -> LocalLine:
        if self.down is not None:
            raise self.down
        line = LocalLine(self, box)
        self.lines.append(line)
        return line

    def cut(self) -> None:
        """Every open line breaks."""
        for line in self.lines:
            line.break_off()


class LocalLine:
    def __init__(self, there: LocalBox, box: Box) -> None:
        self.there, self.box = there, box
        self._children: set[asyncio.subprocess.Process] = set()
        self._broken = False

    def break_off(self) -> None:
        self._broken = True
        for child in self._children:
            _kill(child)

    async def _start(self, script: str) -> asyncio.subprocess.Process:
        if self._broken:
            raise BoxError("lost", "the line broke")
        self.there.scripts.append(script)
        self.there.on_script(script)
        child = await asyncio.create_subprocess_exec(
            "sh", "-c", script, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, env=self.there.env, cwd=self.there.home, limit=1 << 22,
            start_new_session=True,
        )  # fmt: skip
        self._children.add(child)
        return child

    async def run(
        self, script: str, *, silence_s: float = SILENCE_S, whole_s: float | None = None, most_bytes: int = ANSWER_BYTES
    ) -> Answer:
        child = await self._start(script)
        try:
            stdout, stderr = await child.communicate()
        finally:
            await _end(child)
        if self._broken:
            raise BoxError("lost", "the line broke")
        assert len(stdout) <= most_bytes
        return Answer(child.returncode or 0, stdout, "\n".join(map(shown, stderr.decode().splitlines()[-50:])))

    async def lines(
        self, script: str, *, silence_s: float = SILENCE_S, first_s: float | None = None, line_bytes: int = 4 << 20,
        most_bytes: int = 1 << 30,
    ) -> AsyncIterator[bytes]:  # fmt: skip
        child = await self._start(script)
        limit_s = silence_s if first_s is None else first_s
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            while True:
                try:
                    async with asyncio.timeout(None if limit_s == math.inf else limit_s):
                        line = await child.stdout.readline()
                except TimeoutError:
                    raise BoxError("silent", f"no answer in {limit_s:g} s") from None
                limit_s = silence_s
                if not line:
                    break
                yield line.rstrip(b"\n")
            if self._broken:
                raise BoxError("lost", "the line broke")
            if await child.wait():
                raise BoxError("failed", (await child.stderr.read()).decode().strip().split("\n")[-1])
        finally:
            await _end(child)

    async def fetch(
        self, remote: str, local: Path, *, progress: Progress | None = None, most_bytes: int = 64 << 30,
        silence_s: float = SILENCE_S,
    ) -> int:  # fmt: skip
        if self._broken:
            raise BoxError("lost", "the line broke")
        have = local.stat().st_size if local.exists() else 0
        data = Path(remote).read_bytes()
        with local.open("ab") as file:
            file.write(data[have:])
        return len(data)

    async def send(
        self, local: Path, remote: str, *, mark: str = "", mode: int = 0o600, progress: Progress | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:  # fmt: skip
        if self._broken:
            raise BoxError("lost", "the line broke")
        shutil.copyfile(local, remote)
        if progress is not None:
            progress(local.stat().st_size, local.stat().st_size)

    async def close(self) -> None:
        self.break_off()


def _kill(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


async def _end(child: asyncio.subprocess.Process) -> None:
    _kill(child)
    await child.communicate()
