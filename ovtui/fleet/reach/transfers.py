"""Files over channels, for boxes and transports without SFTP, and always for files that are brought there: `cat` says
that a disk is full where SFTP says "failure"."""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import shlex
import time
from pathlib import Path
from typing import BinaryIO

from ovtui.fleet.box import BoxError
from ovtui.fleet.reach import errors
from ovtui.fleet.reach.channel import Channel
from ovtui.fleet.reach.line import LINE_S, Progress
from ovtui.fleet.reach.script_run import Opener, ScriptRun, exit_status, next_piece
from ovtui.fleet.reach.scripts import as_command
from ovtui.fleet.told import whole_number

_PIECE = 128 << 10
_LEAST_BYTES = 32 << 10
"""Of a file, in LINE_S."""
_HASH_S = 60.0
NO_FILE, NO_READING = 41, 42
_READ = """
[ -f {name} ] || exit 41
[ -r {name} ] || exit 42
wc -c <{name} || exit 42
exec tail -c +{first} {name}
"""
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


def read_script(remote: str, first: int) -> str:
    """Prints the size of a file, and the file from this byte on, counted from 1."""
    return _READ.format(name=shlex.quote(remote), first=first)


def beginning_script(remote: str, mark: str) -> str:
    """Tells the size and the hash of what is there of a file that is being sent."""
    return _BEGINNING.format(part=_part(remote, mark))


def take_script(remote: str, mark: str, size: str, mode: int, *, whole: bool) -> str:
    """Takes a file from standard input. `whole`: from its first byte on."""
    part = _part(remote, mark)
    begin = f": >{part} || exit 1" if whole else ""
    return _TAKE.format(begin=begin, part=part, size=size, mode=mode, name=shlex.quote(remote))


def _part(remote: str, mark: str) -> str:
    return shlex.quote(f"{remote}{f'.{mark}' if mark else ''}.part")


async def fetch_by_stream(
    line: Opener, remote: str, local: Path, progress: Progress | None, most_bytes: int, silence_s: float
) -> int:  # fmt: skip
    """Its size. Raises BoxError, and OSError for `local`."""
    have = local.stat().st_size if local.exists() else 0
    script = read_script(remote, have + 1)
    async with ScriptRun(line, script, silence_s=silence_s) as run:
        first = b""
        while b"\n" not in first and len(first) < 100 and (piece := await run.next()):
            first += piece
        size_line, _, piece = first.partition(b"\n")
        size = whole_number(size_line.strip())
        if size is None:
            raise cannot_read(remote, await run.status(), run.channel.stderr())
        check_sizes(remote, size, have, most_bytes)
        with appending(local) as file:
            least, since_s = have + _LEAST_BYTES, time.monotonic()
            while have < size and (piece or (piece := await run.next())):
                have += file.write(piece[: size - have])
                if have >= least:
                    least, since_s = have + _LEAST_BYTES, time.monotonic()
                elif time.monotonic() - since_s > LINE_S:
                    raise errors.trickles(LINE_S, f"less than {errors.size_text(_LEAST_BYTES)}")
                piece = b""
                if progress is not None:
                    progress(have, size)
        if have < size:
            raise shrunk(remote, have, size)
        return size


async def send_by_stream(
    line: Opener, local: Path, remote: str, mark: str, mode: int, progress: Progress | None, silence_s: float
) -> None:  # fmt: skip
    with local.open("rb") as file:
        size = file.seek(0, 2)
        have = await _beginning(line, file, beginning_script(remote, mark), size)
        script = take_script(remote, mark, str(size), mode, whole=not have)
        try:
            async with asyncio.timeout(silence_s):
                channel = await line.open_channel(as_command(script), 1 << 20)
        except TimeoutError:
            raise errors.silent(silence_s) from None
        try:
            file.seek(have)
            await _write_all(channel, file, have, size, progress, silence_s)
            channel.write_eof()
            while await next_piece(channel, silence_s):
                pass
            if await exit_status(channel, silence_s):
                raise errors.of_transfer(channel.stderr(), remote)
        finally:
            channel.abort()


async def _beginning(line: Opener, file: BinaryIO, script: str, size: int) -> int:
    """How much of the file is there already, from a transfer that was broken off."""
    async with ScriptRun(line, script, silence_s=math.inf, whole_s=_HASH_S, most_bytes=1 << 20) as run:
        said = b""
        while piece := await run.next():
            said += piece
        words = said.split()
        have = whole_number(words[0]) if len(words) == 2 else None
        if await run.status() or have is None or not 0 < have <= size:
            return 0
    return have if await asyncio.to_thread(_sha256, file, have) == words[1].decode("ascii", "replace") else 0


async def _write_all(
    channel: Channel, file: BinaryIO, have: int, size: int, progress: Progress | None, silence_s: float
) -> None:  # fmt: skip
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


def appending(local: Path) -> BinaryIO:
    """For what comes from a box: private, and no link is followed. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.fdopen(os.open(local, flags, 0o600), "ab")


def check_sizes(remote: str, size: int, have: int, most_bytes: int) -> None:
    """Raises BoxError where a file of the box is shorter than what is here of it, or larger than it may be."""
    name = errors.capped(remote, 200)
    if size > most_bytes:
        raise BoxError(
            "too-much", f"{name} there has {errors.size_text(size)}, more than {errors.size_text(most_bytes)}"
        )
    if size < have:
        raise BoxError("failed", f"{name} there is shorter ({size:,} bytes) than what was fetched of it ({have:,})")


def shrunk(remote: str, have: int, size: int) -> BoxError:
    name = errors.capped(remote, 200)
    return BoxError("failed", f"{name} ended after {have:,} of {size:,} bytes while it was fetched: fetch it again")


def cannot_read(remote: str, status: int, stderr: str) -> BoxError:
    name = errors.capped(remote, 200)
    if status == NO_FILE:
        return BoxError("failed", f"there is no file {name} there")
    if status == NO_READING:
        return BoxError("failed", f"{name} may not be read by the account there")
    return BoxError("failed", f"{name} cannot be read there: {errors.capped(stderr, 200) or f'status {status}'}")
