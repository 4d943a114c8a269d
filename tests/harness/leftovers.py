"""What a test's programs leave behind: processes, found by a mark in their environment, and shared memory."""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

import psutil

MARK = "TESTS_MARK"
"""Set in the environment of every program that a test starts, and so in that of all its children: it finds a process
that has left its parent too."""
_SHARED = Path("/dev/shm")


def marked(mark: str) -> list[psutil.Process]:
    """The living processes that were started for the test called `mark`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # gone meanwhile, or not ours to look at
            continue
    return found


def module_of(process: psutil.Process) -> str:
    """'ovtui.engine' for `python -m ovtui.engine ...`; the command's name for anything else."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return ""
    return command[command.index("-m") + 1] if "-m" in command[:-1] else " ".join(command[:1])


def shared_memory() -> set[str]:
    return {path.name for path in _SHARED.iterdir()} if _SHARED.is_dir() else set()


def wait_for_shared_memory(before: set[str], limit_s: float) -> set[str]:
    """What is there beside `before` after the limit and belongs to no living process, as a program that has ended
    leaves it: other programs put files there for a while, too."""
    end_s = time.monotonic() + limit_s
    while (left := shared_memory() - before) and (left := left - _in_use()) and time.monotonic() < end_s:
        time.sleep(0.05)
    return left


def _in_use() -> set[str]:
    """The names of the files there that living processes have open or mapped."""
    used: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or not ours to look at
            mapped = (process / "maps").read_bytes().decode(errors="replace").splitlines()
            used |= {line.rpartition("/")[2] for line in mapped if f" {_SHARED}/" in line}
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    used.add(descriptor.readlink().name)
    return used


def wait_for_end(processes: list[psutil.Process], limit_s: float) -> list[psutil.Process]:
    """Those that still live after the limit. One that has ended and that nobody has taken note of yet does not live:
    where the first process of a machine looks after orphans once a second, psutil waits 1 to 1.5 s for each test."""
    end_s = time.monotonic() + limit_s
    return [process for process in processes if not _ends(process, end_s)]


def _ends(process: psutil.Process, end_s: float) -> bool:
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        if not process.is_running():  # another one has its number by now
            return True
        return bool(select.select([descriptor], [], [], max(end_s - time.monotonic(), 0.0))[0])
    finally:
        os.close(descriptor)
