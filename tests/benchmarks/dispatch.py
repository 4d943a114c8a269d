"""Both orders of dispatch, side by side in one run on BATCH:CPU(4): batched share, p50 and p99 over rates and timeouts.

    python tests/benchmarks/dispatch.py [SECONDS]

Everything is changed live on one engine, the two orders in turn and twice, so that the machine's moods fall on both.
Prints the table of docs/batching-details.md."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from driven import Driven, driven

from ovtui.records.events import SegmentBegan
from ovtui.records.record import Records, join_records, response_ms

RATES_PER_S = (50, 100, 200, 400)
TIMEOUTS_MS = (30, 60, 120, 300)
ORDERS = ("fifo", "grouped")
NIREQ = 16
ROUNDS = 2


def main(seconds: float) -> None:
    start = {"device": "BATCH:CPU(4)", "nireq": NIREQ, "rate": 50.0, "batch_timeout_ms": 30}
    with driven(**start) as run:
        run.wait_event(SegmentBegan)
        run.wait_completed(20)
        print(f"BATCH:CPU(4), {NIREQ} requests, demo-cnn, {ROUNDS} x {seconds:g} s each")
        print("| requests/s | timeout ms | batched fifo | batched grouped | p50 ms | p50 ms | p99 ms | p99 ms |")
        print("|---:|---:|---:|---:|---:|---:|---:|---:|")
        for rate in RATES_PER_S:
            for timeout_ms in TIMEOUTS_MS:
                row(rate, timeout_ms, cell(run, rate, timeout_ms, seconds))


def cell(run: Driven, rate: float, timeout_ms: int, seconds: float) -> dict[str, Records]:
    found: dict[str, list[Records]] = {order: [] for order in ORDERS}
    for _ in range(ROUNDS):
        for order in ORDERS:
            run.apply(rate=float(rate), batch_timeout_ms=timeout_ms, dispatch=order)
            began = run.wait_event(SegmentBegan, len(run.of(SegmentBegan)) + 1)
            end_s = time.monotonic() + seconds
            run.wait_for(lambda end_s=end_s: time.monotonic() > end_s, "the time", seconds + 10)
            records = run.records()
            found[order].append(records[records["segment"] == began.segment])
            run.parts = run.parts[-200:]
    return {order: join_records(parts) for order, parts in found.items()}


def row(rate: float, timeout_ms: int, found: dict[str, Records]) -> None:
    share = [f"{100 * (found[order]['batch_size'] > 1).mean():.0f} %" for order in ORDERS]
    p50, p99 = ([f"{np.percentile(response_ms(found[order]), q):.1f}" for order in ORDERS] for q in (50, 99))
    print(f"| {rate} | {timeout_ms} | {' | '.join([*share, *p50, *p99])} |", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
