"""What it costs to know which requests shared a batch: throughput with the evidence in force against the same without
any, on devices that are named, with small and large ports.

    python tests/benchmarks/batch_evidence_cost.py [--pairs 5] [--seconds 3] [--only small|CPU(16)|...]
                                                   [--with-probe] [--budget-s 540] [--json FILE]

`ovtui run --probe auto` against `--probe no`, and against a bare closed loop without evidence and without records.
--with-probe also measures the batch probe, an output more of the model. On a real GPU where there is one, else on the
simulated one where it is set up (tests/rig). Budget: 0.97."""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openvino as ov

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmark_models import dense, elementwise, save, summing
from harness import gpu_sim
from harness.paired_figures import Budget
from pairs import LOG, Comparison, environment, report, rounds, run_json

UNTOUCHED = Budget(least=0.97)
LARGE = 10 * 2**20 // 4
"""Numbers in 10 MB."""
MODELS: dict[str, tuple[Callable[[], ov.Model], int]] = {
    "small": (lambda: dense(256, 1), 50),
    "large-input": (lambda: summing(LARGE), 500),
    "large": (lambda: elementwise(LARGE), 500),
}
"""By name, with the batch timeout in ms: 1 kB in and out, 10 MB in and 4 bytes out, 10 MB in and out. A batch must fill
within the timeout; a full batch is held for that long now and then (docs/batching.md), so it is not longer either."""
CPU_LOADS = {"BATCH:CPU(4)": 8, "BATCH:CPU(16)": 32}
GPU_LOADS = {"BATCH:GPU(4)": 8, "BATCH:GPU(16)": 32}
RIG_LOADS = {"GPU": 8}
WARM_UP = 50
LIMIT_S = 120.0


@dataclass
class Cell:
    model: str
    path: Path
    timeout_ms: int
    device: str
    nireq: int
    env: dict[str, str]
    comparisons: dict[str, Comparison] = field(default_factory=dict)

    @property
    def name(self) -> str:
        simulated = " simulated" if "OPENCL_LAYERS" in self.env else ""
        return f"{self.model} {self.device}{simulated} x{self.nireq}"

    def compare(self, sides: str, budget: Budget, first: float, second: float) -> None:
        self.comparisons.setdefault(sides, Comparison(f"{self.name}: {sides}", "/s", budget)).add(first, second)

    def of_ovtui(self, probe: str, seconds: float) -> float:
        load = ["-d", self.device, "--nireq", str(self.nireq), "--hint", "throughput", "-t", str(seconds)]
        timeout = ["--batch-timeout", str(self.timeout_ms)]
        return float(run_json(str(self.path), *load, *timeout, "--probe", probe, env=self.env)["throughput"])

    def bare(self, seconds: float) -> float:
        """In a process of its own, as the others."""
        arguments = [str(self.path), self.device, str(self.nireq), str(self.timeout_ms), str(seconds)]
        done = subprocess.run(
            [sys.executable, __file__, "--bare", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=self.env,
            timeout=seconds + LIMIT_S,
        )
        if done.returncode:
            raise RuntimeError(f"the bare loop ends with {done.returncode}: {done.stderr.strip()[-200:]}")
        return float(done.stdout.split()[-1])


def bare_loop(model: str, device: str, nireq: str, timeout_ms: str, seconds: str) -> None:
    """Prints requests/s of a closed loop that only starts idle requests again, then ends the process at once: to drop a
    batching model blocks for as long as its timeout."""
    core = ov.Core()
    settings = {"PERFORMANCE_HINT": "THROUGHPUT", "AUTO_BATCH_TIMEOUT": timeout_ms}
    if not device.startswith("BATCH"):
        settings["PERFORMANCE_HINT_NUM_REQUESTS"] = nireq
    compiled = core.compile_model(core.read_model(model), device, settings)
    queue = ov.AsyncInferQueue(compiled, int(nireq))
    idle, start = queue.get_idle_request_id, queue.start_async
    for _ in range(WARM_UP):
        idle()
        start()
    count, began_s = 0, time.monotonic()
    end_s = began_s + float(seconds)
    while time.monotonic() < end_s:
        idle()
        start()
        count += 1
    print(count / (time.monotonic() - began_s), flush=True)
    os._exit(0)


def cells(folder: Path, state: str, wanted: str) -> list[Cell]:
    """The cells of the devices that are there, those whose name has `wanted` in it."""
    env = {**environment(), "XDG_STATE_HOME": state}
    devices = [(device, nireq, env) for device, nireq in CPU_LOADS.items()]
    if any(device.startswith("GPU") for device in ov.Core().available_devices):
        devices += [(device, nireq, env) for device, nireq in GPU_LOADS.items()]
    elif gpu_sim.is_set_up():
        rig = {**env, **gpu_sim.environment(folder)}
        devices += [(device, nireq, rig) for device, nireq in RIG_LOADS.items()]
    else:
        report("batch evidence on a GPU", "not measured: there is none, simulated or real", str(UNTOUCHED), None)
    found = []
    for name, (make, timeout_ms) in MODELS.items():
        path = save(make(), name, folder)
        found += [Cell(name, path, timeout_ms, device, nireq, of) for device, nireq, of in devices]
    return [cell for cell in found if wanted in cell.name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="", help="only cells with this in their name, such as small or CPU(16)")
    parser.add_argument("--with-probe", action="store_true", help="measure the batch probe, too")
    parser.add_argument("--budget-s", type=float, default=math.inf, help="end within this many seconds")
    parser.add_argument("--json", type=Path, help="append every figure to this file")
    given = parser.parse_args()
    end_s = time.monotonic() + given.budget_s
    if given.json:
        os.environ[LOG] = str(given.json)

    def measure(cell: Cell, backwards: bool) -> None:
        runs: dict[str, Callable[[], float]] = {
            "auto": lambda: cell.of_ovtui("auto", given.seconds),
            "no": lambda: cell.of_ovtui("no", given.seconds),
            "bare": lambda: cell.bare(given.seconds),
        }
        if given.with_probe:
            runs["yes"] = lambda: cell.of_ovtui("yes", given.seconds)
        found = {name: runs[name]() for name in list(runs)[:: -1 if backwards else 1]}
        cell.compare("evidence / none", UNTOUCHED, found["auto"], found["no"])
        cell.compare("evidence and records / bare loop", Budget(), found["auto"], found["bare"])
        if given.with_probe:
            cell.compare("probe / none", Budget(), found["yes"], found["no"])

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as state:
        found = cells(Path(folder), state, given.only)
        rounds(found, measure, given.pairs, end_s)
        for cell in found:
            for comparison in cell.comparisons.values():
                comparison.report()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bare"]:
        bare_loop(*sys.argv[2:])
    main()
