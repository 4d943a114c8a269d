"""Runs in a process of its own, on the simulated GPU: the engine's own pool and recorder on AUTO:GPU,CPU, which batches
by itself, over a model whose output `lowest` returns to every member the lowest tag of the batch it really ran in. The
records are made from the probe; beside them the sizes are deduced from completions alone. Prints one JSON object.

Unlike the tag of tag_truth.py, which has no batch dimension on the way, this one keeps implicit batching on."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections import Counter, deque
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openvino as ov
from openvino import opset13 as op
from tag_truth import count_wrong, tagged

sys.path.insert(0, str(Path(__file__).parents[1]))
from rig.nets import pointwise_net

from ovtui.engine.load.arrivals import due_times
from ovtui.engine.load.batch_sizes import ProbeSizes
from ovtui.engine.load.deduced_sizes import DeducedSizes
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.load.request_pool import RequestPool
from ovtui.engine.model.batch_probe import add_probe
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import code_of
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory
from ovtui.settings.changes import convert

DEVICE, BATCH, TIMEOUT_MS = "AUTO:GPU,CPU", 8, 60
"""With one device in the list AUTO would bind requests to batch workers directly."""


def tagged_model() -> ov.Model:
    model = pointwise_net()
    tag = op.parameter([1, 1], np.float32, name="tag")
    tag.set_layout(ov.Layout("NC"))
    tag.output(0).set_names({"tag"})
    ones = op.add(op.multiply(tag, op.constant(np.float32(0))), op.constant(np.float32(1)))
    lowest = op.reduce_min(op.matmul(ones, tag, False, True), op.constant(np.array([1], np.int64)), True)
    lowest.output(0).set_names({"lowest"})
    model.add_parameters([tag])
    model.add_results([op.result(lowest)])
    add_probe(model)
    return model


class DeducingRecorder(RequestRecorder):
    """Records what the probe says, and holds the same completions for the deduction."""

    def __init__(self, ring: RingWriter) -> None:
        super().__init__(ring, DEVICE, 0, lambda _: None)
        self.deduced = DeducedSizes(TIMEOUT_MS)
        self.deduced.batch = BATCH
        self.sizes: dict[int, tuple[int, int]] = {}
        """By seq: the probe's size and the deduced one."""

    def complete(
        self, seq: int, request: int, due_ns: int, submit_ns: int, done_ns: int, infer_ms: float, segment: int,
        size: int, before: int, after: int, thread: int = 0, *_: object, **__: object,
    ) -> None:  # fmt: skip
        super().complete(seq, request, due_ns, submit_ns, done_ns, infer_ms, segment, size, before, after, thread)
        self.settle(done_ns)

        def compare(found: int) -> None:
            self.sizes[seq] = (size, found)

        self.deduced.hold(compare, submit_ns, submit_ns + int(infer_ms * 1e6), thread, alone=False)

    def settle(self, session_ns: int) -> None:
        for record, size in self.deduced.decided(session_ns):
            record(size)


def main(total: int, seed: int) -> None:
    rng = random.Random(seed)
    properties = {
        "PERFORMANCE_HINT": "THROUGHPUT", "PERFORMANCE_HINT_NUM_REQUESTS": BATCH, "AUTO_BATCH_TIMEOUT": TIMEOUT_MS,
    }  # fmt: skip
    compiled = ov.Core().compile_model(tagged_model(), DEVICE, properties)
    while compiled.get_property("EXECUTION_DEVICES") != ["GPU.0"]:
        time.sleep(0.01)
    fd = create_memory()
    ring, reader = RingWriter(fd), RingReader(os.dup(fd))
    recorder = DeducingRecorder(ring)
    recorder.begin(0, 1)
    channel = SimpleNamespace(pending=deque(), wake=None)
    inputs = SimpleNamespace(fill_new=lambda *_: None, cycled=False, data_shape=0)
    gpu = code_of(["GPU.0"])
    context = DriverContext(compiled, recorder, channel, inputs, now_ns(), lambda: gpu, ProbeSizes(), print)  # type: ignore[arg-type]
    pool = tagged(RequestPool)(context, 2 * BATCH)
    while recorder.next_seq < total:
        pool.resize(rng.choice([BATCH - 3, BATCH, BATCH + 3, 2 * BATCH, 2 * BATCH]))
        rate = rng.choice([0.0, 0.0, 5000.0, 2500.0, 1000.0])
        arrival = rng.choice(["constant", f"burst:{BATCH}", "poisson"]) if rate else "constant"
        due = due_times(convert({"rate": rate, "arrival": arrival})) if rate else None
        pool.run(LoadPlan(schedule=due, stop_seq=recorder.next_seq + rng.choice([7, 30, 200, 1000])))
        if rng.random() < 0.3:
            pool.drain()  # a lull
    pool.drain()
    recorder.settle(1 << 62)
    records = reader.read()
    tags = [pool.truth[seq] for seq in records["seq"].tolist()]
    members, probed = Counter(tags), records["batch_size"].tolist()
    sizes = np.array(list(recorder.sizes.values()))
    found = {
        "total": len(records),
        "wrong": int(count_wrong(records, pool.truth)),
        "wrong_sizes": sum(members[tag] != size for tag, size in zip(tags, probed, strict=True)),
        "batched": int((records["batch_size"] == BATCH).sum()),
        "alone": int((records["batch_size"] == 1).sum()),
        "deduced": int((sizes[:, 1] > 0).sum()),
        "deduced_wrong": int(((sizes[:, 1] > 0) & (sizes[:, 0] != sizes[:, 1])).sum()),
        "lost": reader.lost,
    }
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # no teardown of the compiled model


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
