"""How often the intervals of `ovtui compare` hold the truth, by kind of load, length and percentile: synthetic requests
of which the right ratio is known, through the code that reads recordings (metrics/recorded).

    python tests/benchmarks/recorded_coverage.py [--pairs 400]

Independent: lognormal latencies. Alike: each of N neighbours is moved by the same things. Queue: the responses of a
queue with random arrivals and service at that load. `known`: in how many pairs there was an interval at all. Where few
are known, those are the runs that show less of their dependence than there is."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from pairs import report
from samples import records

from ovtui.metrics.recorded.cells import RecordedCells
from ovtui.metrics.recorded.intervals import Interval, percentile_shares, ratio_interval
from ovtui.records.arrays import Floats

SLOWER = 1.2
Make = Callable[[np.random.Generator, int], Floats]


def alike(neighbours: int) -> Make:
    def make(rng: np.random.Generator, n: int) -> Floats:
        noise = rng.standard_normal(n + neighbours - 1)
        found: Floats = np.exp(0.3 * np.convolve(noise, np.full(neighbours, neighbours**-0.5), "valid"))
        return found

    return make


def queue(load: float) -> Make:
    def make(rng: np.random.Generator, n: int) -> Floats:
        served, between = rng.exponential(1.0, n), rng.exponential(1 / load, n)
        steps = np.cumsum(np.concatenate(([0.0], served[:-1] - between[1:])))
        first = 0.0 if rng.random() > load else rng.exponential(1 / (1 - load))
        waited: Floats = np.maximum(steps - np.minimum.accumulate(steps), first + steps)
        return waited + served

    return make


LOADS: dict[str, Make] = {
    "independent": alike(1), "alike 20": alike(20), "alike 100": alike(100), "queue 0.5": queue(0.5),
    "queue 0.8": queue(0.8),
}  # fmt: skip


def of_run(ms: Floats, q: float) -> tuple[float, Interval] | None:
    at = float(np.quantile(ms, q / 100, method="inverted_cdf"))
    cells = RecordedCells({"it": at}, "service")
    cells.add(records(1000 + np.arange(len(ms)) * 10.0, service_ms=ms))
    low, high = percentile_shares(q, cells.independent("it"))
    if high is None:
        return None
    ends = np.quantile(ms, [low, high], method="inverted_cdf")
    return at, Interval(float(ends[0]), float(ends[1]))


def look(name: str, make: Make, n: int, q: float, pairs: int) -> None:
    rng, found = np.random.default_rng(19), []
    for _ in range(pairs):
        a, b = of_run(make(rng, n), q), of_run(SLOWER * make(rng, n), q)
        if a is not None and b is not None:
            found.append(ratio_interval(*a, *b))
    if not found:
        report(f"{name}, {n:,} requests, p{q:g}", "known in none", "", None)
        return
    held = sum(each.low <= SLOWER <= each.high for each in found) / len(found)
    wide = float(np.median([each.high / each.low - 1 for each in found]))
    # Three standard errors of a share of so many pairs.
    least = 0.95 - 3 * math.sqrt(0.95 * 0.05 / len(found))
    figure = f"holds {held:.1%}, known in {len(found) / pairs:.0%}, {wide:.0%} wide"
    report(f"{name}, {n:,} requests, p{q:g}", figure, f">= {least:.1%}", held >= least)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=400)
    pairs = parser.parse_args().pairs
    for name, make in LOADS.items():
        for n in (1000, 6000, 30_000):
            for q in (50.0, 90.0, 99.0):
                look(name, make, n, q, pairs)


if __name__ == "__main__":
    main()
