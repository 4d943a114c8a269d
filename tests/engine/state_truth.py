"""Runs in a process of its own: the engine's drivers over stateful models on the CPU. Prints, for each run, the length
of the state's tensor and the model's first output after each request, by infer request."""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict, deque
from functools import cache
from types import SimpleNamespace
from typing import Any

import openvino as ov
from harness.stateful_models import accumulator, decoder

from ovtui.engine.load.arrivals import due_times
from ovtui.engine.load.batch_sizes import ConstantSizes
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.load.request_pool import RequestPool
from ovtui.engine.load.sync_loop import SyncLoop
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import CPU
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory
from ovtui.settings.changes import convert

MODELS = {"accumulator": accumulator, "decoder": decoder}
DRIVERS: dict[str, Any] = {"sync": SyncLoop, "polled": PolledPool, "callbacks": RequestPool}


def watched(kind: type[Any], shown: dict[int, list[list[float]]]) -> type[Any]:
    """The driver, which notes the output of each completed request."""

    class Watched(kind):  # type: ignore[misc]
        def __init__(self, context: DriverContext, nireq: int) -> None:
            super().__init__(context, nireq)
            if kind is SyncLoop:
                plain = self._infer
                self._infer = lambda *given: (plain(*given), self._note(0))

        def _note(self, k: int) -> None:
            request = self._context.requests.created[k]
            length = request.query_state()[0].state.shape[-2]
            shown[k].append([length, *request.get_output_tensor(0).data.reshape(-1).tolist()])

        def _release(self, k: int, *times_ns: int) -> None:
            self._note(k)
            super()._release(k, *times_ns)

    return Watched


@cache
def compiled_once(core: ov.Core, name: str) -> ov.CompiledModel:
    return core.compile_model(MODELS[name](), "CPU", {"PERFORMANCE_HINT": "THROUGHPUT"})


def run(core: ov.Core, case: dict[str, Any]) -> dict[str, Any]:
    """`case`: model, driver, nireq, policies (each in force for `requests`), data_shape, rate."""
    model = MODELS[case["model"]]()
    settings = convert({"data_shape": case.get("data_shape", ""), "rate": case.get("rate", 0.0), "seed": case["seed"]})
    inputs = inputs_for(settings, model)
    compiled = compiled_once(core, case["model"])
    if case["model"] == "accumulator":
        inputs._items = [[ov.Tensor(item[0].data * 0 + 1)] for item in inputs._items]
    fd = create_memory(1 << 12)
    reader = RingReader(os.dup(fd))
    recorder = RequestRecorder(RingWriter(fd), "CPU", 0, lambda _: None)
    recorder.begin(0, 1)
    failures: list[str] = []
    context = DriverContext(
        compiled, recorder, SimpleNamespace(pending=deque(), wake=None), inputs, now_ns(), lambda: CPU,  # type: ignore[arg-type]
        ConstantSizes(1), failures.append, stateful=True, state=case["policies"][0],
    )  # fmt: skip
    shown: dict[int, list[list[float]]] = defaultdict(list)
    driver = watched(DRIVERS[case["driver"]], shown)(context, case["nireq"])
    plan = LoadPlan(schedule=due_times(settings) if settings.rate else None)
    for number, policy in enumerate(case["policies"], 1):
        if number > 1:
            context.preparation.set_policy(policy)
        plan.stop_seq = number * case["requests"]
        driver.run(plan)
        driver.drain()
    records = reader.read()
    resets = {k: [bool(us > 0) for us in records[records["request"] == k]["reset_us"]] for k in range(case["nireq"])}
    return {
        "shown": [shown[k] for k in range(case["nireq"])],
        "resets": [resets[k] for k in range(case["nireq"])],
        "held": [context.preparation.held(k) for k in range(case["nireq"])],
        "longest": context.preparation.longest,
        "errors": failures,
    }  # fmt: skip


if __name__ == "__main__":
    one_core = ov.Core()
    print(json.dumps([run(one_core, case) for case in json.loads(sys.argv[1])]), flush=True)
    os._exit(0)
