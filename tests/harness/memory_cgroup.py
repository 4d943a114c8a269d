"""A control group of this process's own one, in which the kernel kills for want of memory, as in a container."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.program import LIMIT_S

ROOM_BYTES = 96 << 20
"""What may be taken beyond what is in use before the kernel kills."""
_HOG = f"""
import sys
group, pid = sys.argv[1:]
open(f"{{group}}/cgroup.procs", "w").write("0")
held = []
try:
    while len(held) < {ROOM_BYTES >> 19}:
        if open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[0] in "ZX":
            break
        held.append(b"x" * (1 << 20))
except (FileNotFoundError, ProcessLookupError):
    pass
"""
"""Takes memory until that process is gone."""


class MemoryCgroup:
    """Raises OSError where this machine lets none be made: who may write into the own group's folder can."""

    def __init__(self, name: str) -> None:
        own, self._new = _own_group()
        self.path = own / name
        self.path.mkdir()
        try:
            if self._new and "memory" not in (self.path / "cgroup.controllers").read_text().split():
                (own / "cgroup.subtree_control").write_text("+memory")  # refused where processes are in that group
        except OSError:
            self.path.rmdir()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_s = time.monotonic() + LIMIT_S
        while True:
            try:
                self.path.rmdir()
                return
            except OSError:  # a process in it is not quite gone
                if time.monotonic() > end_s:
                    raise
                time.sleep(0.05)

    def command(self, words: Sequence[str]) -> list[str]:
        """The command within the group, with all that it starts."""
        return ["/bin/sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"', str(self.path), *words]

    def kill(self, pid: int) -> None:
        """Has the kernel find no memory for the group, and take this process of it for the one to be killed."""
        with contextlib.suppress(OSError):  # it has ended
            Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
        used, limit = ("memory.current", "memory.max") if self._new else (_USED, _LIMIT)
        most = int((self.path / used).read_text()) + ROOM_BYTES
        (self.path / limit).write_text(str(most))
        subprocess.run([sys.executable, "-c", _HOG, str(self.path), str(pid)], check=False)
        (self.path / limit).write_text("max" if self._new else "-1")

    @property
    def killed(self) -> int:
        """How many processes the kernel has killed in it for want of memory."""
        text = (self.path / ("memory.events" if self._new else "memory.oom_control")).read_text()
        return int(dict(line.split() for line in text.splitlines())["oom_kill"])


_USED, _LIMIT = "memory.usage_in_bytes", "memory.limit_in_bytes"
"""Of the first version of control groups."""


def _own_group() -> tuple[Path, bool]:
    """Its folder, and whether it is of the second version."""
    groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    for _, controllers, path in groups:
        for _, folder, kind, options, *_ in mounts:
            if kind == "cgroup" and "memory" in controllers.split(",") and "memory" in options.split(","):
                return Path(folder + path), False
    for _, controllers, path in groups:
        for _, folder, kind, *_ in mounts:
            if kind == "cgroup2" and not controllers:
                return Path(folder + path), True
    raise OSError("there are no control groups")
