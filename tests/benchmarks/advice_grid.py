"""Does advice keep its word? 60 situations through the real `ovtui run`; the first advice of each is followed, and the
figure that it names compared in pairs of runs. Prints a table in Markdown.

    python tests/benchmarks/advice_grid.py [--only TEXT] [--number N] [--pairs 10] [> grid.md]

The CPU's cells run everywhere, those of the GPU on the rig (tests/rig). Takes about 20 minutes."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness import advice_grid, gpu_sim
from harness.advice_grid import Cell, Models, Outcome

from ovtui.metrics.comparison.paired_blocks import PairedRatio, paired_ratio

LEAST_GAIN = 0.95
"""Advice fails where the whole interval of the gain lies below this."""
FEW_PAIRS = 3
"""After these, pairs go on only where the estimated gain is below LEAST_GAIN: no other cell could fail. With fewer than
paired_blocks.LEAST_PAIRS there is no interval, and none fails."""
PLAIN_GAIN = 1.5
"""Two pairs suffice where both gain more."""
SLACK = 1.25
"""A promise is broken where the last pair's figure is off its range by more."""
LEAST_SPEAKING = 20

LATENCY, THROUGHPUT = {"hint": "latency"}, {"hint": "throughput"}
CPU, GPU, AUTO = {"device": "CPU"}, {"device": "GPU"}, {"device": "AUTO:GPU,CPU"}
OF_4, OF_16 = {"device": "BATCH:CPU(4)"}, {"device": "BATCH:CPU(16)"}
PHR = "PERFORMANCE_HINT_NUM_REQUESTS"
CELLS = [
    # The CPU: hints, requests in flight, rates.
    Cell({**CPU, **LATENCY, "nireq": 1}, "deep"),
    Cell({**CPU, **LATENCY, "nireq": 8}, "deep"),
    Cell({**CPU, **LATENCY, "nireq": 8}),
    Cell({**CPU, **THROUGHPUT}, "deep"),
    Cell({**CPU, **THROUGHPUT, "nireq": 1}, "deep"),
    Cell({**CPU, **THROUGHPUT, "nireq": 32}, "deep"),
    Cell({**CPU, **THROUGHPUT, "nireq": 64}),
    Cell({**CPU, "hint": "none", "nireq": 4}, "deep"),
    Cell({**CPU, "hint": "none", "nireq": 16}, "deep"),
    Cell({**CPU, **THROUGHPUT, "nstreams": "1", "nireq": 8}, "deep"),
    Cell({**CPU, **THROUGHPUT, "nstreams": "8", "nireq": 8}, "deep"),
    Cell({**CPU, **THROUGHPUT, "nireq": 8, "properties": {PHR: "1"}}, "deep"),
    Cell({**CPU, **LATENCY, "rate": 20.0}, "deep"),
    Cell({**CPU, **THROUGHPUT, "rate": 20.0}, "deep"),
    Cell({**CPU, **THROUGHPUT, "rate": 100.0}),
    Cell({**CPU, **THROUGHPUT, "rate": 100.0, "arrival": "poisson", "nireq": 1}, "deep"),
    Cell({**CPU, **THROUGHPUT, "rate": 2000.0}, "deep"),
    Cell({**CPU, **LATENCY, "rate": 2000.0}, "deep"),
    Cell({**CPU, **THROUGHPUT, "rate": 100.0, "arrival": "burst:20", "nireq": 4}, "deep"),
    Cell({**CPU, **THROUGHPUT, "auto_batching": "yes", "nireq": 4}),
    # Batches on the CPU: closed loops.
    Cell({**OF_4, "nireq": 3}),
    Cell({**OF_4, "nireq": 4}),
    Cell({**OF_4, "nireq": 6}),
    Cell({**OF_4, "nireq": 8}),
    Cell({**OF_4, "nireq": 10, "batch_timeout_ms": 50}, "deep"),
    Cell({**OF_16, "nireq": 4}),
    Cell({**OF_16, "nireq": 40}, "deep"),
    Cell({**OF_4, "nireq": 64}),
    Cell({**OF_4, "nireq": 8}, "fixed"),
    # Batches on the CPU: rates.
    Cell({**OF_4, "nireq": 8, "rate": 3.0}, seconds=6),
    Cell({**OF_4, "nireq": 8, "rate": 30.0}, seconds=4),
    Cell({**OF_4, "nireq": 8, "rate": 30.0, "batch_timeout_ms": 100}, seconds=4),
    Cell({**OF_4, "nireq": 16, "rate": 200.0}),
    Cell({**OF_4, "nireq": 16, "rate": 200.0, "arrival": "poisson"}),
    Cell({**OF_4, "nireq": 16, "rate": 100.0, "arrival": "burst:6"}, seconds=4),
    Cell({**OF_16, "nireq": 32, "rate": 10.0}, seconds=4),
    Cell({**OF_16, "nireq": 32, "rate": 40.0, "batch_timeout_ms": 200}, seconds=4),
    Cell({**OF_16, "nireq": 4, "rate": 33.0}, seconds=4),
    Cell({**OF_4, "nireq": 8, "rate": 100.0}, "fixed"),
    Cell({**OF_4, "nireq": 8, "rate": 2.0, "batch_timeout_ms": 200}, seconds=8),
    # The GPU, named.
    Cell({**GPU, **THROUGHPUT, "nireq": 8}),
    Cell({**GPU, **THROUGHPUT, "nireq": 64}),
    Cell({**GPU, **THROUGHPUT, "nireq": 4, "properties": {PHR: "16"}}, seconds=4),
    Cell({**GPU, **THROUGHPUT, "nireq": 20, "properties": {PHR: "8"}}),
    Cell({**GPU, **THROUGHPUT, "nireq": 8, "auto_batching": "no"}),
    Cell({**GPU, **LATENCY, "nireq": 8}),
    Cell({**GPU, **LATENCY, "nireq": 4, "auto_batching": "yes"}),
    Cell({**GPU, **THROUGHPUT, "nireq": 4, "rate": 33.0, "properties": {PHR: "16"}}, seconds=4),
    Cell({**GPU, **THROUGHPUT, "rate": 100.0}, seconds=4),
    Cell({**GPU, **THROUGHPUT, "rate": 100.0, "nireq": 16}, seconds=4),
    Cell({**GPU, **THROUGHPUT, "rate": 100.0, "nireq": 16}, "fixed"),
    Cell({**GPU, **THROUGHPUT, "nireq": 8}, "fixed"),
    # AUTO: the stand-in, the handover, then batches whose binding is hidden.
    Cell({**AUTO, **THROUGHPUT, "rate": 100.0}, seconds=8),
    Cell({**AUTO, **THROUGHPUT, "rate": 100.0, "batch_timeout_ms": 100}, seconds=8),
    Cell({**AUTO, **THROUGHPUT, "rate": 100.0, "auto_batching": "no"}, seconds=8),
    Cell({**AUTO, **LATENCY, "rate": 100.0}, seconds=8),
    Cell({**AUTO, **LATENCY, "nireq": 1}, seconds=8),
    Cell({**AUTO, **THROUGHPUT, "nireq": 16}, seconds=8),
    Cell({**AUTO, **THROUGHPUT, "nireq": 16}, "fixed", seconds=8),
    Cell({**AUTO, **THROUGHPUT, "rate": 33.0, "nireq": 16}, seconds=8),
]


