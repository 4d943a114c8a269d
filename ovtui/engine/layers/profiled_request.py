"""The request of a profiled engine, whose layers' times are made whole from the runtime graph where `profiling_info`
lacks some.

On a GPU each reading, of either of them, takes the last inference into the means once more: the means are those of the
inferences only where each is read exactly once. So it is one or the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import openvino as ov

from ovtui.engine.layers.runtime_graph import GraphLayer, graph_layers, layers_untold, match
from ovtui.engine.layers.sync_request import ProfileEntry, SyncRequest

_EXECUTED = "EXECUTED"


class ProfiledRequest:
    """Owner: the thread that makes it."""

    def __init__(self, compiled: ov.CompiledModel, request: SyncRequest, layers: Sequence[GraphLayer]) -> None:
        """`layers`: of the runtime graph, read before the first inference."""
        self._compiled, self._request, self._layers = compiled, request, layers
        self._entries: list[ProfileEntry] = []
        """As the profile first had them."""
        self._places: list[int | None] = []
        """Of each entry its layer in the graph."""
        self._untold: list[int] = []
        """Layers of the graph that the profile lacks."""

    def infer(self) -> int:
        return self._request.infer()

    def profile(self) -> list[ProfileEntry]:
        """To be called once after every inference, with nothing in flight."""
        if not self._entries:
            self._entries = self._request.profile()
            self._untold = layers_untold(self._entries, self._layers)
            self._places = match(self._entries, self._layers)
            lacking = [self._added(self._layers[index], None) for index in self._untold]
            return [*self._entries, *lacking]
        if not self._untold:
            return self._request.profile()
        now = graph_layers(self._compiled.get_runtime_model())
        told = [
            entry
            if place is None
            else replace(entry, real_us=now[place].time_us or 0, cpu_us=None)
            for entry, place in zip(self._entries, self._places, strict=True)
        ]  # fmt: skip
        return [*told, *(self._added(now[index], now[index].time_us) for index in self._untold)]

    @staticmethod
    def _added(layer: GraphLayer, time_us: int | None) -> ProfileEntry:
        return ProfileEntry(layer.name, layer.type, layer.exec_type, _EXECUTED, time_us, None, from_graph=True)
