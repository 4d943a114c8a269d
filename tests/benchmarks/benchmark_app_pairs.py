"""Throughput of eight command lines run by `ovtui benchmark_app` and by the wheel's benchmark_app, word for word the
same, in alternating pairs: of each ratio the whole interval is to lie within 0.95 to 1.05.

    python tests/benchmarks/benchmark_app_pairs.py [--pairs 10] [--seconds 3] [--line b4] [--device CPU]
                                                   [--budget-s 900] [--json FILE]

What is compared is the figure that both print ('Throughput:'). ovtui records every request, benchmark_app none. The
rounds go through all lines, so that each has as many pairs where the time is over before the end. --json appends every
figure as it comes."""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmark_models import save, save_cell_model
from harness.paired_figures import Budget
from harness.program import ovtui
from pairs import LOG, Comparison, environment, rounds

SAME = Budget(least=0.95, most=1.05, whole=True)
LIMIT_S = 120.0
_THROUGHPUT = re.compile(r"^\[ INFO \] Throughput: +([\d.]+) FPS$", re.MULTILINE)
LINES = {
    "latency": "-m {cnn} -hint latency",
    "x1": "-m {cnn} -hint throughput -nireq 1",
    "default": "-m {cnn}",
    "x4": "-m {mlp} -nireq 4",
    "x16": "-m {mlp} -nireq 16",
    "b4": "-m {cnn} -b 4",
    "shapes": "-m {open} -data_shape [1,512][4,512][8,512]",
    "filled": "-m {cnn} -inference_only false",
}


@dataclass
class Line:
    name: str
    words: Sequence[str]
    comparison: Comparison


class Programs:
    def __init__(self, state: str) -> None:
        # Recordings of a benchmark must not push out a person's own.
        self._env = {**environment(), "XDG_STATE_HOME": state}

    def pair(self, line: Line, backwards: bool) -> None:
        """Raises RuntimeError and subprocess.TimeoutExpired."""
        theirs = [sys.executable, "-c", "from openvino.tools.benchmark.main import main; main()"]
        commands = [ovtui("benchmark_app"), theirs]
        figures = [self._throughput([*command, *line.words]) for command in commands[:: -1 if backwards else 1]]
        line.comparison.add(*figures[:: -1 if backwards else 1])

    def _throughput(self, command: Sequence[str]) -> float:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=self._env,
            timeout=LIMIT_S,
            stdin=subprocess.DEVNULL,
        )
        found = _THROUGHPUT.search(done.stdout)
        if done.returncode or found is None:
            raise RuntimeError(f"{' '.join(command)}: no figure: {(done.stdout + done.stderr).strip()[-400:]}")
        return float(found[1])


def open_rows(width: int = 512, layers: int = 4) -> ov.Model:
    """`layers` of MatMul and ReLU on [?, width], FP32."""
    rows = op.parameter(ov.PartialShape([-1, width]), np.float32, name="rows")
    rows.output(0).set_names({"rows"})
    weights = (np.random.default_rng(0).standard_normal((width, width)) / np.sqrt(width)).astype(np.float32)
    node = rows
    for _ in range(layers):
        node = op.relu(op.matmul(node, op.constant(weights), False, False))
    return ov.Model([op.result(node)], [rows], "open-rows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=3, help="of measuring in each run")
    parser.add_argument("--line", default="", help=f"only these, with commas: {', '.join(LINES)}")
    parser.add_argument("--device", default="CPU")
    parser.add_argument("--budget-s", type=float, default=math.inf, help="end within this many seconds")
    parser.add_argument("--json", type=Path, help="append every figure to this file")
    given = parser.parse_args()
    end_s = time.monotonic() + given.budget_s
    if given.json:
        os.environ[LOG] = str(given.json)
    wanted = [name.strip() for name in given.line.split(",") if name.strip()] or list(LINES)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as state:
        paths = {name: save_cell_model(name, Path(folder)) for name in ("cnn", "mlp")}
        paths["open"] = save(open_rows(), "open", Path(folder))
        lines = []
        for name in wanted:
            text = f"{LINES[name]} -d {given.device} -t {given.seconds}"
            shown = re.sub(r"\{(\w+)\}", r"\1.xml", text)
            comparison = Comparison(f"{shown}: ovtui / benchmark_app", "FPS", SAME)
            lines.append(Line(name, [word.format(**paths) for word in text.split()], comparison))
        rounds(lines, Programs(state).pair, given.pairs, end_s)
        for line in lines:
            line.comparison.report()


if __name__ == "__main__":
    main()
