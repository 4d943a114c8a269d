"""What the dashboard of the real program costs at 120x40: CPU of its process and bytes to the terminal.

python tests/benchmarks/dashboard.py [--seconds 20] [--keys s] [--low-bandwidth]"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.program import Program, ovtui
from harness.reading import completed
from pairs import environment, report

COLUMNS, ROWS = 120, 40
CPU_BUDGET, IDLE_BUDGET, BYTES_BUDGET, LOW_BYTES_BUDGET = 4.0, 0.3, 30_000, 8_000
SETTLE_S = 3.0


def measure(arguments: list[str], shown: str, keys: str, seconds: float) -> tuple[float, float]:
    """CPU of the view's process in per cent of a core, and bytes a second, from `SETTLE_S` after `shown`."""
    with Program(ovtui(*arguments), environment(), COLUMNS, ROWS) as program:
        program.wait_for(lambda text: shown in text and completed(text) > 50)
        program.keys(*keys)
        time.sleep(SETTLE_S)
        program.only_counts = True
        view = psutil.Process(program.process.pid)
        began_s, bytes_before, cpu_before = time.monotonic(), program.received, sum(view.cpu_times()[:2])
        time.sleep(seconds)
        took_s = time.monotonic() - began_s
        cpu = (sum(view.cpu_times()[:2]) - cpu_before) / took_s * 100
        sent = (program.received - bytes_before) / took_s
        program.keys("q")
        program.wait()
    return cpu, sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--keys", default="", help="typed before measuring, such as s for the settings pane")
    parser.add_argument("--low-bandwidth", action="store_true")
    given = parser.parse_args()
    look, budget = (["--low-bandwidth"], LOW_BYTES_BUDGET) if given.low_bandwidth else ([], BYTES_BUDGET)
    cpu, sent = measure(look, "DEVICE", given.keys, given.seconds)
    report("dashboard running, CPU of one core", f"{cpu:.2f} %", f"<= {CPU_BUDGET} %", cpu <= CPU_BUDGET)
    report("dashboard running, to the terminal", f"{sent:,.0f} B/s", f"<= {budget:,}", sent <= budget)
    cpu, sent = measure([*look, "-n", "500"], "ENDED", given.keys, given.seconds)
    report("dashboard idle, CPU of one core", f"{cpu:.2f} %", f"<= {IDLE_BUDGET} %", cpu <= IDLE_BUDGET)
    report("dashboard idle, to the terminal", f"{sent:,.0f} B/s", "0", sent == 0)


if __name__ == "__main__":
    main()
