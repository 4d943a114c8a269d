"""How exactly an open loop keeps its schedule: when requests were sent against when they were due.

    python tests/benchmarks/schedule.py [--seconds 10] [--runs 3] [--model demo-matmul]

The model takes one thread, so that it leaves a core to the load. p50, p99 and greatest error of each run, from the
records; the row is the run with the median p99. Budget: p99 <= 0.2 ms at 1,000/s, <= 1 ms at 10,000/s."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairs import environment, report, run_json, say

from ovtui.records.record import Flag, join_records
from ovtui.records.session_file.reader import SessionReader

BUDGETS_MS = {1_000: 0.2, 10_000: 1.0}
NIREQ = 16
NOT_SENT_SHARE = 1e-3
"""Requests that come due in the last instants are not sent any more."""


class Errors(NamedTuple):
    """Of one run: the result's schedule error in ms, which leaves out requests that were queued, and counts."""

    p99: float
    p50: float
    greatest: float
    requests: int
    queued: int
    """Requests that found no infer request idle: the model's fault, not the schedule's."""
    lost: int
    """Shed, or due and never sent."""

    def __str__(self) -> str:
        return (
            f"p50 {self.p50:.3f}, p99 {self.p99:.3f}, max {self.greatest:.2f} ms; "
            f"{self.requests:,} sent, {self.queued:,} queued, {self.lost:,} not sent"
        )


def measure(model: str, rate: int, seconds: float, folder: Path) -> Errors:
    """One run at `rate` requests a second."""
    file = folder / "session.ovtui"
    load = ["-d", "CPU", "--nthreads", "1", "--nireq", str(NIREQ), "--rate", str(rate), "-t", str(seconds)]
    env = {**environment(), "XDG_STATE_HOME": str(folder)}
    result = run_json(model, *load, "--record", str(file), env=env)
    reader = SessionReader(str(file))
    records = join_records(list(reader.all_records()))
    reader.close()
    file.unlink()
    error_ms = result["load"]["schedule_error_ms"]
    queued = int(np.count_nonzero(records["flags"] & Flag.QUEUED))
    lost = sum(int(result["requests"].get(name) or 0) for name in ("shed", "unsent", "lost"))
    return Errors(error_ms["p99"], error_ms["p50"], error_ms["max"], len(records), queued, lost)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", default="demo-matmul")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rate, budget_ms in BUDGETS_MS.items():
            runs = sorted(measure(given.model, rate, given.seconds, Path(folder)) for _ in range(given.runs))
            for run in runs:
                say(f"{rate:,}/s: {run}")
            middle = runs[len(runs) // 2]
            met = middle.p99 <= budget_ms and middle.lost <= middle.requests * NOT_SENT_SHARE
            report(f"schedule error at {rate:,}/s, {given.model}", str(middle), f"p99 <= {budget_ms} ms", met)


if __name__ == "__main__":
    main()
