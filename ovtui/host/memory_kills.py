"""Whether the kernel killed a process for want of memory: what its control group, those above it and the machine count
before and after. Nothing else tells: the kernel's log is for root, and the signal is the one that a person sends."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

LOOK_S = 1.0
"""How old what was counted before may be. A kill of another process of the group within this time is taken for that of
the engine, where that one was killed then, too."""
_NO_LIMIT = 1 << 60
"""The first version of control groups has a number that no machine reaches."""


@dataclass(frozen=True, slots=True)
class GroupMemory:
    """A control group's own limit and what it has counted; None where it does not tell."""

    folder: Path
    limit_bytes: int | None = None
    kills: int | None = None
    limit_reached: int | None = None
    """How often its limit left the kernel nothing but to kill; the first version does not count it."""


@dataclass(frozen=True, slots=True)
class MemoryCounts:
    groups: tuple[GroupMemory, ...] = ()
    """The process's own group, then those above it."""
    machine_kills: int | None = None


def memory_counts(pid: int | str = "self", root: Path = Path("/")) -> MemoryCounts:
    """Takes some 0.1 ms."""
    folder, base, new = _own_folder(pid, root)
    groups: list[GroupMemory] = []
    while folder is not None and base is not None and folder.is_relative_to(base):
        groups.append(_group(folder, new))
        folder = folder.parent
    return MemoryCounts(tuple(groups), _counts(root / "proc/vmstat").get("oom_kill"))


def _own_folder(pid: int | str, root: Path) -> tuple[Path | None, Path | None, bool]:
    """The group's folder, that of the topmost one, and whether they are of the second version. Within a container the
    own group often is the topmost one, while /proc has the path outside of it."""
    base = root / "sys/fs/cgroup"
    lines = [line.split(":", 2) for line in _text(root / f"proc/{pid}/cgroup").splitlines() if line.count(":") > 1]
    new = (base / "cgroup.controllers").exists()
    base = base if new else base / "memory"
    for _, controllers, path in lines:
        if (not controllers) if new else "memory" in controllers.split(","):
            own = base / path.lstrip("/")
            return (own if own.is_dir() and ".." not in own.parts else base), base, new
    return None, None, new


def _group(folder: Path, new: bool) -> GroupMemory:
    limit = _text(folder / ("memory.max" if new else "memory.limit_in_bytes")).strip()
    counts = _counts(folder / ("memory.events" if new else "memory.oom_control"))
    limit_bytes = int(limit) if limit.isdigit() and int(limit) < _NO_LIMIT else None
    return GroupMemory(folder, limit_bytes, counts.get("oom_kill"), counts.get("oom") if new else None)


def killed_by(before: MemoryCounts, after: MemoryCounts) -> str:
    """Who killed a process that ended with SIGKILL between the two, and not by ovtui: a phrase; '' where nothing tells
    it."""
    earlier = {group.folder: group for group in before.groups}
    known = [(earlier[group.folder], group) for group in after.groups if group.folder in earlier]
    if any(_rose(old.kills, new.kills) for old, new in known):
        limited = next((new for old, new in known if _rose(old.limit_reached, new.limit_reached)), None)
        if all(new.limit_reached is None for _, new in known):
            with_limit = [new for _, new in known if new.limit_bytes]
            limited = min(with_limit, key=lambda new: new.limit_bytes or 0, default=None)
        return _out_of_memory(limited)
    if any(new.kills is not None for _, new in known):
        return "by a person or a program other than ovtui; the kernel counts no lack of memory"
    if before.machine_kills is None or after.machine_kills is None:
        return ""
    if after.machine_kills > before.machine_kills:
        return "most likely by the kernel, which killed for want of memory at that time"
    return "by a person or a program other than ovtui; the kernel counts no lack of memory"


def _out_of_memory(limited: GroupMemory | None) -> str:
    if limited is None or limited.limit_bytes is None:
        return "by the kernel: the machine was out of memory"
    return f"by the kernel: out of memory, the cgroup's limit is {limited.limit_bytes / (1 << 20):,.0f} MiB"


def _rose(before: int | None, after: int | None) -> bool:
    return before is not None and after is not None and after > before


class MemoryKills:
    """What is counted while an engine runs. `look` on one thread, `killed_by` on any."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._seen = (memory_counts(root=root),) * 2
        self._looked_s = time.monotonic()

    def look(self, now_s: float) -> None:
        """To be called from time to time: the older of the last two looks is compared with, because a newer one may
        come between the kill and its discovery."""
        if now_s - self._looked_s >= LOOK_S:
            self._seen, self._looked_s = (self._seen[1], memory_counts(root=self._root)), now_s

    def killed_by(self) -> str:
        return killed_by(self._seen[0], memory_counts(root=self._root))


def _counts(path: Path) -> dict[str, int]:
    """Of a file with a name and a number on each line."""
    pairs = (line.split() for line in _text(path).splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
