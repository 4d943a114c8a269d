"""What a line does over channels, the same for both transports: scripts, lines, files both ways, limits."""

from __future__ import annotations

import asyncio
import hashlib
import math
import shlex
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.channel import Channel
from ovtui.fleet.reach.line import ANSWER_BYTES, SILENCE_S, Answer, Progress, RemoteTerminal
from ovtui.fleet.reach.scripts import SHELL, as_command, wrapped

_PIECE = 128 << 10
_NO_FILE, _NO_READING = 41, 42
_SIZE = "[ -f {name} ] || exit 41; [ -r {name} ] || exit 42; wc -c <{name} || exit 42\n"
_BEGINNING = """
umask 077
[ -f {part} ] || {{ echo 0 -; exit 0; }}
n=$(wc -c <{part}) && h=$( (sha256sum || shasum -a 256 || openssl dgst -sha256 -r) <{part} 2>/dev/null)
echo $n "${{h%% *}}"
"""
_TAKE = """
umask 077; LC_ALL=C; export LC_ALL
{begin}
cat >>{part} || exit 1
n=$(wc -c <{part})
[ $n -eq {size} ] || {{ echo "it has $n bytes instead of {size}" >&2; exit 1; }}
chmod {mode:o} {part} && mv -f {part} {name}
"""


