"""The CPU time of the machine's processes, by /proc: who takes the cores beside the session.

One look at 300 processes costs 5 ms, so it is only taken while others take many cores."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from ovtui.settings.shown_text import shown

MOST_PROCESSES = 2_048
"""Of more the rest is not looked at: it counts as not seen."""
_STAT_BYTES = 1_024
_DEEPEST = 64
"""Of a chain of parents."""


class ProcessTime(NamedTuple):
    pid: int
    name: str
    """As the kernel has it, at most 15 bytes, as it is shown."""
    parent: int
    cpu_s: float
    """Since its start."""
    started: int
    """When, in the kernel's ticks: a number that is used again is another process."""
    children_s: float
    """CPU time of its children that have ended and that it has waited for."""


class CoresTaken(NamedTuple):
    """Between two looks, in cores."""

    others: list[tuple[ProcessTime, float]]
    """Of each process that is neither the session's nor descends from it, the busiest first."""
    others_children: float
    """Of their children that have ended meanwhile, at most: what these took before the first look is in it."""
    ours: float
    """Of the processes that descend from the session's, these themselves left out."""


def process_times(root: Path, ticks_per_s: int) -> dict[int, ProcessTime]:
    """By process id: those that can be seen."""
    found: dict[int, ProcessTime] = {}
    try:
        with os.scandir(root / "proc") as entries:
            for entry in entries:
                if entry.name.isdecimal() and (read := process_time(root, int(entry.name), ticks_per_s)) is not None:
                    found[read.pid] = read
                    if len(found) >= MOST_PROCESSES:
                        break
    except OSError:
        pass
    return found


def process_time(root: Path, pid: int, ticks_per_s: int) -> ProcessTime | None:
    """None where the process is gone or cannot be seen."""
    try:
        fd = os.open(f"{root}/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            stat = os.read(fd, _STAT_BYTES)
        finally:
            os.close(fd)
        # The name is in brackets and may hold any bytes, brackets and blanks too.
        before, _, rest = stat.rpartition(b")")
        name = before.partition(b"(")[2]
        fields = rest.split()
        cpu_s, children_s = (sum(map(int, pair)) / ticks_per_s for pair in (fields[11:13], fields[13:15]))
        shown_name = shown(name.decode("utf-8", "replace"))
        return ProcessTime(pid, shown_name, int(fields[1]), cpu_s, int(fields[19]), children_s)
    except (OSError, ValueError, IndexError):
        return None


def cores_taken(
    before: Mapping[int, ProcessTime], now: Mapping[int, ProcessTime], passed_s: float, ours: Collection[int]
) -> CoresTaken:
    """`ours`: the session's processes."""
    newest = max((process.started for process in before.values()), default=0)
    others: list[tuple[ProcessTime, float]] = []
    others_children = descendants = 0.0
    for pid, process in now.items():
        known = before.get(pid)
        if known is None or known.started != process.started:
            if process.started < newest:
                continue  # it was there and was not looked at
            known = process._replace(cpu_s=0.0, children_s=0.0)
        cores = (process.cpu_s - known.cpu_s) / passed_s
        if not _is_ours(process, now, ours):
            others.append((process, cores))
            others_children += (process.children_s - known.children_s) / passed_s
        elif pid not in ours:
            descendants += cores
    others.sort(key=lambda each: each[1], reverse=True)
    return CoresTaken(others, others_children, descendants)


def _is_ours(process: ProcessTime, known: Mapping[int, ProcessTime], ours: Collection[int]) -> bool:
    at: ProcessTime | None = process
    for _ in range(_DEEPEST):
        if at is None:
            return False
        if at.pid in ours:
            return True
        at = known.get(at.parent)
    return False
