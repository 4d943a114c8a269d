"""What an open dashboard does to what it measures: throughput and p99 with it against `ovtui run`, paired.

    python tests/benchmarks/distortion.py [--seconds 12] [--pairs 40]

demo-cnn with 4 requests in flight saturates two cores. The figures with the dashboard are those of the summary that it
prints when it is closed. Printed is the median of the ratios with its 95 % interval (bootstrap over the pairs): single
pairs spread by 20 %, and 40 of them tell 1.05 from 1.10."""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.paired_figures import Budget
from harness.program import Program, ovtui
from harness.reading import completed
from pairs import Comparison, environment, run_json

THROUGHPUT_BUDGET, P99_BUDGET = 0.98, 1.05
LOAD = ["-d", "CPU", "--nireq", "4"]
END_S = 2.0
"""After the time limit the load has drained and the session has ended."""


class Figures:
    """Of each run, in order: throughput, and p99 of the inference in ms."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.limit = ["-t", str(seconds)]
        self.p99_open: list[float] = []
        self.p99_headless: list[float] = []

    def headless(self) -> float:
        result = run_json(*LOAD, *self.limit)
        self.p99_headless.append(result["latency_ms"]["inference"]["p99"])
        return float(result["throughput"])

    def open(self) -> float:
        with Program(ovtui(*LOAD, *self.limit), environment(), 120, 40) as program:
            program.wait_for(lambda text: completed(text) > 0)
            # A terminal in Python takes as much CPU as the dashboard: nothing is drawn until the load has ended.
            program.only_counts = True
            time.sleep(self.seconds + END_S)
            program.only_counts = False
            program.keys("q")
            program.wait()
            text = program.text
        throughput = re.search(r"^throughput\s+([\d,.]+) /s", text, re.MULTILINE)
        latency = re.search(r"^inference((?:\s+[\d,.–]+){6})$", text, re.MULTILINE)
        if throughput is None or latency is None:
            raise RuntimeError(f"no figures in the summary:\n{text}")
        self.p99_open.append(_number(latency[1].split()[3]))
        return _number(throughput[1])


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--pairs", type=int, default=40)
    given = parser.parse_args()
    figures = Figures(given.seconds)
    throughput = Comparison("throughput, dashboard open / headless", "/s", Budget(least=THROUGHPUT_BUDGET))
    p99 = Comparison("p99, dashboard open / headless", "ms", Budget(most=P99_BUDGET))
    for number in range(given.pairs):
        taken = {}
        for measure in (figures.open, figures.headless)[:: -1 if number % 2 else 1]:
            taken[measure.__name__] = measure()
        throughput.add(taken["open"], taken["headless"])
        p99.add(figures.p99_open[-1], figures.p99_headless[-1])
    throughput.report()
    p99.report()


if __name__ == "__main__":
    main()
