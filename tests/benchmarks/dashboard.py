"""What the dashboard of the real program costs at 120x40: CPU of its process and of the host, bytes to the terminal,
and how long a key takes to be answered while the cores are saturated.

python tests/benchmarks/dashboard.py [--seconds 20] [--keys s] [--low-bandwidth] [--only key]"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.program import Program, ovtui
from harness.reading import completed
from pairs import environment, report

COLUMNS, ROWS = 120, 40
IDLE_BUDGET, HOST_BUDGET, BYTES_BUDGET, LOW_BYTES_BUDGET = 0.2, 1.5, 15_000, 4_000
KEY_BUDGET_MS = 100.0
SETTLE_S = 4.0
KEYS = 20
KEY_GAPS_S = (0.11, 3.05)
"""Between two keys: within the time for which a key keeps the pace up, and after it."""
LOADS = {
    "100/s": (["-d", "CPU", "--nireq", "4", "--rate", "100"], 2.5),
    "2,000/s": (["demo-matmul", "-d", "CPU", "--nireq", "4", "--rate", "2000"], 2.5),
    "saturated, 1,000/s": (["-d", "CPU", "--nireq", "4"], 2.5),
    "closed loop, 50,000/s": (["demo-matmul", "-d", "CPU", "--nireq", "4"], 4.0),
}
"""The load of each measurement, and the budget of the view's CPU in per cent of a core."""


class Cost(NamedTuple):
    view_percent: float
    host_percent: float
    bytes_per_s: float


def measure(arguments: list[str], shown: str, keys: str, seconds: float) -> Cost:
    """From `SETTLE_S` after `shown`."""
    with Program(ovtui(*arguments), environment(), COLUMNS, ROWS) as program:
        program.wait_for(lambda text: shown in text and completed(text) > 50)
        program.keys(*keys)
        time.sleep(SETTLE_S)
        program.only_counts = True
        view = psutil.Process(program.process.pid)
        host = next(child for child in view.children() if "ovtui.host" in child.cmdline())
        before = _cpu_s(view), _cpu_s(host), program.received
        began_s = time.monotonic()
        time.sleep(seconds)
        took_s = time.monotonic() - began_s
        view_s, host_s, received = _cpu_s(view), _cpu_s(host), program.received
        program.keys("q")
        program.wait()
    return Cost(
        (view_s - before[0]) / took_s * 100, (host_s - before[1]) / took_s * 100, (received - before[2]) / took_s
    )


def _cpu_s(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def key_answers_ms(arguments: list[str]) -> list[float]:
    """From a key to its answer on the screen, with the terminal's own work in it."""
    kinds = ("inference", "service", "response")
    taken: list[float] = []
    with Program(ovtui(*arguments), environment(), COLUMNS, ROWS) as program:
        program.wait_for(lambda text: completed(text) > 50)
        time.sleep(SETTLE_S)
        for number in range(KEYS):
            began_s = time.monotonic()
            program.keys("m")
            program.wait_for(f"latency shown: {kinds[number % 3]}")
            taken.append((time.monotonic() - began_s) * 1e3)
            time.sleep(KEY_GAPS_S[number % 2])
        program.keys("q")
        program.wait()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--keys", default="", help="typed before measuring, such as s for the settings pane")
    parser.add_argument("--low-bandwidth", action="store_true")
    parser.add_argument("--only", default="", help="a part of a measurement's name, idle and key among them")
    given = parser.parse_args()
    look, budget = (["--low-bandwidth"], LOW_BYTES_BUDGET) if given.low_bandwidth else ([], BYTES_BUDGET)
    for name, (load, cpu_budget) in LOADS.items():
        if given.only in name:
            cost = measure([*load, *look], "DEVICE", given.keys, given.seconds)
            _report_cpu(f"{name}: view, CPU of a core", cost.view_percent, cpu_budget)
            _report_cpu(f"{name}: host, CPU of a core", cost.host_percent, HOST_BUDGET if "satur" in name else None)
            met = cost.bytes_per_s <= budget
            report(f"{name}: to the terminal", f"{cost.bytes_per_s:,.0f} B/s", f"<= {budget:,}", met)
    if given.only in "idle":
        cost = measure([*look, "-n", "500"], "ENDED", given.keys, given.seconds)
        _report_cpu("idle: view, CPU of a core", cost.view_percent, IDLE_BUDGET)
        _report_cpu("idle: host, CPU of a core", cost.host_percent, IDLE_BUDGET)
        report("idle: to the terminal", f"{cost.bytes_per_s:,.0f} B/s", "0", cost.bytes_per_s == 0)
    if given.only in "key":
        for name in ("saturated, 1,000/s", "closed loop, 50,000/s"):
            taken = key_answers_ms(LOADS[name][0])
            shown = f"median {statistics.median(taken):.0f} ms, longest {max(taken):.0f} ms"
            met = max(taken) <= KEY_BUDGET_MS
            report(f"{name}: from a key to its answer", shown, f"<= {KEY_BUDGET_MS:.0f} ms", met)


def _report_cpu(what: str, percent: float, budget: float | None) -> None:
    met = None if budget is None else percent <= budget
    report(what, f"{percent:.2f} %", "none" if budget is None else f"<= {budget} %", met)


if __name__ == "__main__":
    main()
