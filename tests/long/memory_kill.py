"""Has the kernel kill an engine for want of memory, in a control group with a limit, and looks whether a run says so:

    .venv/bin/python tests/long/memory_kill.py [RUNS]

Needs the right to make control groups (root), and memory for one engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.memory_cgroup import MemoryCgroup
from harness.program import ovtui

SAID = re.compile(r"SIGKILL \(9: killed by the kernel: out of memory, the cgroup's limit is \d+ MiB\)")


def killed_once(number: int) -> str:
    """What the run printed on stderr from its first line of progress on."""
    with MemoryCgroup(f"ovtui-memory-{os.getpid()}-{number}") as group:
        command = group.command(ovtui("run", "demo-matmul", "-d", "CPU", "--rate", "100", "-t", "60"))
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
            assert run.stderr is not None
            for line in run.stderr:  # its first progress: the engine serves
                if "completed" in line:
                    break
            found = psutil.Process(run.pid).children(recursive=True)
            group.kill(next(each.pid for each in found if "ovtui.engine" in each.cmdline()))
            said = run.stderr.read()
        return f"{said}\n(the kernel counts {group.killed} killed, exit code {run.returncode})"


def main(runs: int) -> int:
    told = [killed_once(number) for number in range(runs)]
    wrong = [text for text in told if not SAID.search(text)]
    print(f"{runs - len(wrong)} of {runs} runs said that the kernel killed their engine for want of memory")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5))
