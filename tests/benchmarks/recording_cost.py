"""What a request costs in the load thread: take a number, read the clock, pack the record, publish it.

    python tests/benchmarks/recording_cost.py [--requests 200000] [--rounds 9]

The engine's own loops run on infer requests that cost nearly nothing; the cost of a bare loop over the same requests is
taken off, round by round. CPU time of the thread, as in the engine: without the garbage collector. Budget: 0.8 us in
the synchronous loop and in the closed loop. Then: nothing that recording allocates may survive."""

from __future__ import annotations

import argparse
import gc
import itertools
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import openvino as ov
from openvino import _pyopenvino

sys.path.insert(0, str(Path(__file__).parents[1]))
from engine_loop import EngineLoop
from pairs import report

from ovtui.engine.load.closed_loop import ClosedLoop
from ovtui.engine.load.sync_loop import SyncLoop

BUDGET_NS = 800
SURVIVING_BLOCKS = 200
"""Blocks of memory that a whole run may leave behind, whatever its number of requests."""
NIREQ = 4


class FreeRequest:
    """An infer request that is done at once. Its methods take what the loops pass to OpenVINO's."""

    latency = 0.02

    def infer(self, *_: object) -> None:
        pass

    def set_callback(self, *_: object) -> None:
        pass


class FreeQueue:
    """AsyncInferQueue, whose requests are idle in turns."""

    def __init__(self, _compiled: object, nireq: int) -> None:
        self._requests = [FreeRequest() for _ in range(nireq)]
        self.get_idle_request_id = itertools.cycle(range(nireq)).__next__

    def __getitem__(self, k: int) -> FreeRequest:
        return self._requests[k]

    def start_async(self, *_: object) -> None:
        pass

    def wait_all(self) -> None:
        pass


def bare_closed(requests: int) -> int:
    """CPU time of the calls into OpenVINO that the closed loop makes, ns."""
    queue = FreeQueue(None, NIREQ)
    idle, start, done = queue.get_idle_request_id, queue.start_async, 0
    began_ns = time.thread_time_ns()
    while done < requests:
        idle()
        start({}, None)
        done += 1
    return time.thread_time_ns() - began_ns


def bare_sync(requests: int) -> int:
    infer, done = FreeRequest().infer, 0
    began_ns = time.thread_time_ns()
    while done < requests:
        infer({}, True, False)
        done += 1
    return time.thread_time_ns() - began_ns


def measure(name: str, loop: EngineLoop, bare: Callable[[int], int], requests: int, rounds: int) -> None:
    loop.run_requests(requests // 10)
    costs_ns = [(loop.run_requests(requests) - bare(requests)) / requests for _ in range(rounds)]
    cost_ns = statistics.median(costs_ns)
    figure = f"{cost_ns:.0f} ns ({min(costs_ns):.0f} to {max(costs_ns):.0f})"
    report(f"recording a request, {name} loop", figure, f"<= {BUDGET_NS} ns", cost_ns <= BUDGET_NS)
    before = sys.getallocatedblocks()
    loop.run_requests(requests)
    left = sys.getallocatedblocks() - before
    what = f"blocks of memory left by {requests:,} requests, {name} loop"
    report(what, f"{left}", f"<= {SURVIVING_BLOCKS}", left <= SURVIVING_BLOCKS)
    records, overwritten = loop.drained()
    found = len(records) + overwritten
    report(f"records of {loop.submitted:,} requests, {name} loop", f"{found:,}", "all", found == loop.submitted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    gc.collect()
    gc.freeze()
    gc.disable()
    # The loops also call the methods beneath openvino's own classes.
    beneath = patch.multiple(_pyopenvino, InferRequest=FreeRequest, AsyncInferQueue=FreeQueue)
    with patch.object(ov, "AsyncInferQueue", FreeQueue), beneath:
        compiled = SimpleNamespace(create_infer_request=FreeRequest)
        for name, driver, nireq, bare in (
            ("synchronous", SyncLoop, 1, bare_sync),
            ("closed", ClosedLoop, NIREQ, bare_closed),
        ):
            measure(name, EngineLoop(driver, compiled, nireq), bare, given.requests, given.rounds)


if __name__ == "__main__":
    main()
