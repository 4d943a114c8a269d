"""Runs in a process of its own: each of the engine's drivers over a model of any size, with several data shapes. Prints
the size of the output of each request as OpenVINO has it, and what was recorded."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as op

from ovtui.engine.load.arrivals import due_times
from ovtui.engine.load.batch_sizes import ConstantSizes
from ovtui.engine.load.closed_loop import ClosedLoop, QueueBroken
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.load.request_pool import RequestPool
from ovtui.engine.load.sync_loop import SyncLoop
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.request_content import request_content
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import CPU
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory
from ovtui.settings.changes import convert

DRIVERS: dict[str, Any] = {"sync": SyncLoop, "closed": ClosedLoop, "polled": PolledPool, "callbacks": RequestPool}


def any_size() -> ov.Model:
    """Its output has the size of its input. Fails for a width of 7, which is reshaped to rows of 5."""
    image = op.parameter([1, 3, -1, -1], np.float32, name="image")
    width = op.gather(op.shape_of(image), op.constant([3]), op.constant(0))
    rows_of = op.select(op.equal(width, op.constant([7])), op.constant([5]), width)
    shaped = op.reshape(image, op.concat([op.constant([1, 3, -1]), rows_of], 0), special_zero=False)
    return ov.Model([op.result(op.relu(shaped))], [image], "any_size")


def watched(kind: type[Any], shown: dict[int, list[int]]) -> type[Any]:
    """The driver, which notes the output's size of each completed request by its sequence number."""

    class Watched(kind):  # type: ignore[misc]
        def __init__(self, context: DriverContext, nireq: int) -> None:
            super().__init__(context, nireq)
            if kind is SyncLoop:
                plain = self._infer
                self._infer = lambda *given: (plain(*given), self._note(context.recorder.next_seq - 1, 0))

        def _note(self, seq: int, k: int) -> None:
            request = self._requests[k] if kind is ClosedLoop else self._context.requests.created[k]
            shown[seq] = list(request.get_output_tensor(0).shape)[2:]

        def _record(self, k: int, infer_ms: float, device: int) -> None:
            self._note(self._seq[k], k)
            super()._record(k, infer_ms, device)

        def _complete(self, item: Any, *rest: Any) -> None:
            k = item if isinstance(item, int) else item[0]
            self._note(self._flights[k][0], k)
            super()._complete(item, *rest)

    if kind is PolledPool:
        del Watched._record  # there it is the recorder's method
    return Watched


def run(compiled: ov.CompiledModel, model: ov.Model, case: dict[str, Any]) -> dict[str, Any]:
    """`case`: driver, nireq, requests, data_shape, rate."""
    settings = convert({"data_shape": case["data_shape"], "rate": case.get("rate", 0.0)})
    inputs = inputs_for(settings, model)
    content = request_content(settings, model, inputs)
    fd = create_memory(1 << 12)
    reader = RingReader(os.dup(fd))
    recorder = RequestRecorder(RingWriter(fd), "CPU", 0, lambda _: None)
    recorder.begin(0, 1)
    recorder.new_shapes = content.new_shapes
    failures: list[RuntimeError] = []
    context = DriverContext(
        compiled, recorder, SimpleNamespace(pending=deque(), wake=None), inputs, now_ns(), lambda: CPU,  # type: ignore[arg-type]
        ConstantSizes(1), failures.append,
    )  # fmt: skip
    shown: dict[int, list[int]] = {}
    driver = watched(DRIVERS[case["driver"]], shown)(context, case["nireq"])
    plan = LoadPlan(schedule=due_times(settings) if settings.rate else None, stop_seq=case["requests"])
    try:
        driver.run(plan)
        driver.drain()
    except QueueBroken:
        pass
    records = np.sort(reader.read(), order="seq")
    fields = [records[name].tolist() for name in ("seq", "data_shape", "flags")]
    texts = [shape.text for shape in content.data_shapes]
    rows = [[seq, texts[index], flags, shown.get(seq)] for seq, index, flags in zip(*fields, strict=True)]
    return {"rows": rows, "errors": [str(error) for error in failures]}


if __name__ == "__main__":
    made = any_size()
    one_compiled = ov.Core().compile_model(made, "CPU")
    print(json.dumps([run(one_compiled, made, case) for case in json.loads(sys.argv[1])]), flush=True)
    os._exit(0)
