"""What it costs to know which requests shared a batch: throughput with the evidence in force against the same without
any, on devices that are named, with small and large ports.

    python tests/benchmarks/batch_evidence_cost.py [--pairs 5] [--seconds 3] [--only small|CPU(16)|...]
                                                   [--with-probe] [--budget-s 540] [--json FILE]

The engine's closed loop in a process of its own, which records every request, with the evidence that the settings
choose and without any on an untouched model; and a bare closed loop on AsyncInferQueue, without evidence and records.
--with-probe also measures the batch probe, an output more of the model. On a real GPU where there is one, else on the
simulated one where it is set up (tests/rig). Budget: 0.97 of the untouched model, and 99 % of the sizes known."""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import openvino as ov

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmark_models import dense, elementwise, save, summing
from engine_loop import EngineLoop
from harness import gpu_sim
from harness.paired_figures import Budget
from pairs import LOG, Comparison, environment, report, rounds
from rig.nets import pointwise_net

from ovtui.engine.devices import read_available_devices
from ovtui.engine.load.batch_sizes import BatchSizes, ConstantSizes
from ovtui.engine.load.batch_witness import batch_sizes_for
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.model.compile import compile_model
from ovtui.engine.model.inputs import Inputs, inputs_for
from ovtui.records.record import Flag
from ovtui.settings.changes import convert

UNTOUCHED, KNOWN = Budget(least=0.97), 0.99
OUTPUTS = 1
"""Of the models here."""
LARGE = 10 * 2**20 // 4
"""Numbers in 10 MB."""
MODELS: dict[str, tuple[Callable[[], ov.Model], int]] = {
    "small": (lambda: dense(256, 1), 50),
    "large-input": (lambda: summing(LARGE), 500),
    "large": (lambda: elementwise(LARGE), 500),
    "pointwise": (pointwise_net, 50),
}
"""By name, with the batch timeout in ms: 1 kB in and out, 10 MB in and 4 bytes out, 10 MB in and out; and one that the
simulated GPU batches by itself. A batch must fill within the timeout; a full batch is held for that long now and then
(docs/batching-details.md), so it is not longer either."""
CPU_LOADS = {"BATCH:CPU(4)": 8, "BATCH:CPU(16)": 32}
GPU_LOADS = {"BATCH:GPU(4)": 8, "BATCH:GPU(16)": 32}
RIG_LOADS = {"GPU": 8, "BATCH:GPU(4)": 8}
BATCHED_BY_ITSELF = "pointwise"
WARM_UP = 50
LIMIT_S = 120.0


Kind = Literal["evidence", "untouched", "bare", "probe"]


class Figures(NamedTuple):
    throughput: float
    """Requests a second."""
    known: float
    full: float
    evidence: str


@dataclass
class Cell:
    model: str
    path: Path
    timeout_ms: int
    device: str
    nireq: int
    env: dict[str, str]
    evidence: str = ""
    known: list[float] = field(default_factory=list)
    """Of each run, the share of its last requests whose batch size is known."""
    full: list[float] = field(default_factory=list)
    """And the share that ran in a full batch."""
    comparisons: dict[str, Comparison] = field(default_factory=dict)

    @property
    def name(self) -> str:
        simulated = " simulated" if "OPENCL_LAYERS" in self.env else ""
        return f"{self.model} {self.device}{simulated} x{self.nireq}"

    def compare(self, sides: str, budget: Budget, first: float, second: float) -> None:
        self.comparisons.setdefault(sides, Comparison(f"{self.name}: {sides}", "/s", budget)).add(first, second)

    def run(self, kind: Kind, seconds: float) -> Figures:
        """One run in a process of its own. Raises RuntimeError and subprocess.TimeoutExpired."""
        arguments = [kind, str(self.path), self.device, str(self.nireq), str(self.timeout_ms), str(seconds)]
        command = [sys.executable, __file__, "--one", *arguments]
        limit_s = seconds + LIMIT_S
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self.env, timeout=limit_s)
        if done.returncode:
            raise RuntimeError(f"{kind} on {self.name} ends with {done.returncode}: {done.stderr.strip()[-200:]}")
        throughput, known, full, evidence = done.stdout.split()[-4:]
        return Figures(float(throughput), float(known), float(full), evidence)


