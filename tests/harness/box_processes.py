"""All that runs on boxes of a fleet, detached or stopped too: it has the HOME of its box."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import psutil
from harness import leftovers

END_S = 20.0


def processes_at(homes: Iterable[Path]) -> list[psutil.Process]:
    """The living processes with one of these HOMEs; never this one."""
    wanted = {str(home) for home in homes}
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            lives = process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if lives and process.environ().get("HOME") in wanted:
                found.append(process)
    return found


def end_processes_at(homes: Iterable[Path]) -> None:
    """Kills them, and what they start meanwhile. Raises AssertionError where one lives on."""
    homes = list(homes)
    while found := processes_at(homes):
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()  # one that is stopped, too
        assert leftovers.wait_for_end(found, END_S) == []
