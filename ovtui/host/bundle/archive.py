"""The one file: a .tar.gz that has no name until it is whole. What of it tells of who made it is left out: owners,
groups, and the names of files on this machine."""

from __future__ import annotations

import errno
import gzip
import os
import secrets
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
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
    unnamed = _open_unnamed(target.parent)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    fd = os.open(beside, flags, MODE) if unnamed is None else unnamed
    try:
        with open(fd, "wb") as file:  # noqa: PTH123
            yield file
            file.flush()
            os.fsync(fd)
            if unnamed is not None and not replace and _has_linked(lambda: _link(fd, target)):
                return
            if unnamed is not None and not _has_linked(lambda: _link(fd, beside)):
                _copy(fd, beside)
        if replace:
            beside.replace(target)
        elif not _has_linked(lambda: os.link(beside, target)):
            if target.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink()


def _has_linked(link: Callable[[], None]) -> bool:
    """False where the file system has no second names for files, as that of a memory stick. Raises FileExistsError."""
    try:
        link()
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _copy(fd: int, path: Path) -> None:
    os.lseek(fd, 0, os.SEEK_SET)
    with open(os.dup(fd), "rb") as source, path.open("xb") as copy:  # noqa: PTH123
        path.chmod(MODE)
        shutil.copyfileobj(source, copy)
        copy.flush()
        os.fsync(copy.fileno())


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
        return os.open(folder, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, MODE)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
            return None
        raise