def one_run(kind: Kind, path: str, device: str, nireq: int, timeout_ms: str, seconds: float) -> Figures:
    core = ov.Core()
    model = core.read_model(path)
    choice = {"evidence": "auto", "probe": "yes"}.get(kind, "no")
    settings = convert(
        {"model": path, "device": device, "hint": "throughput", "nireq": nireq, "batch_timeout_ms": timeout_ms}
        | {"probe": choice}
    )
    made = compile_model(core, model, settings, device, read_available_devices(core))
    inputs = inputs_for(settings, model)
    if kind == "bare":
        return Figures(bare_loop(made.compiled, inputs, nireq, seconds), 0, 0, "none")
    sizes: BatchSizes = ConstantSizes(0)
    if kind != "untouched":
        sizes = batch_sizes_for(made.evidence, made.witness, made.expected_batch, made.may_batch)
    elif len(made.compiled.outputs) > OUTPUTS:
        raise RuntimeError("the model has a probe although none was asked for")
    batch = max(made.expected_batch, 1)
    loop = EngineLoop(PolledPool, made.compiled, nireq, device, sizes, batch, inputs)
    loop.run_requests(max(WARM_UP, 2 * nireq))
    loop.drained()
    throughput = loop.run_seconds(seconds)
    found = loop.drained()[0]
    known = (found["batch_size"] > 0) & (found["flags"] & Flag.DEDUCED_SIZE == 0)
    evidence = "none" if kind == "untouched" else str(made.evidence)
    return Figures(throughput, float(known.mean()), float((found["batch_size"] == batch).mean()), evidence)


def bare_loop(compiled: ov.CompiledModel, inputs: Inputs, nireq: int, seconds: float) -> float:
    """Requests/s of a closed loop that only starts idle requests again."""
    queue = ov.AsyncInferQueue(compiled, nireq)
    for k in range(nireq):
        inputs.fill_new(queue[k], k)
    idle, start = queue.get_idle_request_id, queue.start_async
    for _ in range(max(WARM_UP, 2 * nireq)):
        idle()
        start()
    count, began_s = 0, time.monotonic()
    while time.monotonic() - began_s < seconds:
        idle()
        start()
        count += 1
    return count / (time.monotonic() - began_s)


def cells(folder: Path, wanted: str) -> list[Cell]:
    """The cells of the devices that are there, those whose name has `wanted` in it."""
    env = environment()
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
        found += [
            Cell(name, path, timeout_ms, device, nireq, of)
            for device, nireq, of in devices
            if (device == "GPU") == (name == BATCHED_BY_ITSELF)
        ]
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
        kinds: list[Kind] = ["evidence", "untouched", "bare", *(["probe"] if given.with_probe else [])]
        found = {kind: cell.run(kind, given.seconds) for kind in kinds[:: -1 if backwards else 1]}
        cell.evidence = found["evidence"].evidence
        cell.known.append(found["evidence"].known)
        cell.full.append(found["evidence"].full)
        of = {kind: figures.throughput for kind, figures in found.items()}
        cell.compare(f"evidence ({cell.evidence}) / untouched", UNTOUCHED, of["evidence"], of["untouched"])
        cell.compare("recorded, untouched / bare loop", Budget(), of["untouched"], of["bare"])
        if given.with_probe:
            cell.compare("probe / untouched", Budget(), of["probe"], of["untouched"])

    with tempfile.TemporaryDirectory() as folder:
        found = cells(Path(folder), given.only)
        rounds(found, measure, given.pairs, end_s)
        for cell in found:
            for comparison in cell.comparisons.values():
                comparison.report()
            if cell.known:
                known, full = min(cell.known), statistics.median(cell.full)
                figure = f"{known:.2%} at least; {full:.1%} ran in a full batch"
                report(f"{cell.name}: sizes known", figure, f">= {KNOWN:.0%}", known >= KNOWN)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        kind, path, device, nireq, timeout_ms, seconds = sys.argv[2:]
        print(*one_run(kind, path, device, int(nireq), timeout_ms, float(seconds)), flush=True)  # type: ignore[arg-type]
        os._exit(0)  # to drop a batching model blocks for as long as its timeout
    main()
