"""What the machine is: read once, at the session's start."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

from ovtui import __version__
from ovtui.records.events import Machine, SessionBegan
from ovtui.settings.schema.settings import Settings


def session_began(session: str, settings: Settings, t_ns: int) -> SessionBegan:
    return SessionBegan(
        t_ns=t_ns,
        session=session,
        ovtui=__version__,
        started_at_s=time.time(),
        machine=read_machine_info(),
        settings=settings,
    )


def read_machine_info() -> Machine:
    return Machine(
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0)),
        quota_cores=_quota_cores(),
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
    )


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def cgroup_folder(root: Path = Path("/")) -> Path:
    """The folder with this process's files of the CPU controller: that of cgroup v2, or of v1's CPU controller. In a
    container its own cgroup often is the root, while /proc has the path outside of the container."""
    base = root / "sys/fs/cgroup"
    unified = (base / "cgroup.controllers").exists()
    base = base if unified else base / "cpu"
    try:
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "" if unified else "cpu" in controllers.split(","):
                own = base / path.lstrip("/")
                return own if (own / "cpu.stat").exists() else base
    except (OSError, ValueError):
        pass
    return base


def _quota_cores() -> float | None:
    """The CPU quota of the cgroup (v2 or v1), in cores; None without one."""
    folder = cgroup_folder()
    try:
        quota, period = (folder / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota_us = int((folder / "cpu.cfs_quota_us").read_text())
        return quota_us / int((folder / "cpu.cfs_period_us").read_text()) if quota_us > 0 else None
    except (OSError, ValueError):
        return None
