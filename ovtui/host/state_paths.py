"""Where ovtui keeps files that outlive a session: the recordings that nobody named, this machine's devices, and the
hosts' log."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ovtui.host.session_socket import SessionSocketError, check_private, private_folder
from ovtui.records.session_file.shipped import SUFFIX

KEPT_RECORDINGS = 5
"""Recordings that nobody named: the newest stay, so that a session can still be looked at after it has ended."""
KEPT_WITHOUT_REQUESTS = 2
"""Recordings that nobody named of starts that never ran a request. They do not count among the others: a model that
cannot be read five times in a row would else push out all that was measured."""
UNNAMED_RECORDING = re.compile(rf"\d{{8}}-\d{{6}}-[0-9a-f]{{6}}{re.escape(SUFFIX)}")
"""The names that `new_recording` makes. A file of any other name was named by a person and is never removed."""
_STALE_WAL_S = 86_400.0
_LOG_BYTES = 1 << 20
_DEVICES = "devices.json"


def state_folder() -> Path:
    """XDG_STATE_HOME/ovtui, ~/.local/state/ovtui, or /tmp/ovtui-UID where the home cannot be written to; it exists
    and is the owner's alone. Raises SessionSocketError."""
    try:
        return private_folder(_home_state_folder())
    except SessionSocketError:
        return private_folder(Path(f"/tmp/ovtui-{os.getuid()}"))


def _state_folder_to_read() -> Path:
    """What state_folder would return; nothing is made or changed, and it may not exist yet. Raises
    SessionSocketError."""
    folder = _home_state_folder()
    try:
        check_private(folder)
    except SessionSocketError:
        folder = Path(f"/tmp/ovtui-{os.getuid()}")
        check_private(folder)
    return folder


def why_not_in_home() -> str:
    """Why state_folder is not in the home, as a sentence; empty where it is."""
    try:
        private_folder(_home_state_folder())
    except SessionSocketError as error:
        return f"recordings and logs are kept in /tmp/ovtui-{os.getuid()} instead: {error}"
    return ""


def _home_state_folder() -> Path:
    named = os.environ.get("XDG_STATE_HOME", "")
    return (Path(named) if named.startswith("/") else Path.home() / ".local" / "state") / "ovtui"


def new_recording() -> str:
    """A path for the recording of a session that nobody named. Makes room for it: of the recordings there, the newest
    KEPT_RECORDINGS - 1 stay, KEPT_WITHOUT_REQUESTS of those that hold no request, and every older one that a program
    has open. Raises SessionSocketError when there is no folder to record into; an old recording that cannot be removed
    is left alone.

    Nothing is locked: two sessions that start at once may leave one recording more than KEPT_RECORDINGS."""
    folder = private_folder(state_folder() / "sessions")
    for path in _without_room(unnamed_recordings()):
        if not _in_use(path):
            _remove(path)
    return str(folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}{SUFFIX}")


def new_sweep_folder() -> str:
    """An empty folder for the storage of a sweep; absolute. Raises SessionSocketError when there is no folder for
    it."""
    folder = private_folder(state_folder() / "sweeps")
    return str(private_folder(folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"))


def _without_room(recordings: list[Path]) -> list[Path]:
    """Those of these, the newest first, for which a new one leaves no room. What cannot be read counts as one that
    holds requests."""
    if len(recordings) < KEPT_RECORDINGS:
        return []
    from ovtui.records.session_file.contents import holds_requests

    room = {True: KEPT_RECORDINGS - 1, False: KEPT_WITHOUT_REQUESTS}
    left_over: list[Path] = []
    for path in recordings:
        holds = holds_requests(str(path)) is not False
        room[holds] -= 1
        if room[holds] < 0:
            left_over.append(path)
    return left_over


def unnamed_recordings() -> list[Path]:
    """The recordings that nobody named, newest first, by the time in the name. Only looks. Raises
    SessionSocketError where no folder can be trusted."""
    found = (_state_folder_to_read() / "sessions").glob(f"*{SUFFIX}")
    recordings = [path for path in found if UNNAMED_RECORDING.fullmatch(path.name) and path.is_file()]
    return sorted(recordings, key=lambda path: path.name, reverse=True)


def remember_devices(found: Mapping[str, str]) -> None:
    """Stores the devices of this machine, full names by name, for the completion of `--device`: the command line does
    not import OpenVINO. The file is replaced as a whole; where the folder cannot be written to, nothing is stored."""
    if found == remembered_devices():
        return
    with contextlib.suppress(OSError):
        path = state_folder() / _DEVICES
        new = path.with_name(f"{_DEVICES}.{secrets.token_hex(4)}.new")
        try:
            new.write_text(json.dumps(dict(found)), encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def remembered_devices() -> dict[str, str]:
    """The devices that the last session found, full names by name; empty where the file is missing or damaged. Only
    looks."""
    try:
        path = _state_folder_to_read() / _DEVICES
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        "".join([*found, *found.values()]).encode()  # as Python reads them, JSON's texts may have half a character
        return dict(found)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}


def host_log_text() -> str:
    """Where a host says why it failed, for a sentence."""
    try:
        return f"{state_folder() / 'host.log'} may say why"
    except SessionSocketError:
        return "there is no log of it"


def open_host_log() -> IO[bytes]:
    """The file for a host's stdout and stderr, which must not reach the terminal: the dashboard is drawn there."""
    with contextlib.suppress(OSError):
        path = state_folder() / "host.log"
        too_long = path.exists() and path.stat().st_size > _LOG_BYTES
        return path.open("wb" if too_long else "ab")
    return Path(os.devnull).open("wb")


def _remove(path: Path) -> None:
    """Removes a recording with its WAL and shared memory; another session may be faster. Where the recording itself
    cannot be removed, the WAL stays with it: the newest requests are in there."""
    with contextlib.suppress(OSError):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _in_use(path: Path) -> bool:
    """True while any program has the recording open: the session that writes it, a replay, an SQLite shell.

    The kernel grants a write lease on a file only while nobody else has it open, whichever process or container that
    is. File systems without leases (NFS) leave the WAL as the only sign: SQLite removes it when the last program
    closes the file, and a program that was killed leaves it behind, so after a day without a write it counts no more.

    Not for a process that has this recording open by SQLite: closing any descriptor of a file drops the locks that the
    process has on it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        return error.errno == errno.EAGAIN or _has_fresh_wal(path)  # EAGAIN: another session looks at it, too
    try:
        # Whoever opens the file meanwhile waits for the lease's end, a few us, and the kernel notifies the holder: by
        # SIGIO, which would end the process, or by a signal that is ignored unless somebody handles it.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN or _has_fresh_wal(path)
    finally:
        os.close(fd)
    return False


def _has_fresh_wal(path: Path) -> bool:
    try:
        return time.time() - path.with_name(path.name + "-wal").stat().st_mtime < _STALE_WAL_S
    except OSError:
        return False