def follow(cell: Cell, models: Models, env: dict[str, str], first: Outcome, most_pairs: int) -> tuple[str, list[str]]:
    """What following the first advice did, and what fails."""
    advice = first.first
    assert advice is not None
    claim, failed = advice["claim"], []
    if claim is None or claim["figure"] == "compile time":
        after = advice_grid.run(cell, models, env, advice["remedy"])
        return "no figure is named", ["comes again"] if advice_grid.comes_again(first, after) else []
    before_values: list[float] = []
    after_values: list[float] = []
    again, ratio = 0, PairedRatio(0)
    for pair in range(most_pairs):
        runs = {}
        for changed in (False, True) if pair % 2 else (True, False):
            runs[changed] = advice_grid.run(cell, models, env, advice["remedy"] if changed else None)
        before, after = (runs[changed].figure(claim["figure"]) for changed in (False, True))
        again += advice_grid.comes_again(first, runs[True])
        if before and after is not None and (after or claim["figure"] == "late share"):
            # Gains: as if the old figure were 1.
            before_values.append(before)
            after_values.append(before * advice_grid.gain(claim["figure"], before, after))
            ratio = paired_ratio(before_values, after_values)
        plain = all(y > PLAIN_GAIN * x for x, y in zip(before_values, after_values, strict=True))
        enough = ratio.pairs >= (2 if plain else FEW_PAIRS)
        if enough and ratio.estimate is not None and ratio.estimate >= LEAST_GAIN:
            break
    if ratio.high is not None and ratio.high < LEAST_GAIN:
        failed.append("the figure fell")
    if again > most_pairs // 3:
        failed.append("comes again")
    text = f"{claim['figure']}: "
    text += "not measured" if ratio.estimate is None else f"x {ratio.estimate:.3g}"
    if ratio.low is not None and ratio.high is not None:
        text += f" ({ratio.low:.3g} to {ratio.high:.3g})"
    if ratio.pairs and (claim["low"] is not None or claim["high"] is not None):
        measured = runs[True].figure(claim["figure"])
        # What else runs on the machine changes a throughput from run to run: held against the run of the same pair.
        drift = before_values[-1] / claim["now"] if claim["figure"] == "throughput" and claim["now"] else 1.0
        low, high = (None if claim[end] is None else drift * claim[end] for end in ("low", "high"))
        texts = [f"{bound:.3g}" if bound is not None else "" for bound in (low, high)]
        text += f"; promised {texts[0]}..{texts[1]}, measured {measured:.3g} {claim['unit']}"
        if (low is not None and measured < low / SLACK) or (high is not None and measured > SLACK * high):
            failed.append("not in the promised range")
    return f"{text}; {len(before_values)} pairs", failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="cells whose name contains this")
    parser.add_argument("--number", type=int, action="append", default=[], help="the cell of this number alone")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--skip-following", action="store_true")
    options = parser.parse_args()
    print("| # | situation | first advice | following it | fails |\n|---:|---|---|---|---|")
    speaking, failing, ran = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        models = Models(Path(folder))
        plain = {**os.environ, "XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        rig = {**plain, **gpu_sim.environment(Path(folder))} if gpu_sim.is_set_up() else None
        for number, cell in enumerate(CELLS, 1):
            env = rig if cell.rig else plain
            if options.only not in cell.name or env is None or number not in (options.number or [number]):
                continue
            ran += 1
            outcome = advice_grid.run(cell, models, env)
            failed, told, did = list(advice_grid.failings(outcome)), "–", ""
            speaking += bool(outcome.result["advice"])
            if outcome.result["advice"]:
                told = ", ".join(advice["id"] for advice in outcome.result["advice"])
            if outcome.first is not None:
                told += f" → {outcome.first['id']}: {outcome.first['remedy']}"
                if not options.skip_following:
                    did, more = follow(cell, models, env, outcome, options.pairs)
                    failed += more
            failing += bool(failed)
            print(f"| {number} | {cell.name} | {told} | {did} | {'; '.join(failed) or '–'} |", flush=True)
    print(f"\n{ran} situations, {speaking} with advice, {failing} with failings")
    return int(failing > 0 or (not (options.only or options.number) and speaking < LEAST_SPEAKING))


if __name__ == "__main__":
    sys.exit(main())
