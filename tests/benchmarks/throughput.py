"""Requests a second of `ovtui run` against OpenVINO's benchmark_app, and against a closed loop in C++: the same model
file, device, hint and requests in flight, in interleaved rounds.

    python tests/benchmarks/throughput.py [--pairs 10] [--seconds 3] [--device CPU|GPU|all] [--cell mlp-x4]
                                          [--budget-s 540] [--native-pairs 3] [--with=--probe=no]
                                          [--json FILE]

`ovtui run` is started as a person would, and records every request; benchmark_app and the C++ loop record none. With
one request in flight the medians of inference are compared, too. --budget-s ends the whole in time and prints what was
measured; rounds go through all cells, so that each has as many pairs. The C++ loop runs in the first --native-pairs
rounds. --json appends every figure as it comes."""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import openvino as ov

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmark_models import CELL_MODELS, save_cell_model
from harness.paired_figures import Budget
from native_loop import CannotBuild, NativeLoop
from pairs import LOG, Comparison, environment, report, rounds, run_json

LOADS = {"latency-x1": ("latency", 1), **{f"throughput-x{n}": ("throughput", n) for n in (4, 16, 64)}}
PARITY, TINY_PARITY = Budget(least=1.0, least_low=0.97), Budget(least=0.95)
NATIVE, NATIVE_FROM_US = Budget(least=0.8), 30.0
"""The C++ loop's budget holds for models on which a request that runs alone takes this long."""
NATIVE_SIDES = "ovtui / C++ loop"
MEDIAN = Budget(least=0.97, most=1.03)
APP_LIMIT_S = 120.0


class Figures(NamedTuple):
    throughput: float
    """Requests a second."""
    p50_ms: float
    """Median of OpenVINO's own latency."""


@dataclass
class Cell:
    """A model on a device under a load."""

    model: str
    device: str
    load: str
    path: Path
    alone_us: float = 0.0
    """How long one request alone takes in C++ under the latency hint; 0: not known."""
    comparisons: dict[str, Comparison] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.model} {self.device} {self.load}"

    def pairs_with(self, with_what: str) -> int:
        found = self.comparisons.get(with_what)
        return len(found.pairs) if found else 0

    def compare(self, with_what: str, unit: str, budget: Budget, first: float, second: float) -> None:
        what = f"{self.name}: {with_what}"
        self.comparisons.setdefault(with_what, Comparison(what, unit, budget)).add(first, second)


class Tools:
    """The three programs, on one cell."""

    def __init__(
        self, seconds: float, options: list[str], native: NativeLoop | None, native_pairs: int, state: str
    ) -> None:
        self._seconds = seconds
        self._options = options
        self._native = native
        self._native_pairs = native_pairs
        self._alone: dict[tuple[Path, str], float] = {}
        # Recordings of a benchmark must not push out a person's own.
        self._env = {**environment(), "XDG_STATE_HOME": state}

    def round(self, cell: Cell, backwards: bool) -> None:
        """Runs each once and compares them. Raises RuntimeError and subprocess.TimeoutExpired."""
        hint, nireq = LOADS[cell.load]
        found: dict[str, Figures] = {}
        runs: dict[str, Callable[[], Figures]] = {
            "ovtui": lambda: self._ovtui(cell.path, cell.device, hint, nireq),
            "benchmark_app": lambda: self._benchmark_app(cell.path, cell.device, hint, nireq),
        }
        if self._native is not None and cell.pairs_with(NATIVE_SIDES) < self._native_pairs:
            native, cell.alone_us = self._native, cell.alone_us or self._alone_us(cell)
            runs["C++"] = lambda: Figures(
                native.run(cell.path, cell.device, hint, nireq, self._seconds).throughput, 0.0
            )
        for name in list(runs)[:: -1 if backwards else 1]:
            found[name] = runs[name]()
        ours, theirs = found["ovtui"], found["benchmark_app"]
        parity = TINY_PARITY if cell.model == "matmul" else PARITY
        cell.compare("ovtui / benchmark_app", "/s", parity, ours.throughput, theirs.throughput)
        if "C++" in found:
            budget = NATIVE if cell.alone_us >= NATIVE_FROM_US else Budget()
            cell.compare(NATIVE_SIDES, "/s", budget, ours.throughput, found["C++"].throughput)
        if nireq == 1:
            cell.compare("p50 of inference, ovtui / benchmark_app", "ms", MEDIAN, ours.p50_ms, theirs.p50_ms)

    def _alone_us(self, cell: Cell) -> float:
        """How long a request takes, for the cells of one model and device: under the throughput hint the hand-over to
        a stream's thread would be counted in."""
        assert self._native is not None
        key = (cell.path, cell.device)
        if key not in self._alone:
            self._alone[key] = self._native.run(cell.path, cell.device, "latency", 1, 0.0).alone_us
        return self._alone[key]

    def _ovtui(self, model: Path, device: str, hint: str, nireq: int) -> Figures:
        load = ["-d", device, "--hint", hint, "--nireq", str(nireq), "-t", str(self._seconds)]
        result = run_json(str(model), *load, *self._options, env=self._env)
        return Figures(float(result["throughput"]), float(result["latency_ms"]["inference"]["p50"]))

    def _benchmark_app(self, model: Path, device: str, hint: str, nireq: int) -> Figures:
        """Its -t takes whole seconds only."""
        program = [sys.executable, "-c", "from openvino.tools.benchmark.main import main; main()"]
        load = ["-d", device, "-hint", hint, "-nireq", str(nireq), "-t", str(math.ceil(self._seconds))]
        # By itself it makes the input of an image u8: another model, with a quarter of the bytes.
        load += ["-ip", "f32"]
        done = subprocess.run(
            [*program, "-m", str(model), *load],
            capture_output=True,
            text=True,
            check=False,
            env=self._env,
            timeout=self._seconds + APP_LIMIT_S,
        )
        throughput = re.search(r"Throughput:\s*([\d.]+) FPS", done.stdout)
        median = re.search(r"Median:\s*([\d.]+) (us|ms)", done.stdout)
        if throughput is None or median is None:
            raise RuntimeError(f"benchmark_app prints no figures: {(done.stdout + done.stderr).strip()[-400:]}")
        return Figures(float(throughput[1]), float(median[1]) / (1000 if median[2] == "us" else 1))


