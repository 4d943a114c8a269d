"""Where a session can be found: a Unix socket in a folder that is the owner's alone, and checked on both sides."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import stat
import struct
import time
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".sock"
NEW = ".new"
"""Of a socket that does not listen yet, for milliseconds."""
STALE_S = 60.0
"""One that is older was left by a host that was killed in between."""
WAITING = 8
"""Connections the kernel holds until the host takes them."""
_UCRED = struct.Struct("iII")


class DoorError(OSError):
    """The folder or the socket cannot be trusted or made; says why in one sentence."""

    def __str__(self) -> str:
        return str(self.args[0])


def folder() -> Path:
    """XDG_RUNTIME_DIR/ovtui, or /tmp/ovtui-UID where there is no such variable. Not made here."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) / "ovtui" if runtime.startswith("/") else Path(f"/tmp/ovtui-{os.getuid()}")


def private_folder(path: Path) -> Path:
    """Makes the folder, or makes sure that nobody else can enter or replace it. Raises DoorError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise DoorError(f"{path} is not a folder")
        if status.st_uid != os.getuid():
            raise DoorError(f"{path} belongs to another user")
        if status.st_mode & 0o077:
            path.chmod(0o700)
    except DoorError:
        raise
    except OSError as error:
        raise DoorError(f"{path}: {error.strerror}") from None
    return path


class Door:
    """The host's listening socket. Owner: the server's loop."""

    def __init__(self) -> None:
        """Raises DoorError."""
        place = private_folder(folder())
        _sweep(place)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Under another name until it listens: a socket at which nobody listens is taken for a killed host's.
        new = place / f"{new_name()}{NEW}"
        before = os.umask(0o177)
        try:
            with _short(new) as address:
                self._listener.bind(address)
            self._listener.listen(WAITING)
            self._listener.setblocking(False)
            self.path = _linked(new)
        except OSError as error:
            self._listener.close()
            raise DoorError(f"{place}: {error.strerror or error}") from None
        finally:
            os.umask(before)
            new.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The session's."""
        return self.path.stem

    def fileno(self) -> int:
        return self._listener.fileno()

    def accept(self) -> socket.socket | None:
        """The next connection of the same user; None when it was somebody else's or is gone again."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return None
        if not is_ours(connection):
            connection.close()
            return None
        return connection

    def close(self) -> None:
        self._listener.close()
        self.path.unlink(missing_ok=True)


def new_name() -> str:
    """Not the process id: two containers that share the folder both have a process 7."""
    return secrets.token_hex(4)


def _sweep(place: Path) -> None:
    for path in place.glob(f"*{NEW}"):
        with contextlib.suppress(OSError):  # another host was faster
            if path.stat().st_mtime < time.time() - STALE_S:
                path.unlink()


def _linked(new: Path) -> Path:
    """Gives it a name that no other session has."""
    while True:
        path = new.with_name(f"{new_name()}{SUFFIX}")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(new)
            return path


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address of any folder's socket: by itself a socket's path is limited to 107 bytes."""
    folder_fd = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder_fd}/{path.name}"
    finally:
        os.close(folder_fd)


def is_ours(connection: socket.socket) -> bool:
    """Whether the process at the other end runs as the same user."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(data)
    return bool(uid == os.getuid())


def connect(session: str) -> socket.socket:
    """A connection to a session's host. Raises DoorError when there is none, and then its socket is removed."""
    path = folder() / f"{session}{SUFFIX}"
    if not path.exists():
        raise DoorError(f"there is no session {session}")
    private_folder(path.parent)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with _short(path) as address:
            connection.connect(address)
        if not is_ours(connection):
            raise DoorError(f"{path} is served by another user")
    except ConnectionRefusedError:
        connection.close()
        with contextlib.suppress(OSError):  # its host was killed
            path.unlink()
        raise DoorError(f"there is no session {session} any more") from None
    except OSError as error:
        connection.close()
        raise error if isinstance(error, DoorError) else DoorError(f"{path}: {error.strerror}") from None
    return connection


def named(begin: str) -> str:
    """The session of that name, or the only one whose name begins so. Raises DoorError."""
    found = [name for name in names() if name.startswith(begin)]
    if begin in found or len(found) == 1:
        return begin if begin in found else found[0]
    if found:
        raise DoorError(f"{begin} is the beginning of several sessions: {', '.join(found)}")
    raise DoorError(f"there is no session {begin}")


def names() -> list[str]:
    """The sessions that have a socket, oldest first; whether anybody listens shows when connecting."""
    found = []
    for path in folder().glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime_ns, path.stem))
    return [name for _, name in sorted(found)]
