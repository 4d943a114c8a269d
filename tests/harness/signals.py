"""Signals as a test sends them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

LIMIT_S = 30.0


def wait_for_handlers(pid: int, number: int = signal.SIGTERM) -> None:
    """Until the process handles the signal itself, or has ended: before that the interpreter answers."""
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if "Z" in lines["State"] or int(lines.get("SigCgt", "0"), 16) >> (number - 1) & 1:
            return
        time.sleep(0.0005)
    raise AssertionError(f"no handler of signal {number} within {LIMIT_S:g} s")


def stop(pid: int) -> None:
    """Stops the process by SIGSTOP and waits until it stands still: of a process with many threads the one that takes
    the signal has to come to run first, and on a busy machine the others go on until then."""
    os.kill(pid, signal.SIGSTOP)
    end_s = time.monotonic() + LIMIT_S
    while time.monotonic() < end_s:
        try:
            threads = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
        except OSError:  # a thread has ended meanwhile
            continue
        if threads and all(text.rpartition(")")[2].split()[0] == "T" for text in threads):
            return
        time.sleep(0.0005)
    raise AssertionError(f"process {pid} has not stopped within {LIMIT_S:g} s")
