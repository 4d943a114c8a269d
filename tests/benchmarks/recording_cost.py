"""What a request costs in the load thread: take a number, read the clock, pack the record, publish it.

    python tests/benchmarks/recording_cost.py [--requests 200000] [--rounds 9]

The engine's own loops run on infer requests that cost nearly nothing; the cost of a bare loop over the same requests is
taken off, round by round. CPU time of the thread, as in the engine: without the garbage collector. Budget: 0.8 us in
the synchronous loop and in the closed loop. Then: nothing that recording allocates may survive."""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import openvino as ov

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairs import report

from ovtui.engine.load.batch_sizes import ConstantSizes
from ovtui.engine.load.closed_loop import ClosedLoop
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import code_of
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory

BUDGET_NS = 800
SURVIVING_BLOCKS = 200
"""Blocks of memory that a whole run may leave behind, whatever its number of requests."""
CPU = code_of(["CPU"])


class FreeRequest:
    """An infer request that is done at once. `bool` is a function of C that takes no arguments: 25 ns a call."""

    latency = 0.02
    infer = start_async = wait = bool
    userdata = None

    def set_callback(self, *_: object) -> None:
        """No loop measured here has a callback."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


class FreeQueue:
    """AsyncInferQueue, with requests that are idle in turns."""

    def __init__(self, _compiled: object, nireq: int) -> None:
        self._requests = [FreeRequest() for _ in range(nireq)]
        self.get_idle_request_id = itertools.cycle(range(nireq)).__next__
        self.start_async = bool
        self.wait_all = bool

    def __getitem__(self, k: int) -> FreeRequest:
        return self._requests[k]

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Any:
        return iter(self._requests)


class Bench:
    """A driver of the engine on free requests, its records going into a ring of the usual size."""

    def __init__(self, driver: Callable[[Any, int], Any], nireq: int) -> None:
        fd = create_memory()
        self._reader = RingReader(os.dup(fd))
        self.recorder = RequestRecorder(RingWriter(fd), "CPU", 0, lambda _: None)
        self.recorder.begin(0, 1)
        compiled = SimpleNamespace(create_infer_request=FreeRequest)
        inputs = SimpleNamespace(fill_new=lambda *_: None, cycled=False)
        channel = SimpleNamespace(pending=deque(), wake=None)
        context: Any = DriverContext(
            compiled=compiled,
            recorder=self.recorder,
            channel=channel,
            inputs=inputs,
            origin_ns=now_ns(),
            read_device=lambda: CPU,
            sizes=ConstantSizes(1),
            on_failure=print,
        )  # type: ignore[arg-type]
        self._driver = driver(context, nireq)

    def run(self, requests: int) -> int:
        """CPU time of `requests` more requests, ns."""
        began_ns = time.thread_time_ns()
        self._driver.run(LoadPlan(stop_seq=self.recorder.next_seq + requests))
        return time.thread_time_ns() - began_ns

    def count(self) -> int:
        """How many records were written, those in flight at the end included."""
        self._driver.drain()
        return len(self._reader.read()) + self._reader.lost


def bare_closed(requests: int) -> int:
    queue = FreeQueue(None, 4)
    idle, start, limit = queue.get_idle_request_id, queue.start_async, requests
    began_ns, done = time.thread_time_ns(), 0
    while done < limit:
        idle()
        start()
        done += 1
    return time.thread_time_ns() - began_ns


def bare_sync(requests: int) -> int:
    infer, limit = FreeRequest().infer, requests
    began_ns, done = time.thread_time_ns(), 0
    while done < limit:
        infer()
        done += 1
    return time.thread_time_ns() - began_ns


def measure(name: str, bench: Bench, bare: Callable[[int], int], requests: int, rounds: int) -> None:
    bench.run(requests // 10)
    costs_ns = [(bench.run(requests) - bare(requests)) / requests for _ in range(rounds)]
    cost_ns = statistics.median(costs_ns)
    figure = f"{cost_ns:.0f} ns ({min(costs_ns):.0f} to {max(costs_ns):.0f})"
    report(f"recording a request, {name} loop", figure, f"<= {BUDGET_NS} ns", cost_ns <= BUDGET_NS)
    before = sys.getallocatedblocks()
    bench.run(requests)
    left = sys.getallocatedblocks() - before
    what = f"blocks left by {requests:,} requests, {name} loop"
    report(what, f"{left}", f"<= {SURVIVING_BLOCKS}", left <= SURVIVING_BLOCKS)
    expected, found = bench.recorder.next_seq, bench.count()
    report(f"records of {expected:,} requests, {name} loop", f"{found:,}", "all", found == expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    gc.collect()
    gc.freeze()
    gc.disable()
    with patch.object(ov, "AsyncInferQueue", FreeQueue):
        measure("closed", Bench(ClosedLoop, 4), bare_closed, given.requests, given.rounds)


if __name__ == "__main__":
    main()
