"""What a reading of the machine, one a second, costs: `python tests/benchmarks/telemetry_cost.py [--readings N]`.

On this machine, and on a made-up notebook of 16 cores in which all can be read. Its files are plain ones: what a driver
does to fill them in comes on top, and opening them for each reading, which a real machine does not need, is told apart.
The look for what takes the cores (host/machine/other_load_watch.py) follows a reading, and is not in its figures."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.fake_machine import laptop
from pairs import report

from ovtui.host.machine.machine_reader import MachineReader, SessionProcesses
from ovtui.host.machine.sensor_files import SensorTree

CORES = 16
"""Of the made-up machine; of more, the clocks of as many are read."""
BUDGET_MS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=2000)
    count = parser.parse_args().readings
    with tempfile.TemporaryDirectory() as folder:
        box = laptop(Path(folder))
        for core in range(CORES):
            box.cpu(core, khz=2_400_000)
            box.cpu_throttle(core)
        fake, kept_open = SensorTree(box.root), SensorTree(box.root)
        kept_open.kept_open = True
        _measure("a reading of this machine", MachineReader(tree=SensorTree()), count)
        with mock.patch("os.sched_getaffinity", return_value=set(range(CORES))):
            notebook, opened_anew = MachineReader(tree=kept_open), MachineReader(tree=fake)
        _measure("a reading of a notebook with everything", notebook, count)
        _measure("the same, its files opened anew", opened_anew, count, budget=False)


def _measure(what: str, reader: MachineReader, count: int, *, budget: bool = True) -> None:
    session, taken_ms = SessionProcesses([os.getppid()], [os.getppid()]), list[float]()
    for _ in range(count):
        began_s = time.thread_time()
        reader.read(1, session)
        taken_ms.append((time.thread_time() - began_s) * 1e3)
    taken_ms.sort()
    p50, p99, worst = (taken_ms[min(count * share // 1000, count - 1)] for share in (500, 990, 1000))
    figure = f"{p50:.2f} ms of CPU, p99 {p99:.2f}, worst {worst:.2f}"
    report(what, figure, f"{BUDGET_MS:g} ms" if budget else "-", p99 <= BUDGET_MS if budget else None)


if __name__ == "__main__":
    main()
