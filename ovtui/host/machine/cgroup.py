"""The cgroups around this process: quotas, throttling and memory of v1 and v2.

A process is held by every cgroup from its own up to the root, and the least of their limits counts. In a container its
own cgroup often is the root of what it sees, while /proc has the path outside of the container."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from ovtui.host.machine.counters import CounterRate
from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree, read_number, read_text, whole_number

UNLIMITED_BYTES = 1 << 62
"""v1 writes its largest number of whole pages where there is no limit."""


def cgroup_folders(root: Path = Path("/"), controller: str = "cpu") -> list[Path]:
    """The folders with this process's files of a controller, its own first, then each around it."""
    base = root / "sys/fs/cgroup"
    unified = os.path.exists(base / "cgroup.controllers")  # noqa: PTH110  pathlib raises where it may not look
    base = base if unified else base / controller
    own = base
    for line in read_text(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        named = controllers == "" and number == "0" if unified else controller in controllers.split(",")
        folder = base / path.strip().lstrip("/")
        if named and ".." not in path.split("/") and os.path.isdir(folder):  # noqa: PTH112  as above
            own = folder
            break
    return [own, *(folder for folder in own.parents if folder == base or base in folder.parents)]


def quota_cores(root: Path = Path("/")) -> float | None:
    """The least CPU quota of them, in cores; None without one."""
    return min((quota for folder in cgroup_folders(root) if (quota := _quota_of(folder)) is not None), default=None)


def _quota_of(folder: Path) -> float | None:
    words = read_text(folder / "cpu.max").split()
    if len(words) == 2:
        quota, period = whole_number(words[0]), whole_number(words[1])
    else:
        quota, period = read_number(folder / "cpu.cfs_quota_us"), read_number(folder / "cpu.cfs_period_us")
    return quota / period if quota is not None and period is not None and quota > 0 and period > 0 else None


def memory_limit_bytes(folder: Path) -> int | None:
    """Of one cgroup; None without a limit."""
    for name in ("memory.max", "memory.limit_in_bytes"):
        limit = read_number(folder / name)
        if limit is not None:
            return limit if 0 <= limit < UNLIMITED_BYTES else None
    return None


def least_memory_limit_bytes(root: Path = Path("/")) -> int | None:
    """Of this process's cgroups; None without a limit."""
    limits = (memory_limit_bytes(folder) for folder in cgroup_folders(root, "memory"))
    return min((limit for limit in limits if limit is not None), default=None)


@dataclass(slots=True)
class _Throttled:
    stat: SensorFile
    periods: CounterRate = field(default_factory=CounterRate)
    throttled: CounterRate = field(default_factory=CounterRate)


@dataclass(slots=True)
class _Memory:
    used: SensorFile
    limit_bytes: int


@dataclass(slots=True)
class _Cgroups:
    throttled: list[_Throttled]
    memory: _Memory | None
    """Of the cgroup with the least limit."""


class Cgroups:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._found = Found(tree, _look)

    def throttled_percent(self) -> float | None:
        """Share of the scheduling periods since the last call in which a quota ran out, the largest of the chain; None
        where nothing ran under a quota."""
        now, shares = self._tree.now(), []
        for cgroup in self._found.now().throttled:
            fields = _fields(cgroup.stat.text() or "")
            periods = cgroup.periods.per_second(fields.get("nr_periods"), now)
            throttled = cgroup.throttled.per_second(fields.get("nr_throttled"), now)
            if periods and throttled is not None:
                shares.append(min(100 * throttled / periods, 100.0))
        return round(max(shares), 2) if shares else None

    def memory_bytes(self) -> int | None:
        """In use by the cgroup of the chain that has the least limit, files in its page cache included; None without a
        limit."""
        memory = self._found.now().memory
        used = memory.used.number() if memory is not None else None
        return used if used is not None and used >= 0 else None

    def memory_limit_bytes(self) -> int | None:
        memory = self._found.now().memory
        return memory.limit_bytes if memory is not None else None


def _fields(text: str) -> dict[str, int]:
    """Of `cpu.stat`: a name and a number on each line."""
    found = {}
    for line in text.splitlines():
        name, _, number = line.strip().partition(" ")
        if (value := whole_number(number.strip())) is not None:
            found[name] = value
    return found


def _look(files: Files) -> _Cgroups:
    stats = files.open_all([folder / "cpu.stat" for folder in cgroup_folders(files.root)])
    limited = [
        (limit, folder)
        for folder in cgroup_folders(files.root, "memory")
        if (limit := memory_limit_bytes(folder)) is not None
    ]
    memory = None
    if limited:
        limit, folder = min(limited, key=lambda each: each[0])
        used = files.open(folder / "memory.current") or files.open(folder / "memory.usage_in_bytes")
        memory = _Memory(used, limit) if used is not None else None
    return _Cgroups([_Throttled(file) for file in stats], memory)
