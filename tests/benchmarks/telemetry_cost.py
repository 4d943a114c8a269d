"""What a reading of the machine, one a second, costs: `python tests/benchmarks/telemetry_cost.py`.

On this machine, and on a made-up notebook in which all can be read. Files of the made-up one are opened for each
reading, as those of a real one are not: it costs more than the real one would."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.fake_machine import laptop

from ovtui.host.machine.machine_reader import MachineReader, SessionProcesses
from ovtui.host.machine.sensor_files import SensorTree

READINGS = 2000
CORES = 16
"""Of the made-up machine; of more, the clocks of as many are read."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = laptop(Path(folder))
        for core in range(CORES):
            box.cpu(core, khz=2_400_000)
            box.cpu_throttle(core)
        fake, kept_open = SensorTree(box.root), SensorTree(box.root)
        kept_open.kept_open = True
        for name, tree in (
            ("this machine", SensorTree()),
            ("a notebook with everything, its files opened for each reading", fake),
            ("the same, its files kept open", kept_open),
        ):
            with mock.patch("os.sched_getaffinity", return_value=set(range(CORES))):
                reader = MachineReader(tree=tree)
            _measure(name, reader)


def _measure(name: str, reader: MachineReader) -> None:
    session = SessionProcesses([os.getppid()], [os.getppid()])
    taken_ms = []
    for _ in range(READINGS):
        began_s = time.thread_time()
        reading = reader.read(1, session)
        taken_ms.append((time.thread_time() - began_s) * 1e3)
    taken_ms.sort()
    print(
        f"{name}: {len(reading.values())} readings; CPU of one: median {taken_ms[READINGS // 2]:.3f} ms, "
        f"p99 {taken_ms[READINGS * 99 // 100]:.3f}, worst {taken_ms[-1]:.3f}"
    )


if __name__ == "__main__":
    main()
