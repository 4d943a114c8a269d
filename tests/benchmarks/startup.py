"""How long it takes to be useful: `--version`, the first paint, the first inference. Medians.

python tests/benchmarks/startup.py [--runs 7]"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.program import Program, ovtui
from harness.reading import completed
from pairs import environment, report, run_json

VERSION_BUDGET_MS, PAINT_BUDGET_S, INFERENCE_BUDGET_S = 90, 0.7, 2.0


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


if __name__ == "__main__":
    main()
