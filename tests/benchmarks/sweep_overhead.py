"""What a sweep takes beside measuring and compiling: the whole time of a grid of 32 points, with its start, the warm-up
of each compile, the storage and the rounds in alternation, against those two.

    python tests/benchmarks/sweep_overhead.py [--point 3s] [--model demo-matmul]

The aim is 1.15 at most. Measuring ends when what was in flight at the end of a point's load has come back."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairs import report

AIM = 1.15


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--point", default="3s")
    parser.add_argument("--model", default="demo-matmul")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [
            sys.executable, "-m", "ovtui", "sweep", given.model, "-d", "CPU", "--hint", "none", "--save", "none",
            "--vary", "nireq=1..8:1", "--vary", "nstreams=1,2", "--vary", "nthreads=1,2",
            "--point", given.point, "--out", f"{folder}/sweep", "--json", str(result),
        ]  # fmt: skip
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        answer = json.loads(result.read_text())["answer"]
    needed_s = answer["measuring_s"] + answer["compiling_s"]
    ratio = answer["lasted_s"] / needed_s
    report(
        "sweep of 32 points: its time by measuring and compiling",
        f"{ratio:.3f} times {needed_s:.1f} s ({answer['compiling_s']:.1f} s compiling)",
        f"{AIM} times",
        ratio <= AIM,
    )


if __name__ == "__main__":
    main()
