"""Small files of /sys and /proc: found once, kept open, found anew when they vanish.

A device's files vanish when its driver is loaded again, and come back under other numbers (hwmon4 is hwmon5 then).
Reading a file that is open costs 1.5 us, opening it first 8."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from ovtui.host.machine.counters import Moment
from ovtui.host.machine.machine_root import is_this_machine

LOOK_AGAIN_S, LONGEST_LOOK_AGAIN_S = 10.0, 80.0
"""Files that have vanished are looked for so often at most; less and less often where each look finds them all, and yet
one answers that it is not there. A look takes some ms."""
MAX_BYTES = 16_384
_GONE = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ESRCH, errno.ENOTDIR}
_REFUSED = {errno.EACCES, errno.EPERM}
_NUMBER = re.compile(r"-?[0-9]{1,20}")

T = TypeVar("T")


class SensorTree:
    """The machine whose files are read, and what could not be. Owner: one thread."""

    def __init__(self, root: Path = Path("/"), clock: Callable[[], Moment] = Moment.now) -> None:
        self.root = root
        self.now = clock
        self.kept_open = is_this_machine(root)
        """The files of a copy are opened each time: one that is replaced would be read as it was."""
        self.refused: dict[str, str] = {}
        """Path of each file that this process may not read, and the kernel's reason; without those that it may by
        now."""


class SensorFile:
    """One file. Owner: the SensorTree's thread."""

    __slots__ = ("_fd", "_found", "path")

    def __init__(self, path: Path, found: Files) -> None:
        self.path = str(path)
        self._found = found
        self._fd = -1

    def text(self) -> str | None:
        """Without blanks around it; None for a file that cannot be read now."""
        tree = self._found.tree
        try:
            if self._fd < 0:
                self._fd = _open(self.path, as_its_mode_says=not tree.kept_open)
            data = os.pread(self._fd, MAX_BYTES, 0)
        except OSError as error:
            self._note(error)
            return None
        finally:
            if not tree.kept_open:
                self.close()
        if tree.refused:
            tree.refused.pop(self.path, None)
        return data.decode("ascii", "replace").strip()

    def number(self) -> int | None:
        """None where it is no whole number."""
        text = self.text()
        return None if text is None else whole_number(text)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()

    def _note(self, error: OSError) -> None:
        if error.errno in _REFUSED:
            self._found.tree.refused[self.path] = error.strerror or str(error)
        elif error.errno in _GONE:
            self._found.vanished = True
            self._found.tree.refused.pop(self.path, None)
            self.close()


class Files:
    """The files that one look has found."""

    def __init__(self, tree: SensorTree) -> None:
        self.tree = tree
        self.root = tree.root
        self.opened: list[SensorFile] = []
        self.vanished = False

    def open(self, path: Path) -> SensorFile | None:
        """None where there is no such file."""
        if not os.path.lexists(path):
            return None
        self.opened.append(SensorFile(path, self))
        return self.opened[-1]

    def open_all(self, paths: list[Path]) -> list[SensorFile]:
        """Those of them that exist."""
        return [file for path in paths if (file := self.open(path)) is not None]

    def close(self) -> None:
        for file in self.opened:
            file.close()


class Found(Generic[T]):
    """What `look` finds on the machine, looked for anew once a file of it has vanished, until as much is there again
    as ever was."""

    def __init__(self, tree: SensorTree, look: Callable[[Files], T]) -> None:
        self._tree, self._look = tree, look
        self._files = Files(tree)
        self._value = look(self._files)
        self._most = len(self._files.opened)
        self._looked, self._wait_s = tree.now(), LOOK_AGAIN_S

    def now(self) -> T:
        """What is there. Counters in it begin anew with each look."""
        lost = self._files.vanished or len(self._files.opened) < self._most
        if not lost or (self._tree.now().at_ns - self._looked.at_ns) / 1e9 < self._wait_s:
            return self._value
        before = [file.path for file in self._files.opened]
        self._files.close()
        self._files = Files(self._tree)
        self._value = self._look(self._files)
        paths = [file.path for file in self._files.opened]
        self._most = max(self._most, len(paths))
        all_named = paths == before and len(paths) == self._most  # and yet one of them answers that it is not there
        self._wait_s = min(2 * self._wait_s, LONGEST_LOOK_AGAIN_S) if all_named else LOOK_AGAIN_S
        self._looked = self._tree.now()
        return self._value


def whole_number(text: str) -> int | None:
    """None where the text is anything else, such as 'max', '' or 'nan', and more than a kernel's counter holds."""
    number = int(text) if _NUMBER.fullmatch(text) else None
    return number if number is not None and -(1 << 63) <= number < 1 << 64 else None


def read_text(path: Path) -> str:
    """For what does not change: read once, '' where it cannot be."""
    with contextlib.suppress(OSError):
        fd = _open(str(path), as_its_mode_says=False)
        try:
            return os.pread(fd, MAX_BYTES, 0).decode("ascii", "replace").strip()
        finally:
            os.close(fd)
    return ""


def read_number(path: Path) -> int | None:
    return whole_number(read_text(path))


def _open(path: str, *, as_its_mode_says: bool) -> int:
    """Raises OSError. In a copy of a machine the mode says what may be read there, whoever reads the copy."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if as_its_mode_says and stat.S_IMODE(os.fstat(fd).st_mode) & 0o444 == 0:
        os.close(fd)
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    return fd
