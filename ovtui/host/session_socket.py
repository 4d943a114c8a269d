"""How a session is found: a Unix socket in a folder that only its owner can enter. Both ends check folder and peer."""

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

SOCKET_SUFFIX = ".sock"
NEW_SUFFIX = ".new"
"""Suffix of a socket that does not listen yet, for some milliseconds."""
STALE_S = 60.0
"""A NEW_SUFFIX file older than this was left by a host that was killed in between."""
LISTEN_BACKLOG = 8
"""Connections that the kernel queues until the host accepts them."""
_UCRED = struct.Struct("iII")


class SessionSocketError(OSError):
    """The folder or the socket cannot be made, reached or trusted. The text is one sentence for a person."""

    def __str__(self) -> str:
        return str(self.args[0])


def socket_folder() -> Path:
    """XDG_RUNTIME_DIR/ovtui, or /tmp/ovtui-UID where that variable is not set. May not exist yet."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(runtime) / "ovtui" if runtime.startswith("/") else Path(f"/tmp/ovtui-{os.getuid()}")


def private_folder(path: Path) -> Path:
    """Makes the folder, or checks that it is the user's and closes it to everybody else. Returns `path`. Raises
    SessionSocketError when it belongs to somebody else, is no folder or cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise SessionSocketError(f"{path} is not a folder")
        if status.st_uid != os.getuid():
            raise SessionSocketError(f"{path} belongs to another user")
        if status.st_mode & 0o077:
            path.chmod(0o700)
    except SessionSocketError:
        raise
    except OSError as error:
        raise SessionSocketError(f"{path}: {error.strerror}") from None
    return path


def check_private(path: Path) -> None:
    """Like private_folder, but only looks: nothing is made or changed. Raises SessionSocketError where that would."""
    try:
        there = next(each for each in (path, *path.parents) if os.path.lexists(each))
        if not there.is_dir() or (there == path and path.is_symlink()):
            raise SessionSocketError(f"{there} is not a folder")
        if there == path and path.lstat().st_uid != os.getuid():
            raise SessionSocketError(f"{path} belongs to another user")
        if there != path and not os.access(there, os.W_OK | os.X_OK):
            raise SessionSocketError(f"{path}: cannot be made in {there}")
    except SessionSocketError:
        raise
    except OSError as error:
        raise SessionSocketError(f"{path}: {error.strerror}") from None


class SessionSocket:
    """The host's listening socket. Owner: the server's loop."""

    def __init__(self) -> None:
        """Binds, listens and takes a free name. Raises SessionSocketError."""
        folder = private_folder(socket_folder())
        _remove_stale(folder)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Under another name until it listens: clients take a socket that does not listen for that of a killed host.
        new = folder / f"{new_session_name()}{NEW_SUFFIX}"
        before = os.umask(0o177)
        try:
            with _short_address(new) as address:
                self._listener.bind(address)
            self._listener.listen(LISTEN_BACKLOG)
            self._listener.setblocking(False)
            self.path = _link_to_free_name(new)
        except OSError as error:
            self._listener.close()
            raise SessionSocketError(f"{folder}: {error.strerror or error}") from None
        finally:
            os.umask(before)
            new.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """The session's name."""
        return self.path.stem

    def fileno(self) -> int:
        return self._listener.fileno()

    def accept(self) -> socket.socket | None:
        """The next connection; None when it came from another user or is closed already."""
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return None
        if not is_same_user(connection):
            connection.close()
            return None
        return connection

    def close(self) -> None:
        self._listener.close()
        self.path.unlink(missing_ok=True)


def new_session_name() -> str:
    """A random name. Not the process id: two containers that share the folder may both have a process 7."""
    return secrets.token_hex(4)


def _remove_stale(folder: Path) -> None:
    for path in folder.glob(f"*{NEW_SUFFIX}"):
        with contextlib.suppress(OSError):  # another host has removed it
            if path.stat().st_mtime < time.time() - STALE_S:
                path.unlink()


def _link_to_free_name(new: Path) -> Path:
    """Links the socket to a name that no other session has."""
    while True:
        path = new.with_name(f"{new_session_name()}{SOCKET_SUFFIX}")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(new)
            return path


@contextlib.contextmanager
def _short_address(path: Path) -> Iterator[str]:
    """An address for a socket in a folder of any path length: a socket's address is limited to 107 bytes."""
    folder_fd = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder_fd}/{path.name}"
    finally:
        os.close(folder_fd)


def is_same_user(connection: socket.socket) -> bool:
    """True when the process at the other end runs as the same user."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(data)
    return bool(uid == os.getuid())


def connect(session: str) -> socket.socket:
    """Connects to a session's host. Raises SessionSocketError when there is none, and removes its socket then."""
    path = socket_folder() / f"{session}{SOCKET_SUFFIX}"
    if not path.exists():
        raise SessionSocketError(f"there is no session {session}")
    private_folder(path.parent)
    try:
        return _connected(path)
    except ConnectionRefusedError:
        with contextlib.suppress(OSError):  # its host was killed
            path.unlink()
        raise SessionSocketError(f"there is no session {session} any more") from None
    except SessionSocketError:
        raise
    except OSError as error:
        raise SessionSocketError(f"{path}: {error.strerror}") from None


def is_listened_to(session: str, timeout_s: float) -> bool:
    """True where a host accepts a connection at the session's socket. Only looks: `connect` would remove the socket
    that a killed host has left."""
    path = socket_folder() / f"{session}{SOCKET_SUFFIX}"
    try:
        check_private(path.parent)
        _connected(path, timeout_s).close()
    except OSError:
        return False
    return True


def _connected(path: Path, timeout_s: float | None = None) -> socket.socket:
    """A connection to a host of the same user; blocking unless there is a timeout. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if timeout_s is not None:
            connection.settimeout(timeout_s)
        with _short_address(path) as address:
            connection.connect(address)
        if not is_same_user(connection):
            raise SessionSocketError(f"{path} is served by another user")
    except OSError:
        connection.close()
        raise
    return connection


def resolve_name(begin: str) -> str:
    """The session of that name, or the only one whose name begins so. Raises SessionSocketError when there is none or
    there are several."""
    found = [name for name in session_names() if name.startswith(begin)]
    if begin in found or len(found) == 1:
        return begin if begin in found else found[0]
    if found:
        raise SessionSocketError(f"{begin} is the beginning of several sessions: {', '.join(found)}")
    raise SessionSocketError(f"there is no session {begin}")


def session_names() -> list[str]:
    """The sessions that have a socket, oldest first. A killed host may have left one of them."""
    found = []
    for path in socket_folder().glob(f"*{SOCKET_SUFFIX}"):
        with contextlib.suppress(OSError):
            found.append((path.stat().st_mtime_ns, path.stem))
    return [name for _, name in sorted(found)]
