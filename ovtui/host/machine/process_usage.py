"""CPU use of the machine and of single processes, each since the last call."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from typing import NamedTuple

import psutil

PROCESSES = 64
"""Whose last call is remembered: more than there are at a time."""


class ProcessUsage(NamedTuple):
    cores: float | None
    """CPU seconds per second; None when none of the processes was there at the last call."""
    rss_bytes: int | None
    """None when none of the processes exists any more."""


class ProcessUsageMeter:
    """Remembers the last call for each process. Owner: one thread."""

    def __init__(self) -> None:
        psutil.cpu_percent()  # the first call always returns 0
        self._before: dict[int, tuple[float, float, float]] = {}
        """By process id: its creation time, the time of the last call, its CPU seconds then. The newest PROCESSES."""

    def machine_percent(self) -> float:
        """0 to 100, over all cores, since the last call."""
        return float(psutil.cpu_percent())

    def use(self, pids: Sequence[int]) -> ProcessUsage:
        """The use of these processes together, since the last call for each. Processes that are gone are left out."""
        cores: list[float] = []
        rss: list[int] = []
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                now_s, times = time.monotonic(), process.cpu_times()
                rss.append(process.memory_info().rss)
                made_s, cpu_s = process.create_time(), times.user + times.system
                before = self._before.get(pid)
                self._before[pid] = (made_s, now_s, cpu_s)
                if len(self._before) > PROCESSES:
                    del self._before[next(known for known in self._before if known not in (pid, os.getpid()))]
                if before is not None and before[0] == made_s and now_s > before[1]:
                    cores.append((cpu_s - before[2]) / (now_s - before[1]))
        return ProcessUsage(round(sum(cores), 3) if cores else None, sum(rss) if rss else None)
