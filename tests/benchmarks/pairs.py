"""Paired runs: A B A B, so that both meet the same machine, and the median of their ratios."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from harness.program import ovtui


def alternate(first: Callable[[], float], second: Callable[[], float], pairs: int) -> tuple[list[float], list[float]]:
    """Figures of `first` and `second`, taken in turns; the order within a pair alternates too."""
    firsts: list[float] = []
    seconds: list[float] = []
    for number in range(pairs):
        for measure, figures in [(first, firsts), (second, seconds)][:: -1 if number % 2 else 1]:
            figures.append(measure())
    return firsts, seconds


def median_ratio(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and greatest of the ratios, pair by pair."""
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)


def run_json(*arguments: str) -> dict[str, Any]:
    """The result of one `ovtui run`. Raises CalledProcessError."""
    done = subprocess.run(
        ovtui("run", *arguments, "--json", "-"), capture_output=True, text=True, check=True, env=environment()
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def environment() -> dict[str, str]:
    """This shell's, without its settings of ovtui, on a terminal of 256 colours."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("OVTUI_")}
    return {**env, "TERM": "xterm-256color", "COLORTERM": ""}


def report(what: str, figure: str, budget: str, met: bool) -> None:
    print(f"{what:<46} {figure:<34} budget {budget:<12} {'met' if met else 'MISSED'}", flush=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
