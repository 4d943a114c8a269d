"""Paired runs: A B, then B A, so that both meet the same machine; and the printing and keeping of what they show.

Where BENCHMARK_LOG names a file, each figure is appended to it as it comes, one JSON object a line, so that a run that
is killed loses nothing. `all.py` makes its tables of such files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

from harness.paired_figures import Budget, Pair, Row, ratio_of, row_of
from harness.program import ovtui

LOG, HEADED = "BENCHMARK_LOG", "BENCHMARK_LOG_HEADED"
"""Names the log; says that the log's owner writes what each run is."""
_headed: set[str] = set()
"""Logs that this process has written its first line into."""


def alternate(first: Callable[[], float], second: Callable[[], float], pairs: int) -> tuple[list[float], list[float]]:
    """Figures of `first` and `second`, taken in turns; the order within a pair alternates too."""
    firsts: list[float] = []
    seconds: list[float] = []
    for number in range(pairs):
        for measure, figures in [(first, firsts), (second, seconds)][:: -1 if number % 2 else 1]:
            figures.append(measure())
    return firsts, seconds


def median_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float, float]:
    """Median of the ratios, pair by pair, and its 95 % interval."""
    return ratio_of(numerators, denominators)[:3]


class Comparison:
    """One comparison's pairs as they are taken. `what` names it and both sides: 'ovtui / benchmark_app'."""

    def __init__(self, what: str, unit: str = "", budget: Budget | None = None) -> None:
        self.what = what
        self.unit = unit
        self.budget = budget or Budget()
        self.pairs: list[Pair] = []

    def add(self, first: float, second: float) -> None:
        pair = Pair(self.what, first, second, self.unit, self.budget)
        self.pairs.append(pair)
        keep(pair.as_dict())

    def report(self) -> None:
        """Prints the row of the pairs taken; nothing where there are none."""
        if self.pairs:
            _show(row_of(self.pairs))


class Item(Protocol):
    """Something that is measured in rounds: a model on a device under a load."""

    @property
    def name(self) -> str: ...


AnItem = TypeVar("AnItem", bound=Item)


def rounds(items: Sequence[AnItem], measure: Callable[[AnItem, bool], None], count: int, end_s: float) -> None:
    """`measure(item, backwards)` for all items in turn, and that `count` times, every second time backwards, so that
    all have equally many figures when no time is left for one more before `end_s` (monotonic). An item that fails is
    reported and left out from then on."""
    took_s: dict[str, float] = {}
    failed: set[str] = set()
    for number in range(count):
        for item in items:
            if item.name in failed:
                continue
            began_s = time.monotonic()
            if began_s + took_s.get(item.name, 0.0) > end_s:
                say(f"out of time in round {number + 1} of {count}")
                return
            try:
                measure(item, number % 2 == 1)
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                failed.add(item.name)
                report(f"{item.name}: failed", str(error).replace("\n", " ")[-200:], "none", False)
            took_s[item.name] = max(took_s.get(item.name, 0.0), time.monotonic() - began_s)


def report(what: str, figure: str, budget: str, met: bool | None) -> None:
    """Prints a row, and keeps it. `met` is None where there is no budget or nothing was measured."""
    row = Row(what, figure, budget, met)
    keep({**asdict(row), "kind": "row"})
    _show(row)


def _show(row: Row) -> None:
    print(f"{row.what:<58} {row.figure:<48} budget {row.budget:<12} {row.verdict}", flush=True)


def keep(entry: Mapping[str, Any]) -> None:
    """Appends an entry to the log, where there is one; before the first of this process, what it is a run of."""
    path = os.environ.get(LOG)
    if path and path not in _headed and not os.environ.get(HEADED):
        _headed.add(path)
        name = Path(sys.argv[0]).stem
        append(Path(path), run_entry(name, name, sys.argv[1:], machine_and_versions()))
    if path:
        append(Path(path), entry)


def append(log: Path, entry: Mapping[str, Any]) -> None:
    with log.open("a") as out:
        out.write(json.dumps(entry, ensure_ascii=False) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The entries of a log; a last line that a kill cut short is left out."""
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            say(f"{path}: left out: {line[:60]}")
    return found


def run_entry(benchmark: str, program: str, options: Sequence[str], machine: Mapping[str, str]) -> dict[str, str]:
    """What a log says of a run: the benchmark, its command, the date, and machine and versions. Where the figures are
    kept is no part of the command."""
    said = re.sub(r"--json[ =]\S+ ?", "", " ".join(options))
    command = f"python tests/benchmarks/{program}.py {said}".rstrip()
    return {"kind": "run", "benchmark": benchmark, "command": command, "date": time.strftime("%Y-%m-%d"), **machine}


def machine_and_versions() -> dict[str, str]:
    """`machine` (CPU, cores, GPUs) and `versions`. OpenVINO is asked in a process of its own: a GPU's context in this
    one would stand beside what is measured."""
    code = (
        "import json, platform, openvino as ov, ovtui; from ovtui.host.machine.machine_info import read_machine_info; "
        "core, m = ov.Core(), read_machine_info(); gpus = [d for d in core.available_devices if d.startswith('GPU')]; "
        "names = [core.get_property(d, 'FULL_DEVICE_NAME') for d in gpus]; "
        "print(json.dumps({'machine': ', '.join([m.cpu, f'{m.cores} cores', *names]), 'versions': "
        "f'OpenVINO {ov.__version__.split(\"-\")[0]}, ovtui {ovtui.__version__}, Python {platform.python_version()}'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment())
    try:
        found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        found = {"machine": "unknown machine", "versions": f"unknown versions ({done.stderr.strip()[-200:]})"}
    return found


def run_json(*arguments: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The result of one `ovtui run`. Raises RuntimeError with what it said where it fails."""
    command = ovtui("run", *arguments, "--json", "-")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env or environment())
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[2:])} ends with {done.returncode}: {done.stderr.strip()[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def environment() -> dict[str, str]:
    """This shell's, without its settings of ovtui, on a terminal of 256 colours."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OVTUI_")}
    return {**env, "TERM": "xterm-256color", "COLORTERM": ""}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
