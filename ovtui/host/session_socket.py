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
ANSWER_S = 4.0
"""How long a host may take to answer a client. A busy machine keeps one waiting for some tenths of a second."""
LISTEN_BACKLOG = 128
"""Connections that the kernel queues until the host accepts them. Each command that finds the host stopped leaves one
there."""
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


class NoSession(SessionSocketError):
    """There is no such session, or no more."""


class HostSilent(SessionSocketError):
    """The host is there and does not answer."""

    def __init__(self, session: str, pid: int, waited_s: float) -> None:
        """`pid`: 0 where it is not known."""
        super().__init__(silence_text(session, pid, waited_s))
        self.session, self.pid = session, pid


def silence_text(session: str, pid: int, waited_s: float) -> str:
    """One sentence: that a session's host has not answered for that time, and what to do. `session`: empty where it
    needs no name, `pid`: 0 where it is not known."""
    of = f" of session {session}" if session else ""
    if not pid:
        return f"the host{of} does not answer for {waited_s:.0f} s; its process is not known from here"
    from ovtui.host.standstill_watch import is_stopped

    force = f" or ovtui stop --force {session}" if session else ""
    if is_stopped(pid):
        remedy = f"it is stopped: kill -CONT {pid} lets it go on, kill -9 {pid}{force} ends it"
    else:
        remedy = f"try again later, or kill -9 {pid}{force} ends it"
    return f"the host{of} (pid {pid}) does not answer for {waited_s:.0f} s; {remedy}"


class SessionSocket:
    """The host's listening socket. Owner: the server's loop."""

    def __init__(self) -> None:
        """Binds, listens and takes a free name. Raises SessionSocketError."""
        folder = private_folder(socket_folder())
        _remove_stale(folder)
        remove_dead_sockets()
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


def remove_dead_sockets() -> None:
    """Removes the sockets that killed hosts have left. Only this user's, and only where nothing is bound to them: a
    host's socket gets its name when it listens already, and a name that exists is never taken again."""
    for name in session_names():
        path = socket_folder() / f"{name}{SOCKET_SUFFIX}"
        with contextlib.suppress(OSError):
            status = path.lstat()
            if stat.S_ISSOCK(status.st_mode) and status.st_uid == os.getuid() and not _is_bound(path):
                path.unlink()


def _is_bound(path: Path) -> bool:
    """Whether a process holds the socket at `path` open. Asks with a socket of the wrong type, which the kernel refuses
    in either case: the host notices nothing, also where it is stopped or has no connection to give. True where it
    cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wrong, _short_address(path) as address:
        try:
            wrong.connect(address)
        except ConnectionRefusedError:
            return False
        except OSError:  # EPROTOTYPE
            pass
    return True


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
    return _credentials(connection)[1] == os.getuid()


def peer_pid(connection: socket.socket) -> int:
    """The process at the other end: which connected, or which listens. 0 where it is in another container."""
    return _credentials(connection)[0]


def _credentials(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, _ = _UCRED.unpack(data)
    return int(pid), int(uid)


def connect(session: str, timeout_s: float | None = None) -> socket.socket:
    """Connects to a session's host; the connection then has that timeout. Raises NoSession when there is none, and
    removes its socket then; HostSilent where its queue is full for that time; SessionSocketError otherwise."""
    path = socket_folder() / f"{session}{SOCKET_SUFFIX}"
    if not os.path.lexists(path):
        raise NoSession(f"there is no session {session}")
    private_folder(path.parent)
    try:
        return _connected(path, timeout_s)
    except ConnectionRefusedError:
        remove_dead_sockets()  # its host was killed
        raise NoSession(f"there is no session {session} any more") from None
    except FileNotFoundError:
        raise NoSession(f"there is no session {session} any more") from None
    except SessionSocketError:
        raise
    except (TimeoutError, BlockingIOError):
        raise HostSilent(session, 0, timeout_s or 0.0) from None
    except OSError as error:
        raise SessionSocketError(f"{path}: {error.strerror}") from None


def is_listened_to(session: str) -> bool:
    """True where a host holds the session's socket. Only looks: `connect` would remove the socket that a killed host
    has left."""
    path = socket_folder() / f"{session}{SOCKET_SUFFIX}"
    try:
        check_private(path.parent)
        return stat.S_ISSOCK(path.lstat().st_mode) and _is_bound(path)
    except OSError:
        return False


def _connected(path: Path, timeout_s: float | None) -> socket.socket:
    """A connection to a host of the same user; blocking unless there is a timeout. Raises OSError."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        # Not by settimeout: such a connect gives up at once where the host's queue is full.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(timeout_s or 0.0))
        with _short_address(path) as address:
            connection.connect(address)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(0.0))
        connection.settimeout(timeout_s)
        if not is_same_user(connection):
            raise SessionSocketError(f"{path} is served by another user")
    except OSError:
        connection.close()
        raise
    return connection


def _timeval(time_s: float) -> bytes:
    """For setsockopt; 0 for no limit."""
    return struct.pack("ll", int(time_s), int(time_s % 1 * 1e6))


def resolve_name(begin: str) -> str:
    """The session of that name, or the only one whose name begins so. Raises SessionSocketError when there is none or
    there are several."""
    found = [name for name in session_names() if name.startswith(begin)]
    if begin in found or len(found) == 1:
        return begin if begin in found else found[0]
    if found:
        raise SessionSocketError(f"{begin} is the beginning of several sessions: {', '.join(found)}")
    raise NoSession(f"there is no session {begin}")


def session_names() -> list[str]:
    """The sessions that have a socket, oldest first. A killed host may have left one of them; `remove_dead_sockets`
    before it. What is no socket is not listed."""
    found = []
    for path in socket_folder().glob(f"*{SOCKET_SUFFIX}"):
        with contextlib.suppress(OSError):
            status = path.lstat()
            if stat.S_ISSOCK(status.st_mode):
                found.append((status.st_mtime_ns, path.stem))
    return [name for _, name in sorted(found)]
