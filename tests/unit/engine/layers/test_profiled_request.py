"""A GPU whose profile lacks a layer: its times come from the runtime graph, each reading of which counts."""

from __future__ import annotations

from typing import Any

import pytest

from ovtui.engine.layers.profiled_request import ProfiledRequest
from ovtui.engine.layers.runtime_graph import graph_layers
from ovtui.engine.layers.single_times import Readings, single_times
from ovtui.engine.layers.sync_request import ProfileEntry


class Node:
    def __init__(self, name: str, kernel: str, order: int, time_us: int | None) -> None:
        self._name, self._kernel, self._order, self._time_us = name, kernel, order, time_us

    def get_friendly_name(self) -> str:
        return self._name

    def get_type_name(self) -> str:
        return "ExecutionNode"

    def get_rt_info(self) -> dict[str, str]:
        return {
            "layerType": self._kernel.title(), "primitiveType": self._kernel, "runtimePrecision": "f32",
            "originalLayersNames": self._name, "execOrder": str(self._order),
            "execTimeMcs": "not_executed" if self._time_us is None else str(self._time_us),
        }  # fmt: skip


class ScriptedGpu:
    """As the GPU plugin (OpenVINO 2026.4.1): an inference goes into the means once, and once more with each reading of
    the graph, also where there was none yet."""

    def __init__(self, names: tuple[str, str]) -> None:
        self._names = names
        self._sums, self._count, self._last = [0, 0], 0, [0, 0]
        self.graph_readings = 0

    def _take(self) -> None:
        self._count += 1
        self._sums = [total + us for total, us in zip(self._sums, self._last, strict=True)]

    def infer(self) -> int:
        self._last = [50 + 10 * (self._count % 3), 400 if self._count else 9000]
        self._take()
        return 1000 * sum(self._last)

    def profile(self) -> list[ProfileEntry]:
        found: dict[str, ProfileEntry] = {}
        for name, kernel, total in zip(self._names, ("reorder", "conv"), self._sums, strict=True):
            us = total // self._count
            found.setdefault(name, ProfileEntry(name, kernel.title(), kernel, "EXECUTED", us, us))
        return list(found.values())

    def get_runtime_model(self) -> Any:
        self.graph_readings += 1
        self._take()
        nodes = [
            Node(name, kernel, order, self._sums[order] // self._count)
            for order, (name, kernel) in enumerate(zip(self._names, ("reorder", "conv"), strict=True))
        ]

        class Graph:
            def get_ordered_ops(self) -> list[Node]:
                return nodes

        return Graph()


@pytest.mark.parametrize(("names", "per_inference"), [(("conv", "conv"), 1), (("reorder", "conv"), 0)])
def test_every_inference_weighs_the_same(names: tuple[str, str], per_inference: int) -> None:
    foreseen = graph_layers(ScriptedGpu(names).get_runtime_model())
    gpu: Any = ScriptedGpu(names)
    request, found = ProfiledRequest(gpu, gpu, foreseen), Readings()
    script = []
    for number in range(8):
        request.infer()
        script.append(gpu._last)
        found.add(request.profile(), counted=number >= 1)
    assert gpu.graph_readings == 8 * per_inference
    times, means = single_times([found], means=True)
    assert means
    by_type = {timed.entry.type: timed for timed in times.values()}
    for at, kind in enumerate(("Reorder", "Conv")):
        assert by_type[kind].real_us == pytest.approx([each[at] for each in script[1:]], abs=8)
    assert by_type["Conv"].entry.from_graph is (per_inference == 1)
    assert not by_type["Reorder"].entry.from_graph
