"""The folders of the fleet's on a box, what was pushed there, and how it is locked and removed.

Below `~/.local/share/ovtui/fleet`, or XDG_DATA_HOME: `wheels`, `venvs/DIGEST`, the link `venv` to one of these,
`pushed.json` and `lock`. No link is followed that leads out of it, and nothing of another name is removed."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any

DIGEST = re.compile(r"[0-9a-f]{16}")


class Trouble(Exception):
    """The text is a sentence for a person. `kind`: a FaultKind of ovtui/fleet/box.py."""

    def __init__(self, text: str, kind: str = "failed") -> None:
        super().__init__(text)
        self.kind = kind


def xdg(variable: str, default: str) -> Path:
    named = os.environ.get(variable, "")
    return Path(named if named.startswith("/") else f"{os.environ['HOME']}/{default}") / "ovtui" / "fleet"


def data_folder() -> Path:
    return xdg("XDG_DATA_HOME", ".local/share")


def own_folder(folder: Path, *, make: bool) -> bool:
    """Whether a folder of the fleet's is there, and no link in its place leads elsewhere. Raises Trouble, OSError."""
    for each in (folder.parent, folder):
        if each.is_symlink():
            raise Trouble(f"{each} is a link to {each.readlink()}, which is not followed: remove the link")
    if make:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.exists() and folder.stat().st_uid != os.getuid():
        raise Trouble(f"{folder} belongs to another account")
    return folder.is_dir()


def own_folder_below(folder: Path, *, make: bool) -> None:
    if folder.is_symlink():
        raise Trouble(f"{folder} is a link to {folder.readlink()}, which is not followed: remove the link")
    if make:
        folder.mkdir(mode=0o700, exist_ok=True)


def free_bytes(folder: Path) -> int:
    """Of the file system that the folder is on, or would be."""
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def sha256(path: Path) -> str:
    """'' where it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ""
    digest = hashlib.sha256()
    with open(fd, "rb") as file:  # noqa: PTH123
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def read_marker(data: Path) -> dict[str, Any] | None:
    """What was pushed, by pushed.json; None where nothing was."""
    try:
        found = json.loads((data / "pushed.json").read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and DIGEST.fullmatch(str(found.get("digest"))) else None


def write_marker(data: Path, marker: dict[str, Any]) -> None:
    new = data / f".pushed-{os.getpid()}"
    try:
        new.write_text(json.dumps(marker))
        new.replace(data / "pushed.json")
    finally:
        new.unlink(missing_ok=True)


def take_lock(data: Path) -> int:
    """Raises Trouble where another push is at work."""
    fd = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise Trouble("another ovtui fleet push or remove is at work there; wait for its end") from None
    return fd


def tree_bytes(path: Path) -> int:
    total = path.lstat().st_size if os.path.lexists(path) else 0
    if path.is_dir() and not path.is_symlink():
        for folder, _, names in os.walk(path):
            total += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)  # noqa: PTH118
    return total


def remove_tree(path: Path) -> None:
    """A link is taken away, never what it leads to."""
    if not os.path.lexists(path):
        return
    if stat.S_ISDIR(path.lstat().st_mode):
        shutil.rmtree(path)
    else:
        path.unlink()


def remove_empty(folder: Path) -> None:
    """The fleet's folder and ovtui's around it, where nothing else is in them."""
    for each in (folder, folder.parent):
        try:
            each.rmdir()
        except OSError:
            return
