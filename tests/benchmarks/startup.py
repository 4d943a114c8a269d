"""How long it takes to be useful: `--version`, the first paint, the first inference, a whole run of one request, this
in pairs with a bare script, which reads and compiles the same file and infers once. Medians.

python tests/benchmarks/startup.py [--runs 7]"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.program import Program, ovtui
from harness.reading import completed
from pairs import Comparison, alternate, environment, report, run_json

VERSION_BUDGET_MS, PAINT_BUDGET_S, INFERENCE_BUDGET_S, RUN_BUDGET_S = 90, 0.7, 2.0, 0.8
BARE = """
import sys
import numpy as np
import openvino as ov
request = ov.Core().compile_model(sys.argv[1], "CPU").create_infer_request()
shape = request.input_tensors[0].shape
request.infer({0: np.random.default_rng(0).random(shape, np.float32)})
print(request.latency)
"""


def version_cpu_ms() -> float:
    process = subprocess.Popen(ovtui("--version"), stdout=subprocess.DEVNULL, env=environment())
    _, _, used = os.wait4(process.pid, 0)
    process.returncode = 0
    return (used.ru_utime + used.ru_stime) * 1e3


def seconds_until(met: Callable[[str], object]) -> float:
    """From the start of the program to when the terminal shows it."""
    began_s = time.monotonic()
    with Program(ovtui(), environment(), 120, 40) as program:
        program.wait_for(met)
        took_s = time.monotonic() - began_s
        program.keys("q")
        program.wait()
    return took_s


def first_inference_s() -> float:
    """From the engine process's start to the first completed inference."""
    return float(run_json("-n", "1")["startup"]["first_inference_ms"]) / 1e3


def whole_s(command: list[str]) -> float:
    """From the start of a program to its end."""
    began_s = time.monotonic()
    subprocess.run(command, env=environment(), capture_output=True, check=True)
    return time.monotonic() - began_s


def one_request(runs: int) -> None:
    """A whole run beside the bare script."""
    with tempfile.TemporaryDirectory() as folder:
        save = "import sys; from pathlib import Path; from benchmark_models import save_cell_model; "
        save += "print(save_cell_model('matmul', Path(sys.argv[1])))"
        paths = {**environment(), "PYTHONPATH": os.pathsep.join(sys.path[:2])}
        saving = [sys.executable, "-c", save, folder]
        made = subprocess.run(saving, env=paths, capture_output=True, text=True, check=True)
        model = made.stdout.split()[-1]
        firsts, seconds = alternate(
            lambda: whole_s(ovtui("run", model, "-d", "CPU", "-n", "1")),
            lambda: whole_s([sys.executable, "-c", BARE, model]),
            runs,
        )
    comparison = Comparison("run -n 1 / bare script, start to end, s")
    for first, second in zip(firsts, seconds, strict=True):
        comparison.add(first, second)
    comparison.report()
    took_s = statistics.median(firsts)
    report("run -n 1, start to end", f"{took_s:.2f} s", f"<= {RUN_BUDGET_S} s", took_s <= RUN_BUDGET_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    runs = range(parser.parse_args().runs)
    version = statistics.median(version_cpu_ms() for _ in runs)
    report("ovtui --version, CPU", f"{version:.0f} ms", f"<= {VERSION_BUDGET_MS} ms", version <= VERSION_BUDGET_MS)
    for what, measure, budget in [
        ("first paint", lambda: seconds_until(lambda text: "DEVICE" in text), PAINT_BUDGET_S),
        ("first inference, from the engine's start", first_inference_s, INFERENCE_BUDGET_S),
        (
            "first inference on the screen, from the start",
            lambda: seconds_until(lambda text: completed(text) > 0),
            INFERENCE_BUDGET_S,
        ),
    ]:
        took_s = statistics.median(measure() for _ in runs)
        report(what, f"{took_s:.2f} s", f"<= {budget} s", took_s <= budget)
    one_request(len(runs))


if __name__ == "__main__":
    main()
