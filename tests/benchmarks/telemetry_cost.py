"""What a reading of the machine, one a second, costs: `python tests/benchmarks/telemetry_cost.py [--readings N]`.

On this machine, and on a made-up notebook of 16 cores in which all can be read. Its files are plain ones: what a driver
does to fill them in comes on top, and opening them for each reading, which a real machine does not need, is told apart.
What the reading means (host/machine/machine_watch.py) follows it, and is told apart: quiet, and while others take many
cores, for which the processes are looked at twice."""

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
from ovtui.host.machine.machine_watch import MachineWatch
from ovtui.host.machine.process_times import process_times
from ovtui.host.machine.sensor_files import SensorTree
from ovtui.records.machine_readings import MachineReading

CORES = 16
"""Of the made-up machine; of more, the clocks of as many are read."""
BUDGET_MS = 1.0
PROCESSES = 300


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
        _measure_watch("what a quiet reading means", notebook, count)
        _measure_processes(f"a look at the {PROCESSES} processes of a machine", Path(folder), count // 20)


def _measure(what: str, reader: MachineReader, count: int, *, budget: bool = True) -> None:
    session, taken_ms = SessionProcesses([os.getppid()], [os.getppid()]), list[float]()
    for _ in range(count):
        began_s = time.thread_time()
        reader.read(1, session)
        taken_ms.append((time.thread_time() - began_s) * 1e3)
    _tell(what, taken_ms, budget=budget)


def _measure_watch(what: str, reader: MachineReader, count: int) -> None:
    watch, session, taken_ms = MachineWatch(reader), SessionProcesses([os.getppid()]), list[float]()
    for at in range(count):
        reading = MachineReading(t_ns=at * 1_000_000_000, other_cores=0.0, throttled_percent=0.0)
        began_s = time.thread_time()
        watch.look(reading, session)
        taken_ms.append((time.thread_time() - began_s) * 1e3)
    _tell(what, taken_ms, budget=True)


def _measure_processes(what: str, root: Path, count: int) -> None:
    """Of files, which are read somewhat faster than the kernel makes them up."""
    stat = f"(name) S 1 {' '.join(['0'] * 60)}"
    for pid in range(1, PROCESSES + 1):
        folder = root / f"proc/{pid}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stat").write_text(f"{pid} {stat}")
    taken_ms = []
    for _ in range(max(count, 10)):
        began_s = time.thread_time()
        process_times(root, 100)
        taken_ms.append((time.thread_time() - began_s) * 1e3)
    _tell(what, taken_ms, budget=False)


def _tell(what: str, taken_ms: list[float], *, budget: bool) -> None:
    count = len(taken_ms)
    taken_ms.sort()
    p50, p99, worst = (taken_ms[min(count * share // 1000, count - 1)] for share in (500, 990, 1000))
    figure = f"{p50:.2f} ms of CPU, p99 {p99:.2f}, worst {worst:.2f}"
    report(what, figure, f"{BUDGET_MS:g} ms" if budget else "-", p99 <= BUDGET_MS if budget else None)


if __name__ == "__main__":
    main()
