"""Whether the rate that `ovtui find-rate` finds is the right one, on queues whose highest rate is known: searches with
many seeds against the truth of a long simulation, and runs of 60 s at each rate found.

    python tests/benchmarks/find_rate_truth.py [FIRST_SEED SEEDS [QUEUE ...]]

The judgement, the search and the limits are those of the program; the queue stands for the engine. The promise: within
5 % of the truth in 19 of 20 seeds, and at most 5 % of the runs miss. Of the runs it says how many the rule of
`ovtui run --slo` calls missed (one run for each seed, through the real digest), and in how many the measured percentile
is over the limit."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.rate_queue import QueueMachine, Service, ends_s, search_on, true_rate

from ovtui.metrics.rate_search.rate_search import RateSearch

WITHIN, RUNS, RUN_S = 0.02, 15, 60.0
QUEUES = {
    "0.25": ("one server of 0.25 ms, p99<20ms", Service(0.00025), "p99<20ms", 99.0, 20.0),
    "0.5": ("one server of 0.5 ms, p99<20ms", Service(0.0005), "p99<20ms", 99.0, 20.0),
    "2": ("one server of 2 ms, p99<20ms", Service(0.002), "p99<20ms", 99.0, 20.0),
    "4x4": ("four servers of 4 ms, p99<20ms", Service(0.004, 4), "p99<20ms", 99.0, 20.0),
    "varies": ("one server of 1 ms that varies by half, p90<10ms", Service(0.001, 1, 0.5), "p90<10ms", 90.0, 10.0),
}


def main() -> None:
    first, seeds = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (0, 20)
    for name in sys.argv[3:] or QUEUES:
        text, service, slo, percentile, limit_ms = QUEUES[name]
        truth, rng = true_rate(service, percentile, limit_ms), np.random.default_rng(99)
        print(f"{text}: holds up to {truth:.0f}/s, {truth / service.capacity:.0%} of what it can serve", flush=True)
        shares, spans, probes, missed, over = [], [], [], 0, 0
        for seed in range(first, first + seeds):
            machine = QueueMachine(service, seed, slo)
            search = RateSearch(service.capacity / 2, service.capacity / 64, 1e6, WITHIN)
            done = search_on(machine, search)
            found = search.answer.holds or 0.0
            shares.append(found / truth)
            spans.append(sum(took_s for *_, took_s in done))
            probes.append(len(done))
            if found:
                missed += verdict_at(QueueMachine(service, 1000 + seed, slo), found) == "missed"
                over += sum(measured_ms(service, found, percentile, rng) >= limit_ms for _ in range(RUNS))
            told = f"{shares[-1]:.3f}, {probes[-1]} probes, {spans[-1]:.0f} s; so far {missed} missed, {over} over"
            print(f"  seed {seed}: {told}", flush=True)
        near = sum(abs(share - 1) <= 0.05 for share in shares)
        runs = sum(share > 0 for share in shares)
        print(f"  found / truth: {' '.join(f'{share:.3f}' for share in sorted(shares))}")
        print(
            f"  within 5 %: {near} of {seeds}; {sum(probes) / seeds:.1f} probes, {sum(spans) / seeds:.0f} s on average"
        )
        print(f"  runs of {RUN_S:.0f} s at the rates found: {missed} of {runs} missed by the rule, ", end="")
        print(f"p{percentile:g} over the limit in {over} of {RUNS * runs}", flush=True)


def verdict_at(machine: QueueMachine, rate: float) -> str:
    """That of `ovtui run --slo` on the limit after RUN_S."""
    began = machine.begin(rate)
    for _ in machine.updates(began, RUN_S):
        if machine.now_s * 1e9 - began.t_ns >= RUN_S * 1e9 - 1e8:
            break
    return machine.digest.slo()[0].verdict


def measured_ms(service: Service, rate: float, percentile: float, rng: np.random.Generator) -> float:
    """The percentile of a run of RUN_S."""
    due = np.cumsum(rng.exponential(1 / rate, int(rate * RUN_S * 1.1) + 100))
    due = due[due < RUN_S]
    done = ends_s(due, service.times_s(len(due), rng), service.servers)
    return 1e3 * float(np.quantile(done - due, percentile / 100))


if __name__ == "__main__":
    main()
