"""The machine's files as the doctor reads them, below a root that stands for '/': names are those of the machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAX_BYTES = 4 << 20
"""Of one file; modules.alias and pci.ids have 1 to 2 MB."""

_CANNOT = (OSError, ValueError)
"""ValueError of a name with a NUL, which a damaged file may give."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a file is and who may do what with it."""

    uid: int
    gid: int
    mode: int


class MachineTree:
    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    @property
    def is_real(self) -> bool:
        """False for a folder that stands for a machine: then no library of this machine says anything of it."""
        return self.root == Path("/")

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")

    def text(self, name: str) -> str | None:
        """None where it cannot be read. A pipe that lies in its place is not waited for."""
        try:
            fd = os.open(self.path(name), os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            with open(fd, "rb") as file:  # noqa: PTH123
                return file.read(_MAX_BYTES).decode(errors="surrogateescape")
        except _CANNOT:
            return None

    def word(self, name: str) -> str:
        return (self.text(name) or "").strip()

    def lines(self, name: str) -> list[str]:
        return (self.text(name) or "").splitlines()

    def exists(self, name: str) -> bool:
        return os.path.lexists(self.path(name))

    def reaches(self, name: str) -> bool:
        """There is a file, at the end of a link as well, and this process may look for it."""
        return os.path.exists(self.path(name))  # noqa: PTH110  as below

    def is_folder(self, name: str) -> bool:
        return os.path.isdir(self.path(name))  # noqa: PTH112  pathlib raises where it may not look

    def names(self, folder: str) -> list[str]:
        """Of what is in a folder, sorted; empty where it cannot be read."""
        try:
            return sorted(os.listdir(self.path(folder)))  # noqa: PTH208  half as much work as pathlib's
        except _CANNOT:
            return []

    def link_end(self, name: str) -> str:
        """The last part of what a link points to; '' where it is none."""
        try:
            return os.readlink(self.path(name)).rpartition("/")[2]  # noqa: PTH115
        except _CANNOT:
            return ""

    def owner(self, name: str) -> Owner | None:
        try:
            found = self.path(name).stat()
        except _CANNOT:
            return None
        return Owner(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))

    def changed_s(self, name: str) -> float | None:
        """When the file was last written, in seconds of the epoch."""
        try:
            return self.path(name).stat().st_mtime
        except _CANNOT:
            return None

    def library(self, name: str, folders: tuple[str, ...] = ()) -> str:
        """The path of a shared library in the folders that the loader of programs usually looks into; '' for none."""
        return next(self.libraries(name, folders), "")

    def libraries(self, name: str, folders: tuple[str, ...] = ()) -> Iterator[str]:
        for folder in (*folders, *LIBRARY_FOLDERS):
            if folder and self.reaches(f"{folder}/{name}"):
                yield f"{folder}/{name}"


LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
    "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/usr/local/lib", "/usr/lib/wsl/lib",
)  # fmt: skip
