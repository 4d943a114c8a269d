"""Does the odd one of a fleet say what is so? Fleets by the hundred of boxes that are alike but for their luck, with
blocks that follow one another alike: in how many is any box marked; and how often is one found that is slower.
docs/fleet.md has the figures.

    python tests/benchmarks/fleet_odd_one.py [--runs 400]"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from metrics.fleet.fleet_samples import KIND, blocks_of

from ovtui.metrics.fleet.odd_one import odd_ones
from ovtui.records.fleet import BoxFacts, BoxState

MOST_FALSE = 0.07


def fleet(
    random: np.random.Generator, boxes: int, luck: float, noise: float, alike: float, count: int,
    slower: float = 1.0, tail_slower: float = 1.0,
) -> list[BoxState]:  # fmt: skip
    """`luck`: standard deviation between boxes; of p99 1.5 times that. The first box is slower by these factors."""
    states = []
    for number in range(boxes):
        by, tail_by = np.exp(random.normal(0, luck)), np.exp(random.normal(0, luck * 1.118))
        if number == 0:
            by, tail_by = by * slower, tail_by * tail_slower
        blocks = blocks_of(
            400 / by, 10 * by, 20 * by * tail_by, noise=noise, alike=alike, count=count,
            seed=int(random.integers(1 << 31)),
        )  # fmt: skip
        facts = BoxFacts(kind=KIND, facts={})
        states.append(BoxState(name=f"box{number}", phase="done", code=0, facts=facts, blocks=blocks))
    return states


def marked(runs: int, seed: int, *given: float, **changed: float) -> tuple[float, float, float]:
    """Share of fleets in which a box that is like the others is marked, and in which the first one is; and the mean
    number of boxes that are wrongly marked."""
    wrong = right = total = 0
    random = np.random.default_rng(seed)
    for _ in range(runs):
        found = odd_ones(fleet(random, *given, **changed))  # type: ignore[arg-type]
        right += "box0" in found
        others = len(found) - ("box0" in found) if changed else len(found)
        wrong += others > 0
        total += others
    return wrong / runs, right / runs, total / runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400)
    runs = parser.parse_args().runs
    failed = []
    print("| boxes | blocks | luck between boxes | noise of blocks | neighbours alike | fleets with a mark |")
    print("|---|---|---|---|---|---|")
    for boxes in (3, 5, 20):
        for luck in (0.0, 0.02, 0.04):
            for noise, alike in ((0.03, 0.0), (0.05, 0.7)):
                found, _, _ = marked(runs, 1, boxes, luck, noise, alike, 30)
                print(f"| {boxes} | 30 | {luck:.0%} | {noise:.0%} | {alike:g} | {100 * found:.1f} % |", flush=True)
                if found > MOST_FALSE:
                    failed.append(f"{boxes} boxes, luck {luck}")
    for boxes, count in ((20, 15), (20, 300), (100, 30)):
        found, _, _ = marked(max(runs // 4, 20), 2, boxes, 0.03, 0.05, 0.7, count)
        print(f"| {boxes} | {count} | 3 % | 5 % | 0.7 | {100 * found:.1f} % |", flush=True)
    print("\n| boxes | one is slower by | found | fleets with another one marked |")
    print("|---|---|---|---|")
    for boxes in (3, 5, 20):
        for slower in (1.1, 1.15, 1.2, 1.3):
            wrong, right, _ = marked(runs, 3, boxes, 0.02, 0.03, 0.5, 30, slower=slower)
            print(f"| {boxes} | {slower - 1:.0%} | {100 * right:.0f} % | {100 * wrong:.1f} % |", flush=True)
        wrong, right, _ = marked(runs, 4, boxes, 0.02, 0.03, 0.5, 30, tail_slower=1.34)
        print(f"| {boxes} | 34 %, its p99 alone | {100 * right:.0f} % | {100 * wrong:.1f} % |", flush=True)
    for boxes in (20, 200):
        states = fleet(np.random.default_rng(5), boxes, 0.02, 0.03, 0.5, 300)
        began = time.process_time()
        odd_ones(states)
        print(f"{boxes} boxes of 300 blocks: {1e3 * (time.process_time() - began):.0f} ms")
    print(f"\nfails: {', '.join(failed) or 'nothing'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
