"""A file of a box by SFTP, gone on with where it was broken off."""

from __future__ import annotations

import asyncio
import stat
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh

from ovtui.fleet.reach import errors
from ovtui.fleet.reach.line import Progress
from ovtui.fleet.reach.transfers import NO_FILE, NO_READING, appending, cannot_read, check_sizes, shrunk

if TYPE_CHECKING:
    from asyncssh.sftp import SFTPClientFile

_BLOCK = 32 << 10
_ASKED = 32
"""Blocks that are asked for at once: 1 MiB is on its way, 3 MB/s at 300 ms of delay."""


async def fetch_by_sftp(
    connection: asyncssh.SSHClientConnection, remote: str, local: Path, progress: Progress | None, most_bytes: int,
    silence_s: float,
) -> int | None:  # fmt: skip
    """Its size; None where the box offers no SFTP. Raises BoxError, and OSError for `local`."""
    try:
        async with asyncio.timeout(silence_s):
            sftp = await connection.start_sftp_client(path_encoding=None)
    except TimeoutError:
        raise errors.silent(silence_s, "its SFTP server") from None
    except (asyncssh.ChannelOpenError, asyncssh.SFTPError, OSError):
        if connection.is_closed():
            raise errors.lost() from None
        return None
    except asyncssh.Error as error:
        raise errors.lost(str(error)) from None
    try:
        return await _fetch(sftp, remote, local, progress, most_bytes, silence_s)
    except TimeoutError:
        raise errors.silent(silence_s) from None
    except asyncssh.SFTPNoSuchFile:
        raise cannot_read(remote, NO_FILE, "") from None
    except asyncssh.SFTPPermissionDenied:
        raise cannot_read(remote, NO_READING, "") from None
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError) as error:
        raise errors.lost(str(error)) from None
    except asyncssh.SFTPError as error:
        raise cannot_read(remote, 1, str(error)) from None
    finally:
        sftp.exit()


async def _fetch(
    sftp: asyncssh.SFTPClient, remote: str, local: Path, progress: Progress | None, most_bytes: int, silence_s: float
) -> int:
    name = remote.encode("utf-8", "surrogateescape")
    async with asyncio.timeout(silence_s):
        found = await sftp.stat(name)
        if found.permissions is not None and not stat.S_ISREG(found.permissions):
            raise cannot_read(remote, NO_FILE, "")
        file = await sftp.open(name, "rb", encoding=None, block_size=0)  # 0: one request for each read
    size = found.size or 0
    have = local.stat().st_size if local.exists() else 0
    check_sizes(remote, size, have, most_bytes)
    asked: deque[tuple[int, asyncio.Task[bytes]]] = deque()
    next_at = have
    try:
        with appending(local) as into:
            while have < size:
                while next_at < size and len(asked) < _ASKED:
                    count = min(_BLOCK, size - next_at)
                    asked.append((count, asyncio.ensure_future(_block(file, count, next_at))))
                    next_at += count
                count, task = asked.popleft()
                async with asyncio.timeout(silence_s):
                    block = await task
                if len(block) > count:
                    raise errors.too_much(count, "of its file it was asked for less, and sent")
                have += into.write(block)
                if len(block) < count:
                    raise shrunk(remote, have, size)
                if progress is not None:
                    progress(have, size)
    finally:
        for _, task in asked:
            task.cancel()
        await asyncio.gather(*(task for _, task in asked), return_exceptions=True)
    return size


async def _block(file: SFTPClientFile, count: int, at: int) -> bytes:
    """Shorter at the end of the file alone; a server may answer with less than it was asked for."""
    data = b""
    while len(data) < count:
        piece = await file.read(count - len(data), at + len(data))
        assert isinstance(piece, bytes)
        if not piece:
            break
        data += piece
    return data
