"""The one file: a .tar.gz that has no name until it is whole. What of it tells of who made it is left out: owners,
groups, and the names of files on this machine."""

from __future__ import annotations

import errno
import gzip
import os
import secrets
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

MODE = 0o600
"""Of the file: names may be left out, and a model's own are not."""
_LEVEL = 6


def write_archive(target: Path, folder: Path, names: list[str], top: str, *, replace: bool) -> None:
    """Packs the files `names` of `folder` under `top`. Raises OSError; FileExistsError where `target` has come up
    meanwhile and is not to be replaced."""
    with (
        _unnamed_file(target, replace=replace) as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=_LEVEL) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in names:
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = (folder / name).stat().st_size
            entry.mtime, entry.mode = int(time.time()), 0o644
            with (folder / name).open("rb") as file:
                archive.addfile(entry, file)


@contextmanager
def _unnamed_file(target: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Gets the name of `target` once the block is done. A process that is killed leaves nothing behind, where the file
    system has files without names; elsewhere the file is written beside it under another one."""
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.new")
    fd = _open_unnamed(target.parent)
    named = fd is None
    if fd is None:
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    try:
        with open(fd, "wb") as file:  # noqa: PTH123
            yield file
            file.flush()
            os.fsync(fd)
            if not named and not replace:
                _link(fd, target)
                return
            if not named:
                _link(fd, beside)
        if replace:
            beside.replace(target)
        else:
            os.link(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink()


def _link(fd: int, path: Path) -> None:
    """Python follows the link in /proc only where it is told a folder. Raises OSError."""
    folder = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(str(fd), path, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _open_unnamed(folder: Path) -> int | None:
    """None where the file system, or a system without /proc, has no such files."""
    if not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, MODE)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
            return None
        raise
