"""Signals as a test sends them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
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


def interrupted(
    command: Sequence[str], env: Mapping[str, str], enough: Callable[[str], object], number: int = signal.SIGINT
) -> tuple[int, str, str]:
    """Runs a command and sends it a signal once what it has said on stderr, line for line, is enough. Returns its exit
    code, its stdout and its stderr."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=dict(env), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stderr is not None
        said = ""
        while not enough(said) and (line := run.stderr.readline()):
            said += line
        run.send_signal(number)
        out, rest = run.communicate(timeout=90)
    return run.returncode, out, said + rest
