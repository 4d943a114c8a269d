"""The machine on the screen of the real program: a made-up one of files, whose CPU is busy until the GPU takes over."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.fake_machine import DISCRETE, FakeMachine, laptop
from harness.fixture_types import RigEnv, StartProgram
from harness.gpu_sim import STANDS_IN_MS

pytestmark = pytest.mark.rig
GPU_DEVICE = f"sys/devices/pci0000:00/{DISCRETE}"
STEP_S = 0.1
CORES, TICKS_PER_S = 8, 100


class WorkingMachine:
    """Moves its counters on as time passes: what a reader finds depends on no schedule."""

    def __init__(self, box: FakeMachine) -> None:
        self.box = box
        self.on_gpu = False
        self._cpu_ticks = self._idle_ticks = self._gpu_cycles = self._all_cycles = 0.0

    def work(self, length_s: float) -> None:
        cpu, gpu = (0.12, 0.9) if self.on_gpu else (0.9, 0.02)
        self._cpu_ticks += length_s * CORES * TICKS_PER_S * cpu
        self._idle_ticks += length_s * CORES * TICKS_PER_S * (1 - cpu)
        self._gpu_cycles += length_s * 1e9 * gpu
        self._all_cycles += length_s * 1e9
        self.box.cpu_time(busy=int(self._cpu_ticks), idle=int(self._idle_ticks))
        self.box.gpu_client("xe", busy={"ccs": int(self._gpu_cycles)}, total=int(self._all_cycles))


@contextmanager
def working(root: Path) -> Iterator[WorkingMachine]:
    machine, over = WorkingMachine(laptop(root)), threading.Event()

    def go_on() -> None:
        before = time.monotonic()
        while not over.wait(STEP_S):
            now = time.monotonic()
            machine.work(now - before)
            before = now

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield machine
    finally:
        over.set()
        thread.join()


def busy(name: str, tens: str) -> re.Pattern[str]:
    """The device's row in the strip, with so many tens of percent now."""
    return re.compile(rf"^\s*{name}\s+{tens} %│", re.MULTILINE)


def test_the_strip_and_view_5_show_cpu_and_gpu(start: StartProgram, rig_env: RigEnv, tmp_path: Path) -> None:
    root = tmp_path / "machine"
    with working(root) as machine:
        program = start(
            "-d", "AUTO:GPU,CPU", "--hint", "latency",
            env={**rig_env(build_ms=STANDS_IN_MS), "OVTUI_MACHINE_ROOT": str(root)},
        )  # fmt: skip
        program.wait_for(busy("CPU", r"[89]\d"))
        program.wait_for(busy("GPU", r"\d"))
        program.wait_for(re.compile(r"DEVICE\s+▌GPU\.0▐"))
        machine.on_gpu = True
        program.wait_for(busy("CPU", r"1\d"))
        text = program.wait_for(busy("GPU", r"[89]\d"))
        # The one falls as the other rises.
        cpu, gpu = (
            next(line for line in text.splitlines() if re.match(rf"\s*{name}\s.*│", line)) for name in ("CPU", "GPU")
        )
        assert cpu.rindex("█") < gpu.rindex("█")
        assert cpu.index("█") < gpu.index("█")
        machine.box.gpu_throttles(GPU_DEVICE, "thermal")
        program.wait_for("the GPU is throttled (thermal)")
        program.wait_for(re.compile(r"^\s*throttled│.*┅", re.MULTILINE))
        program.keys("5")
        program.wait_for(re.compile(r"^\s*GPU\s+[89]\d.*thermal", re.MULTILINE))
        machine.box.gpu_throttles(GPU_DEVICE)
        program.wait_for(re.compile(r"the GPU was throttled from \d\d:\d\d to \d\d:\d\d \(thermal\)"))
        program.keys("q")
        assert program.wait() == 0