class ChannelLine(ABC):
    """A line whose transport offers channels."""

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
        end_s = math.inf if whole_s is None else time.monotonic() + whole_s
        watched = silence_s > SILENCE_S
        channel = await self._begin(script, most_bytes, min(silence_s, SILENCE_S))
        if watched:
            self.watch(True)
        try:
            pieces = []
            while piece := await _next(channel, silence_s, end_s, whole_s):
                pieces.append(piece)
            status = await _status(channel, silence_s, end_s, whole_s)
            return Answer(status, b"".join(pieces), channel.stderr())
        finally:
            channel.abort()
            if watched:
                self.watch(False)

    async def lines(
        self, script: str, *, silence_s: float = SILENCE_S, line_bytes: int = 4 << 20, most_bytes: int = 1 << 30
    ) -> AsyncIterator[bytes]:
        watched = silence_s > SILENCE_S
        channel = await self._begin(script, most_bytes, min(silence_s, SILENCE_S))
        if watched:
            self.watch(True)
        try:
            begun: list[bytes] = []
            while piece := await _next(channel, silence_s, math.inf, None):
                first, *others = piece.split(b"\n")
                begun.append(first)
                if others:
                    yield b"".join(begun)
                    for line in others[:-1]:
                        yield line
                    begun = [others[-1]]
                elif sum(map(len, begun)) > line_bytes:
                    raise errors.too_much(line_bytes, "it sent a line of")
            if last := b"".join(begun):
                yield last
            status = await _status(channel, silence_s, math.inf, None)
            if status:
                said = channel.stderr().strip().rsplit("\n", 1)[-1]
                raise BoxError("failed", errors.capped(said) or f"its script ended with status {status}")
        finally:
            channel.abort()
            if watched:
                self.watch(False)

    async def fetch(
        self, remote: str, local: Path, *, progress: Progress | None = None, most_bytes: int = 64 << 30,
        silence_s: float = SILENCE_S,
    ) -> int:  # fmt: skip
        have = local.stat().st_size if local.exists() else 0
        script = _SIZE.format(name=shlex.quote(remote)) + f"exec tail -c +{have + 1} {shlex.quote(remote)}"
        channel = await self._begin(script, math.inf, silence_s)
        try:
            first = b""
            while b"\n" not in first and len(first) < 100 and (piece := await _next(channel, silence_s)):
                first += piece
            size_line, _, piece = first.partition(b"\n")
            if not size_line.strip().isdigit():
                raise cannot_read(remote, await _status(channel, silence_s), channel.stderr())
            size = int(size_line)
            check_sizes(remote, size, have, most_bytes)
            with local.open("ab") as file:
                while have < size and (piece or (piece := await _next(channel, silence_s))):
                    have += file.write(piece[: size - have])
                    piece = b""
                    if progress is not None:
                        progress(have, size)
            if have < size:
                raise shrunk(remote, have, size)
            return size
        finally:
            channel.abort()

    async def send(
        self, local: Path, remote: str, *, mode: int = 0o600, progress: Progress | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:  # fmt: skip
        with local.open("rb") as file:
            size = file.seek(0, 2)
            part = shlex.quote(f"{remote}.part")
            have = await self._beginning(file, part, size, silence_s)
            begin = "" if have else f": >{part} || exit 1"
            script = _TAKE.format(begin=begin, part=part, size=size, mode=mode, name=shlex.quote(remote))
            async with asyncio.timeout(silence_s) as limit:
                channel = await self.open_channel(as_command(script), 1 << 20)
                limit.reschedule(None)
            try:
                file.seek(have)
                await _write_all(channel, file, have, size, progress, silence_s)
                channel.write_eof()
                while await _next(channel, silence_s):
                    pass
                if await _status(channel, silence_s):
                    raise errors.of_transfer(channel.stderr(), remote)
            finally:
                channel.abort()

    async def _beginning(self, file: BinaryIO, part: str, size: int, silence_s: float) -> int:
        """How much of the file is there already, from a transfer that was broken off."""
        answer = await self.run(_BEGINNING.format(part=part), silence_s=math.inf, whole_s=max(60.0, silence_s))
        words = answer.stdout.split()
        if answer.status or len(words) != 2 or not words[0].isdigit() or not 0 < int(words[0]) <= size:
            return 0
        have = int(words[0])
        return have if await asyncio.to_thread(_sha256, file, have) == words[1].decode("ascii", "replace") else 0

    async def _begin(self, script: str, most_bytes: float, silence_s: float) -> Channel:
        try:
            async with asyncio.timeout(silence_s):
                channel = await self.open_channel(SHELL, most_bytes)
                try:
                    await channel.write(wrapped(script))
                except OSError:
                    pass  # It has ended already; reading tells why.
                except BaseException:
                    channel.abort()
                    raise
                return channel
        except TimeoutError:
            raise errors.silent(silence_s) from None


def check_sizes(remote: str, size: int, have: int, most_bytes: int) -> None:
    """Raises BoxError where a file of the box is shorter than what is here of it, or larger than it may be."""
    name = errors.capped(remote, 200)
    if size > most_bytes:
        raise errors.too_much(most_bytes, f"{name} there has {errors.size_text(size)},")
    if size < have:
        raise BoxError("failed", f"{name} there is shorter ({size:,} bytes) than what was fetched of it ({have:,})")


def shrunk(remote: str, have: int, size: int) -> BoxError:
    name = errors.capped(remote, 200)
    return BoxError("failed", f"{name} ended after {have:,} of {size:,} bytes while it was fetched: fetch it again")


def cannot_read(remote: str, status: int, stderr: str) -> BoxError:
    name = errors.capped(remote, 200)
    if status == _NO_FILE:
        return BoxError("failed", f"there is no file {name} there")
    if status == _NO_READING:
        return BoxError("failed", f"{name} may not be read by the account there")
    return BoxError("failed", f"{name} cannot be read there: {errors.capped(stderr, 200) or f'status {status}'}")


async def _next(channel: Channel, silence_s: float, end_s: float = math.inf, whole_s: float | None = None) -> bytes:
    """The next piece of stdout; b"" at its end."""
    while True:
        now_s = time.monotonic()
        until_s = min(channel.heard_s + silence_s, end_s)
        if until_s <= now_s:
            channel.abort()
            raise errors.too_long(whole_s) if whole_s is not None and end_s <= now_s else errors.silent(silence_s)
        try:
            async with asyncio.timeout(None if until_s == math.inf else max(0.0, until_s - now_s)):
                return await channel.read()
        except TimeoutError:
            pass


async def _status(channel: Channel, silence_s: float, end_s: float = math.inf, whole_s: float | None = None) -> int:
    now_s = time.monotonic()
    until_s = min(now_s + silence_s, end_s)
    try:
        async with asyncio.timeout(None if until_s == math.inf else max(0.0, until_s - now_s)):
            return await channel.status()
    except TimeoutError:
        raise (
            errors.too_long(whole_s) if whole_s is not None and end_s <= until_s else errors.silent(silence_s)
        ) from None


async def _write_all(
    channel: Channel, file: BinaryIO, have: int, size: int, progress: Progress | None, silence_s: float
) -> None:
    """Ends early where the command has: its status and stderr say why."""
    while piece := file.read(_PIECE):
        try:
            async with asyncio.timeout(silence_s):
                await channel.write(piece)
        except TimeoutError:
            if channel.ended:
                return
            raise errors.silent(silence_s, "it took nothing of the file, and") from None
        except OSError:
            return
        have += len(piece)
        if progress is not None:
            progress(have, size)


def _sha256(file: BinaryIO, size: int) -> str:
    file.seek(0)
    found = hashlib.sha256()
    while size and (piece := file.read(min(1 << 20, size))):
        found.update(piece)
        size -= len(piece)
    return found.hexdigest()
