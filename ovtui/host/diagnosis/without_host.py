"""What /proc tells of a host that does not answer, and of its engines: without the session's events. What they were
doing, their Python stacks alone tell then."""

from __future__ import annotations

import time
from pathlib import Path

from ovtui.host.diagnosis.diagnose import diagnose
from ovtui.host.diagnosis.engine_phases import PhaseState
from ovtui.host.diagnosis.judgement import Seen
from ovtui.records.diagnosis import Diagnosis, within

ENGINE_MODULE = "ovtui.engine"
MOST_ENGINES = 8


def diagnose_without_host(host_pid: int, *, native: bool = False, silent_s: float | None = None) -> list[Diagnosis]:
    """Of the host, then of its engines."""
    asked_s = time.monotonic()

    def host() -> Seen:
        waited_s = None if silent_s is None else silent_s + time.monotonic() - asked_s
        return Seen(pid=host_pid, phase=PhaseState("host"), silent_s=waited_s)

    found = [diagnose(0, host, native=native)]
    for number, pid in enumerate(engines_of(host_pid)[:MOST_ENGINES], start=1):
        found.append(_engine(number, pid, native=native))
    return within(found)


def _engine(number: int, pid: int, *, native: bool) -> Diagnosis:
    return diagnose(number, lambda: Seen(pid=pid, phase=PhaseState("unknown")), native=native)


def engines_of(host_pid: int, proc: Path = Path("/proc")) -> list[int]:
    """The engines that a host has started, oldest first."""
    found = []
    for path in proc.iterdir():
        if path.name.isdigit() and _parent(path) == host_pid and ENGINE_MODULE in _words(path):
            found.append(int(path.name))
    return sorted(found)


def _parent(path: Path) -> int:
    try:
        return int((path / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _words(path: Path) -> list[str]:
    try:
        return (path / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []
