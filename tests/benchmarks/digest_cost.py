"""CPU of a view's data side: a Digest fed 12,500 records (50,000/s at 4 Hz), its snapshots and its plot's columns.

    python tests/benchmarks/digest_cost.py [millions of records, 20]

The load is an open loop with limits to hold, in segments of 30 s, so that queue, limits and warm-up are part of it.

Budget: 2 ms a feed, 0.5 ms a snapshot, 3 ms for 100 columns over 60 s. Memory does not grow with the records; the
timeline's 40 MB become resident as the session's first quarter of an hour (31 kB/s) and first hour (3 kB/s) pass."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairs import report

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.records.device_codes import STAND_IN, code_of
from ovtui.records.events import BatchingPlan, Compiled, EngineSpawned, Event, Machine, SegmentBegan, SessionBegan
from ovtui.records.record import Records, empty_records
from ovtui.records.source import Update
from ovtui.settings.schema.settings import Settings

FEED = 12_500
PERIOD_NS = 250_000_000
SEGMENT_NS = 30_000_000_000
SPANS_S = (10, 60, 900, 3600)
_RANDOM = np.random.default_rng(3)


def made(feed: int) -> Records:
    """A quarter of a second of requests in batches of 4; the stand-in serves the first two seconds."""
    rows = empty_records(FEED)
    latency_ns = _RANDOM.lognormal(14.5, 0.5, FEED).astype(np.int64)
    rows["seq"] = rows["order"] = np.arange(feed * FEED, (feed + 1) * FEED)
    rows["done_ns"] = feed * PERIOD_NS + np.sort(_RANDOM.integers(0, PERIOD_NS, FEED))
    rows["submit_ns"] = rows["done_ns"] - latency_ns
    rows["due_ns"] = rows["submit_ns"] - 10_000
    rows["infer_us"] = latency_ns / 1.05e3
    rows["batch_size"] = 4
    rows["segment"] = feed * PERIOD_NS // SEGMENT_NS + 1
    rows["device"] = STAND_IN if feed < 8 else code_of(["GPU.0"])
    return rows


def events(feed: int) -> list[Event]:
    """The engine's start, and a segment every 30 s."""
    settings = Settings(rate=50_000.0, slo="p99<20ms,inference.p50<5ms,errors=0,throughput>100/s")
    t_ns, number = feed * PERIOD_NS, feed * PERIOD_NS // SEGMENT_NS + 1
    began = SegmentBegan(t_ns=t_ns, segment=number, engine=1, first_seq=feed * FEED, nireq=64, settings=settings)
    if feed == 0:
        machine = Machine(cpu="", cores=8, memory_bytes=0, system="")
        return [
            SessionBegan(t_ns=0, session="", ovtui="", started_at_s=0, machine=machine, settings=settings),
            EngineSpawned(t_ns=0, engine=1, pid=1, settings=settings),
            Compiled(
                t_ns=0, engine=1, device="CPU", compile_ms=1, execution_devices=["CPU"], optimal_requests=64, nireq=64,
                batching=BatchingPlan(),
            ),
            began,
        ]  # fmt: skip
    return [began] if t_ns % SEGMENT_NS == 0 else []


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    feeds = int(millions * 1e6 / FEED)
    digest = Digest()
    costs_ms: list[float] = []
    print(f"resident before                {resident_mb():7.1f} MB")
    for feed in range(feeds):
        update = Update((feed + 1) * PERIOD_NS, made(feed), events(feed), (feed + 1) * FEED, 0)
        began = time.thread_time()
        digest.feed(update)
        costs_ms.append((time.thread_time() - began) * 1e3)
        if (feed + 1) % max(feeds // 4, 1) == 0:
            print(f"resident at {(feed + 1) * FEED / 1e6:5.1f} M records  {resident_mb():7.1f} MB")
    mean, p99 = np.mean(costs_ms), np.percentile(costs_ms, 99)
    report(f"digest: feed of {FEED:,} records", f"mean {mean:.2f}, p99 {p99:.2f} ms", "mean <= 2 ms", bool(mean <= 2))
    report_cost("snapshot", cost_ms(digest.snapshot), 0.5)
    report_cost("limits held against the segment, once a second", cost_ms(digest.slo))
    report_cost("steadiness, now and then", cost_ms(digest.steadiness))
    report_cost("advice, every two seconds", cost_ms(lambda: advise(advice_facts(digest))))
    for span_s in SPANS_S:
        cost = cost_ms(drawn(digest, feeds, span_s))
        report_cost(f"100 columns over {span_s} s", cost, 3.0 if span_s == 60 else None)


def report_cost(what: str, cost: float, budget: float | None = None) -> None:
    said = "none" if budget is None else f"<= {budget:g} ms"
    report(f"digest: {what}", f"{cost:.2f} ms", said, None if budget is None else cost <= budget)


def drawn(digest: Digest, feeds: int, span_s: int) -> Callable[[], LatencyColumns]:
    return lambda: digest.columns("response", feeds * PERIOD_NS, span_s * 1_000_000_000, 100)


def cost_ms(call: Callable[[], object], times: int = 100) -> float:
    began = time.thread_time()
    for _ in range(times):
        call()
    return (time.thread_time() - began) / times * 1e3


if __name__ == "__main__":
    main()
