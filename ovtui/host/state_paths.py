"""Where ovtui keeps what outlives a session: recordings that nobody named, and the host's own words."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ovtui.host.session_socket import SessionSocketError, private_folder
from ovtui.records.session_file.shipped import SUFFIX

KEPT_RECORDINGS = 5
"""Recordings that nobody named: the newest stay, so that a session can still be looked at after it has ended."""
_LOG_BYTES = 1 << 20
_DEVICES = "devices.json"


def state_folder() -> Path:
    """XDG_STATE_HOME/ovtui, ~/.local/state/ovtui, or /tmp/ovtui-UID where the home cannot be written to; it exists
    and is the owner's alone. Raises SessionSocketError."""
    try:
        return private_folder(_home())
    except SessionSocketError:
        return private_folder(Path(f"/tmp/ovtui-{os.getuid()}"))


def why_not_in_home() -> str:
    """Why state_folder is not in the home, as a sentence; empty where it is."""
    try:
        private_folder(_home())
    except SessionSocketError as error:
        return f"what is to outlive the session is kept in /tmp/ovtui-{os.getuid()} instead: {error}"
    return ""


def _home() -> Path:
    named = os.environ.get("XDG_STATE_HOME", "")
    return (Path(named) if named.startswith("/") else Path.home() / ".local" / "state") / "ovtui"


def new_recording() -> str:
    """A path for a session that is to be recorded without a name; makes room for it. Raises SessionSocketError."""
    folder = private_folder(state_folder() / "sessions")
    for path in unnamed_recordings()[KEPT_RECORDINGS - 1 :]:
        if not _in_use(path):
            for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
                file.unlink(missing_ok=True)
    return str(folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}{SUFFIX}")


def unnamed_recordings() -> list[Path]:
    """Those that nobody named, newest first. Raises SessionSocketError."""
    found = (state_folder() / "sessions").glob(f"*{SUFFIX}")
    return sorted(found, key=lambda path: path.name, reverse=True)


def remember_devices(found: Mapping[str, str]) -> None:
    """Keeps the devices of this machine, name to full name, for whoever must not import OpenVINO: the command line's
    completion of `--device`. Written whole or not at all; a folder that cannot be written to is passed over."""
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
    """The devices that the last session found, name to full name; empty where the file is missing or garbled."""
    try:
        found = json.loads((state_folder() / _DEVICES).read_text(encoding="utf-8"))
        return {str(name): str(full_name) for name, full_name in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def open_host_log() -> IO[bytes]:
    """Where a host's own words go: never to the terminal, on which the dashboard is drawn."""
    with contextlib.suppress(OSError):
        path = state_folder() / "host.log"
        too_long = path.exists() and path.stat().st_size > _LOG_BYTES
        return path.open("wb" if too_long else "ab")
    return Path(os.devnull).open("wb")


def _in_use(path: Path) -> bool:
    """Whether a program has it open: SQLite removes the WAL when the last one closes. One that was killed leaves it
    behind; its recording goes once it is a day old."""
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and time.time() - wal.stat().st_mtime < 86_400
