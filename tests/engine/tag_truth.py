"""Runs in a process of its own: the engine's own pools and recorder on BATCH:CPU(4), over a model whose second output
returns to every member the lowest tag of the batch it really ran in. Prints one JSON object.

The tag method (an extra input, reduced over the batch) is the ground truth for explicit BATCH; it would switch implicit
batching off, so it is no method for the product."""

from __future__ import annotations

import json
import os
import random
import sys
from collections import deque
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from ovtui.engine.load.arrivals import due_times
from ovtui.engine.load.batch_sizes import ProbeSizes
from ovtui.engine.load.batch_witness import WitnessSizes
from ovtui.engine.load.dispatch import FifoDispatch, GroupedDispatch
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.load.request_pool import RequestPool
from ovtui.engine.model.batch_evidence import WitnessPort, full_batch
from ovtui.engine.model.batch_probe import add_probe
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory
from ovtui.settings.changes import convert

BATCH, NIREQ = 4, 12


def tagged_model() -> ov.Model:
    x = op.parameter([1, 8], np.float32, name="x")
    tag = op.parameter([1, 1], np.float32, name="tag")
    for parameter in (x, tag):
        parameter.set_layout(ov.Layout("NC"))
    lowest = op.add(op.reduce_min(tag, op.constant(np.array([0], np.int64)), True), op.subtract(tag, tag))
    lowest.output(0).set_names({"lowest"})
    y = op.relu(x)
    y.output(0).set_names({"y"})
    model = ov.Model([op.result(y), op.result(lowest)], [x, tag], "tagged")
    add_probe(model)
    return model


def tagged(kind: type[Any]) -> type[Any]:
    """A pool that tags each request with its sequence number, and reads the lowest tag of its batch at completion."""

    class Tagged(kind):  # type: ignore[misc]
        def __init__(self, context: DriverContext, nireq: int) -> None:
            self.truth: dict[int, int] = {}
            super().__init__(context, nireq)

        def _start(self, k: int, due_ns: int | None) -> None:
            self._requests[k].get_tensor("tag").data[...] = self._context.recorder.next_seq
            super()._start(k, due_ns)

        def _release(self, k: int, *times_ns: int) -> None:
            seq = self._flights[k][0]
            self.truth[seq] = int(self._requests[k].get_tensor("lowest").data.flat[0])
            super()._release(k, *times_ns)

    return Tagged


class ComparedSizes(WitnessSizes):
    def __init__(self, port: WitnessPort, batch: int) -> None:
        super().__init__(port, batch)
        self._probe = ProbeSizes()
        self.differ = self.unknown = 0

    def attach(self, k: int, request: ov.InferRequest) -> None:
        super().attach(k, request)
        self._probe.attach(k, request)

    def size(self, k: int) -> int:
        found = super().size(k)
        self.unknown += found == 0
        self.differ += found != self._probe.size(k)
        return found


def main(kind: type[Any], grouped: bool, total: int, seed: int) -> None:
    rng = random.Random(seed)
    compiled = ov.Core().compile_model(tagged_model(), f"BATCH:CPU({BATCH})", {"AUTO_BATCH_TIMEOUT": 5})
    assert full_batch(compiled) == BATCH
    sizes = ComparedSizes(WitnessPort("output" if grouped else "input", 0, 32), BATCH)
    fd = create_memory()
    ring, reader = RingWriter(fd), RingReader(os.dup(fd))
    recorder = RequestRecorder(ring, f"BATCH:CPU({BATCH})", BATCH, lambda _: None)
    recorder.begin(0, 1)
    channel = SimpleNamespace(pending=deque(), wake=None)
    inputs = SimpleNamespace(fill_new=lambda *_: None, cycled=False, data_shape=0)
    idle = partial(GroupedDispatch, size=BATCH) if grouped else FifoDispatch
    context = DriverContext(
        compiled, recorder, channel, inputs, now_ns(), lambda: 16, sizes, print, idle, batch_size=BATCH
    )
    pool = tagged(kind)(context, NIREQ)
    while recorder.next_seq < total:
        # Closed loop, rates from leisurely to more than can fill, bursts with lulls between, changes of the timeout
        # and of the pool while requests are in flight.
        compiled.set_property({"AUTO_BATCH_TIMEOUT": rng.choice([1, 2, 5, 20])})
        pool.resize(rng.choice([3, 4, 6, 8, 12]))
        rate = rng.choice([0.0, 0.0, 10_000.0, 2500.0, 1000.0, 333.0])
        arrival = rng.choice(["constant", "burst:8"]) if rate else "constant"
        due = due_times(convert({"rate": rate, "arrival": arrival})) if rate else None
        pool.run(LoadPlan(schedule=due, stop_seq=recorder.next_seq + rng.choice([1, 7, 30, 200, 1000])))
        if rng.random() < 0.3:
            pool.drain()  # a lull
    pool.drain()
    records = reader.read()
    wrong = count_wrong(records, pool.truth)
    found = {
        "total": len(records),
        "wrong": int(wrong),
        "differ": sizes.differ,
        "unknown": sizes.unknown,
        "batched": int((records["batch_size"] > 1).sum()),
        "alone": int((records["batch_size"] == 1).sum()),
        "lost": reader.lost,
    }
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # no teardown of the compiled model


def count_wrong(records: np.ndarray, truth: dict[int, int]) -> int:
    """Records whose batch, by id, is not the set of records with the same lowest tag."""
    by_id: dict[int, set[int]] = {}
    by_truth: dict[int, set[int]] = {}
    for record in records:
        seq = int(record["seq"])
        by_truth.setdefault(truth[seq], set()).add(seq)
        if record["batch_id"]:
            by_id.setdefault(int(record["batch_id"]), set()).add(seq)
    wrong = 0
    for record in records:
        seq = int(record["seq"])
        members = by_id[int(record["batch_id"])] if record["batch_id"] else {seq}
        really = by_truth[truth[seq]]
        wrong += members != really or len(really) != record["batch_size"]
    return wrong


if __name__ == "__main__":
    main(
        {"callbacks": RequestPool, "polled": PolledPool}[sys.argv[1]], sys.argv[2] == "grouped", *map(int, sys.argv[3:])
    )
