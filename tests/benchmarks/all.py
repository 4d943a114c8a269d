"""All benchmarks with one command, one after the other, and their results as Markdown.

    python tests/benchmarks/all.py [--quick] [--only throughput,startup] [--write docs/performance.md] [--log FILE]
    python tests/benchmarks/all.py --from FILE... [--write docs/performance.md]

A benchmark is a program that prints rows with pairs.report() or pairs.Comparison, which also append them to the log
that this program names. --quick measures shortly, to see that everything runs: its figures mean little. --from makes
the tables of logs that were kept, such as those of a machine elsewhere; figures of one comparison in several logs are
put together. --write replaces the parts of the page that were measured, on this machine or in the logs; others stay."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.performance_page import parts_of, render, replaced
from pairs import HEADED, LOG, append, machine_and_versions, read_log, run_entry, say

FOLDER = Path(__file__).parent


class Benchmark(NamedTuple):
    name: str
    options: str
    quick: str
    """Options of a quick look."""
    program: str = ""
    """Where it is not the name."""


BENCHMARKS = [
    Benchmark("throughput", "", "--pairs 1 --seconds 1"),
    Benchmark("recording_cost", "", "--requests 50000 --rounds 3"),
    Benchmark("batch_evidence_cost", "", "--pairs 1 --seconds 1"),
    Benchmark("schedule", "", "--seconds 2 --runs 1"),
    Benchmark("distortion", "--pairs 10", "--pairs 1 --seconds 4"),
    Benchmark("dashboard", "", "--seconds 4"),
    Benchmark("dashboard, low bandwidth", "--low-bandwidth", "--low-bandwidth --seconds 4", "dashboard"),
    Benchmark("slow_line", "", "--size 120x40 --only 100 --keys 3"),
    Benchmark("startup", "", "--runs 1"),
    Benchmark("recorder", "60 50000", "4 50000"),
    Benchmark("digest_cost", "20", "1"),
    Benchmark("telemetry_cost", "", "--readings 200"),
    Benchmark("opening", "10000000", "200000"),
    Benchmark("flat_memory", "20 120000", "1 100000"),
    Benchmark("export_memory", "10000000", "200000"),
    Benchmark("recorded_coverage", "", "--pairs 20"),
    Benchmark("benchmark_app_pairs", "", "--pairs 1 --seconds 1"),
    Benchmark("turn_change", "", "--turns 5"),
    Benchmark("fleet_200", "", "--boxes 20 --seconds 5"),
    Benchmark("fleet_screen", "", "--seconds 4"),
]


def run(benchmark: Benchmark, quick: bool, log: Path, machine: Mapping[str, str]) -> None:
    """Runs one benchmark, which appends its rows to the log. One that fails leaves a row that says so."""
    program = benchmark.program or benchmark.name
    options = (benchmark.quick if quick else benchmark.options).split()
    say(f"\n{benchmark.name}: {program}.py {' '.join(options)}")
    append(log, run_entry(benchmark.name, program, options, machine))
    env = {**os.environ, LOG: str(log), HEADED: "yes"}
    command = [sys.executable, str(FOLDER / f"{program}.py"), *options]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        last = ""
        for line in process.stderr:
            say(line.rstrip())
            last = line.strip() or last
    if process.returncode:
        failed = {"what": f"{benchmark.name}: failed", "figure": last[-150:], "budget": "none", "met": False}
        append(log, {"kind": "row", **failed})


def measure(only: str, quick: bool, log: Path) -> None:
    machine = machine_and_versions()
    wanted = [name.strip() for name in only.split(",") if name.strip()]
    for benchmark in BENCHMARKS:
        if not wanted or benchmark.name in wanted or benchmark.program in wanted:
            run(benchmark, quick, log, machine)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="measure shortly, to see that everything runs")
    parser.add_argument("--only", default="", help="names of benchmarks, with commas")
    parser.add_argument("--write", type=Path, help="replace what was measured in this page")
    parser.add_argument("--log", type=Path, help="keep the figures in this file (appended)")
    parser.add_argument("--from", dest="logs", type=Path, nargs="+", help="measure nothing, read these logs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        logs = given.logs or [given.log or Path(folder) / "log.jsonl"]
        if not given.logs:
            measure(given.only, given.quick, logs[0])
        found = parts_of(entry for log in logs for entry in read_log(log))
    print(render(found))
    if given.write:
        text = given.write.read_text() if given.write.exists() else ""
        for machine, parts in found.items():
            text = replaced(text, machine, parts)
        given.write.write_text(text)


if __name__ == "__main__":
    main()
