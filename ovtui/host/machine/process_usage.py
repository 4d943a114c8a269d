"""CPU use of the machine, of the session's processes, and of all others, each since the last reading.

Read from /proc, whose files are kept open: psutil takes four times as long (0.12 ms), and its import 50 ms and 2.3 MB.
The kernel counts in hundredths of a second, so that use over a second is known to 0.01 cores."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ovtui.host.machine.counters import Moment
from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree, whole_number

_TICKS_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STAT_BYTES = 1024


class ProcessUsage(NamedTuple):
    cores: float | None
    """CPU seconds per second; None when none of the processes was there at the last reading."""
    rss_bytes: int | None
    """None when none of the processes exists any more."""


class SessionUsage(NamedTuple):
    """One reading."""

    cpu_percent: float | None
    """0 to 100, over all cores of the machine."""
    engine: ProcessUsage
    host: ProcessUsage
    other_cores: float | None
    """CPU seconds per second of the processes that are none of the session's; None where one of the session's has
    ended or come in since the last reading, and its part is not known."""


class _ProcessTimes(NamedTuple):
    cpu_ticks: int
    began_ticks: int
    """Since the machine was started."""
    rss_bytes: int


class _MachineTimes(NamedTuple):
    """Ticks of all cores since the machine was started."""

    idle: int
    all: int
    processes: int
    """Time of processes, those of the kernel included; without interrupts, and without what a hypervisor took."""


class SessionUsageMeter:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._stat = Found(tree, _look)
        self._descriptors: dict[int, int] = {}
        """/proc/PID/stat of the session's processes, by process id: an open one never tells of another process to
        which the kernel has given the same number."""
        self._before: dict[int, _ProcessTimes] = {}
        self._machine_before: _MachineTimes | None = None
        self._moment: Moment | None = None

    def read(self, engines: Sequence[int], hosts: Sequence[int], clients: Sequence[int]) -> SessionUsage:
        """Process ids. The same one may be given more than once."""
        now = self._tree.now()
        passed_s = now.seconds_since(self._moment) if self._moment is not None else None
        machine = self._machine_times()
        pids = {*engines, *hosts, *clients}
        times = {pid: found for pid in pids if (found := self._process_times(pid)) is not None}
        before, self._before = self._before, times
        began_after = self._moment.at_ns + self._moment.asleep_ns if self._moment is not None else 0
        machine_before, self._machine_before, self._moment = self._machine_before, machine, now
        for pid in self._descriptors.keys() - times.keys():
            os.close(self._descriptors.pop(pid))
        cores = {
            pid: (times[pid].cpu_ticks - before[pid].cpu_ticks) / _TICKS_S / passed_s
            for pid in times.keys() & before.keys()
            if passed_s is not None and times[pid].began_ticks == before[pid].began_ticks
        }
        # All that a process has used that began since the last reading was used since then.
        new = {
            pid: times[pid].cpu_ticks / _TICKS_S / passed_s
            for pid in times.keys() - before.keys()
            if passed_s is not None and times[pid].began_ticks * 1e9 / _TICKS_S >= began_after
        }
        known = before.keys() <= cores.keys() and cores.keys() | new.keys() == times.keys()
        session_cores = sum(cores.values()) + sum(new.values())
        return SessionUsage(
            cpu_percent=_percent(machine_before, machine) if passed_s is not None else None,
            engine=_usage(set(engines), cores, times),
            host=_usage(set(hosts), cores, times),
            other_cores=_other_cores(machine_before, machine, passed_s, session_cores) if known else None,
        )

    def close(self) -> None:
        for fd in self._descriptors.values():
            os.close(fd)
        self._descriptors.clear()

    def __del__(self) -> None:
        self.close()

    def _machine_times(self) -> _MachineTimes | None:
        file = self._stat.now()
        words = ((file.text() or "") if file is not None else "").partition("\n")[0].split()
        numbers = [whole_number(word) for word in words[1:9]]
        if words[:1] != ["cpu"] or len(numbers) < 8:
            return None
        known = [number for number in numbers if number is not None and number >= 0]
        if len(known) < 8:
            return None
        user, nice, system, idle, iowait, irq, softirq, steal = known
        processes = user + nice + system
        return _MachineTimes(idle + iowait, processes + idle + iowait + irq + softirq + steal, processes)

    def _process_times(self, pid: int) -> _ProcessTimes | None:
        """None for a process that is gone."""
        try:
            if pid not in self._descriptors:
                self._descriptors[pid] = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
            return _parse_stat(os.pread(self._descriptors[pid], _STAT_BYTES, 0))
        except OSError:
            with contextlib.suppress(KeyError, OSError):
                os.close(self._descriptors.pop(pid))
            return None


def _parse_stat(text: bytes) -> _ProcessTimes | None:
    """Of /proc/PID/stat. The name, in brackets, may hold anything. None for a process that has ended and waits for
    its parent."""
    words = text.rpartition(b")")[2].split()
    if len(words) < 22 or words[0] in (b"Z", b"X"):
        return None
    with contextlib.suppress(ValueError):
        return _ProcessTimes(int(words[11]) + int(words[12]), int(words[19]), int(words[21]) * _PAGE_BYTES)
    return None


def _usage(pids: Iterable[int], cores: dict[int, float], times: dict[int, _ProcessTimes]) -> ProcessUsage:
    used = [cores[pid] for pid in pids if pid in cores]
    rss = [times[pid].rss_bytes for pid in pids if pid in times]
    return ProcessUsage(round(max(sum(used), 0.0), 3) if used else None, sum(rss) if rss else None)


def _percent(before: _MachineTimes | None, now: _MachineTimes | None) -> float | None:
    if before is None or now is None or now.all <= before.all:
        return None
    return round(100 * min(max(1 - (now.idle - before.idle) / (now.all - before.all), 0.0), 1.0), 1)


def _other_cores(
    before: _MachineTimes | None, now: _MachineTimes | None, passed_s: float | None, session_cores: float
) -> float | None:
    """Not below 0: the kernel counts the machine's time by ticks and a process's more exactly, so that the two differ
    by some hundredths of a core."""
    if before is None or now is None or passed_s is None or now.processes < before.processes:
        return None
    return round(max((now.processes - before.processes) / _TICKS_S / passed_s - session_cores, 0.0), 2)


def _look(files: Files) -> SensorFile | None:
    return files.open(files.root / "proc/stat")
