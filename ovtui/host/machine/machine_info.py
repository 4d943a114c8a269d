"""What the machine is: read once, at the session's start."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

from ovtui import __version__
from ovtui.host.machine.cgroup import least_memory_limit_bytes, quota_cores
from ovtui.host.machine.machine_root import is_this_machine, machine_root
from ovtui.records.events import Experiment, Machine, SessionBegan
from ovtui.settings.schema.settings import Settings


def session_began(session: str, settings: Settings, t_ns: int, experiment: Experiment | None = None) -> SessionBegan:
    return SessionBegan(
        t_ns=t_ns,
        session=session,
        ovtui=__version__,
        started_at_s=time.time(),
        machine=read_machine_info(),
        settings=settings,
        experiment=experiment,
    )


def read_machine_info() -> Machine:
    root = machine_root()
    return Machine(
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)),
        machine_cores=machine_cores(root),
        quota_cores=quota_cores(root),
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        memory_limit_bytes=least_memory_limit_bytes(root),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def machine_cores(root: Path) -> int:
    """Of the machine, not only those that the session may use."""
    if is_this_machine(root):
        return os.cpu_count() or 1
    return len(list(root.glob("sys/devices/system/cpu/cpu[0-9]*"))) or os.cpu_count() or 1


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()
