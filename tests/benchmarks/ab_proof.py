"""Does `ovtui ab` say what is so? Synthetic rows by the thousand: how often A against A is called faster or slower, how
often a p99 that is 25 % longer and a p50 that is 5 % longer are found. docs/ab.md has the figures.

    python tests/benchmarks/ab_proof.py [--runs 1000]

The real part, through the program: tests/benchmarks/ab_real.py."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.noisy_load import NAMES, Effect, compare, noise, slowed_for_p99, with_effect

MOST_FALSE, LEAST_P99, LEAST_P50 = 0.07, 0.90, 0.95
LIMIT_S = 180.0


def rates(
    title: str, runs: int, effect: Effect, *, pairs: int, block_s: float, fixed: bool, confidence: float
) -> Counter[str]:
    """Prints and returns how many of the runs call each figure, and any, faster or slower."""
    found: Counter[str] = Counter()
    lasted = []
    for seed in range(runs):
        done = compare(seed, effect, pairs=pairs, block_s=block_s, confidence=confidence, fixed=fixed)
        found.update(done.found)
        found["any"] += bool(done.found)
        lasted.append(done.pairs * (2 * block_s + 0.15))
    cells = " | ".join(f"{100 * found[name] / runs:.1f} %" for name in (*NAMES, "any"))
    print(
        f"| {title} | {pairs} x {block_s:g} s | {np.median(lasted):.0f} s | {100 * confidence:.4g} % | {cells} |",
        flush=True,
    )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    slowed = Effect(slowed_ms=slowed_for_p99(1.25))
    sample = np.concatenate([noise(np.random.default_rng(n), 100.0) for n in range(100)])
    changed = with_effect(sample, slowed, np.random.default_rng(1))
    change = [float(np.percentile(changed, q) / np.percentile(sample, q)) for q in (50, 90, 99)]
    pooled = ", ".join(f"{each:.3f}" for each in change)
    print(f"p99 alone: {slowed.slowed_ms:.0f} ms more for 2 % of requests; pooled p50, p90, p99 x {pooled}\n")
    print(f"| what differs | at most | median | each interval | {' | '.join(NAMES)} | any of them |")
    print("|---|---|---|---|---|---|---|---|---|")
    same, failed = Effect(), []
    for pairs in (10, 16):
        rates("nothing, fixed blocks", runs, same, pairs=pairs, block_s=1.0, fixed=True, confidence=0.95)
        found = rates("nothing, fixed blocks", runs, same, pairs=pairs, block_s=1.0, fixed=True, confidence=0.9875)
        if found["any"] > MOST_FALSE * runs:
            failed.append("A against A")
    for pairs, block_s in ((10, 4.0), (40, 2.0)):
        rates("p99 +25 % alone, fixed blocks", runs, slowed, pairs=pairs, block_s=block_s, fixed=True, confidence=0.95)
    whole = {"pairs": int(LIMIT_S / 2.15), "block_s": 1.0, "fixed": False, "confidence": 0.9875}
    rates("nothing, ends at the width", runs, same, **whole)  # type: ignore[arg-type]
    if rates("p99 +25 % alone", runs, slowed, **whole)["p99"] < LEAST_P99 * runs:  # type: ignore[arg-type]
        failed.append("p99 +25 %")
    if rates("p50 +5 %", runs, Effect(all_by=1.05), **whole)["p50"] < LEAST_P50 * runs:  # type: ignore[arg-type]
        failed.append("p50 +5 %")
    print(f"\nfails: {', '.join(failed) or 'nothing'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
