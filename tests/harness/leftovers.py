"""What a test's programs leave behind: processes, found by a mark in their environment, and shared memory."""

from __future__ import annotations

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
    """The names of the files that living processes have open or mapped."""
    used = set()
    for process in psutil.process_iter():
        try:
            used |= {Path(each.path).name for each in (*process.memory_maps(), *process.open_files())}
        except psutil.Error:
            continue
    return used


def wait_for_end(processes: list[psutil.Process], limit_s: float) -> list[psutil.Process]:
    """Those that still live after the limit."""
    _, alive = psutil.wait_procs(processes, timeout=limit_s)
    return list(alive)