def cells(folder: Path, devices: list[str], wanted: str) -> list[Cell]:
    """The cells whose name has `wanted` in it; hyphens in it stand for spaces, too."""
    found = []
    paths: dict[str, Path] = {}
    for device in devices:
        for model in CELL_MODELS:
            for load in LOADS:
                cell = Cell(model, device, load, folder)
                if not all(part in cell.name.replace("-", " ").split() for part in wanted.replace("-", " ").split()):
                    continue
                try:
                    cell.path = paths[model] if model in paths else save_cell_model(model, folder)
                except RuntimeError as error:
                    report(cell.name, f"not measured: {error}", "none", None)
                    continue
                paths[model] = cell.path
                found.append(cell)
    return found


def devices_of(named: str) -> list[str]:
    """CPU, and GPU where OpenVINO finds one. A named device that is not there is reported."""
    there = [device for device in ("CPU", "GPU") if any(d.startswith(device) for d in ov.Core().available_devices)]
    asked = ["CPU", "GPU"] if named == "all" else [named]
    for device in asked:
        if device not in there:
            report(f"cells on {device}", "not measured: OpenVINO finds none", "none", None)
    return [device for device in asked if device in there]


def native_loop(folder: Path) -> NativeLoop | None:
    try:
        return NativeLoop(folder)
    except CannotBuild as error:
        report(NATIVE_SIDES, f"not measured: {error}", str(NATIVE), None)
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3, help="of measuring in each run; benchmark_app rounds up")
    parser.add_argument("--device", choices=["CPU", "GPU", "all"], default="all")
    parser.add_argument("--cell", default="", help="only cells with these words: mlp-x4, 'matmul latency'")
    parser.add_argument("--budget-s", type=float, default=math.inf, help="end within this many seconds")
    parser.add_argument("--native-pairs", type=int, help="pairs with the closed loop in C++; as many as --pairs")
    parser.add_argument("--with", dest="options", action="append", default=[], help="an option more for `ovtui run`")
    parser.add_argument("--json", type=Path, help="append every figure to this file")
    given = parser.parse_args()
    end_s = time.monotonic() + given.budget_s
    if given.json:
        os.environ[LOG] = str(given.json)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as state:
        found = cells(Path(folder), devices_of(given.device), given.cell)
        native_pairs = given.pairs if given.native_pairs is None else given.native_pairs
        native = native_loop(Path(folder)) if native_pairs and found else None
        rounds(found, Tools(given.seconds, given.options, native, native_pairs, state).round, given.pairs, end_s)
        for cell in found:
            for comparison in cell.comparisons.values():
                comparison.report()


if __name__ == "__main__":
    main()
