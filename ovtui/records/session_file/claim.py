"""Who may record into a file: of several that want the same one, exactly one.

A command that names a file claims it before it starts a host: it makes the file, which only one can, and leaves it
empty. The host takes the empty file over, and as long as it records holds a lock on it, by which readers tell a session
that is being recorded from one that was killed. No numpy here, as in everything that the host imports."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from pathlib import Path

LONGEST_NAME_BYTES, LONGEST_PATH_BYTES = 247, 504
"""What SQLite can open: it has room for 512 bytes, and lays a file beside it whose name is 8 longer."""
_TRIES = 50
_PAUSE_S = 0.02
"""A command that ends looks at the file that it claimed for less than a millisecond."""


def claim_file(path: str) -> int:
    """A descriptor of a file that is made, or of an empty one that was, with a lock that other hosts and readers see.
    It has to stay open. Raises OSError; FileExistsError where there is a file that holds something, or is taken."""
    for left in reversed(range(_TRIES)):
        fd = _open(path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            if not left:
                raise _exists(path) from None
            time.sleep(_PAUSE_S)
            continue
        except OSError:  # a file system without locks: making the file was the claim
            return fd
        if _is_still(path, fd):
            if os.fstat(fd).st_size == 0:
                return fd
            os.close(fd)
            raise _exists(path)
        os.close(fd)  # whoever claimed it has just given it up
    raise _exists(path)


def make_claim(path: str) -> tuple[int, int]:
    """Makes an empty file, which must not exist; returns what identifies it. Raises OSError."""
    if is_too_long(path):
        limits = f"a name may have {LONGEST_NAME_BYTES} bytes, a path {LONGEST_PATH_BYTES}"
        raise OSError(errno.ENAMETOOLONG, f"{os.strerror(errno.ENAMETOOLONG)}; {limits}", path)
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        made = os.fstat(fd)
    finally:
        os.close(fd)
    return made.st_dev, made.st_ino


def is_too_long(path: str) -> bool:
    """SQLite cannot open it, whatever the file system says."""
    whole = os.fsencode(os.path.realpath(path))
    return len(whole) > LONGEST_PATH_BYTES or len(os.path.basename(whole)) > LONGEST_NAME_BYTES  # noqa: PTH119


def give_up(path: str, claim: tuple[int, int]) -> None:
    """Removes the file that was claimed, if no host has taken it over."""
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            there = os.fstat(fd)
            if (there.st_dev, there.st_ino) == claim and there.st_size == 0:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still(path, fd) and os.fstat(fd).st_size == 0:
                    Path(path).unlink()
        finally:
            os.close(fd)


def remove_claimed(path: str, fd: int) -> None:
    """Removes a file that was claimed and whose recording could not be started, with what SQLite laid beside it."""
    with contextlib.suppress(OSError):
        if _is_still(path, fd):
            for suffix in ("", "-wal", "-shm", "-journal"):
                with contextlib.suppress(FileNotFoundError):
                    Path(path + suffix).unlink()


def _open(path: str) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:  # given up meanwhile
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            raise _exists(path) from None
    if os.fstat(fd).st_size:
        os.close(fd)
        raise _exists(path)
    return fd


def _is_still(path: str, fd: int) -> bool:
    try:
        named, opened = Path(path).lstat(), os.fstat(fd)
    except OSError:
        return False
    return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)


def _exists(path: str) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "that exists already; name a new file", path)
