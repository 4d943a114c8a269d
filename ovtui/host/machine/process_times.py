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
        cpu_s = (int(fields[11]) + int(fields[12])) / ticks_per_s
        return ProcessTime(pid, shown(name.decode("utf-8", "replace")), int(fields[1]), cpu_s, int(fields[19]))
    except (OSError, ValueError, IndexError):
        return None


def cores_of_others(
    before: Mapping[int, ProcessTime], now: Mapping[int, ProcessTime], passed_s: float, ours: Collection[int]
) -> list[tuple[ProcessTime, float]]:
    """The processes that are neither `ours` nor descend from them, and the cores that each took between the two looks,
    the busiest first."""
    found = []
    for pid, process in now.items():
        known = before.get(pid)
        began_s = known.cpu_s if known is not None and known.started == process.started else None
        if began_s is None or process.cpu_s <= began_s or _is_ours(process, now, ours):
            continue
        found.append((process, (process.cpu_s - began_s) / passed_s))
    return sorted(found, key=lambda each: each[1], reverse=True)


def _is_ours(process: ProcessTime, known: Mapping[int, ProcessTime], ours: Collection[int]) -> bool:
    at: ProcessTime | None = process
    for _ in range(_DEEPEST):
        if at is None:
            return False
        if at.pid in ours:
            return True
        at = known.get(at.parent)
    return False
