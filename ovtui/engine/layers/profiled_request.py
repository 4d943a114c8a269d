"""The request of a profiled engine, whose layers' times are made whole from the runtime graph where `profiling_info`
lacks some.

On a GPU each reading of the graph takes the last inference into the means once more (of the profile it does not): the
means are those of the inferences where the graph is read once after each, or never after the first."""

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
        """`layers`: of the runtime graph of an engine of the same settings: this one's is read where it must be."""
        self._compiled, self._request, self._foreseen = compiled, request, layers
        self._entries: list[ProfileEntry] = []
        """As the profile first had them."""
        self._reads_graph = False
        self._places: list[int | None] | None = None
        """Of each entry its layer in the graph, by index; None before that was read."""
        self._untold: list[int] = []
        """Layers of the graph that the profile lacks, by index."""

    def infer(self) -> int:
        return self._request.infer()

    def profile(self) -> list[ProfileEntry]:
        """To be called once after every inference, with nothing in flight."""
        if not self._entries:
            self._entries = self._request.profile()
            self._reads_graph = bool(layers_untold(self._entries, self._foreseen))
            if not self._reads_graph:
                return self._entries
        elif not self._reads_graph:
            return self._request.profile()
        now = graph_layers(self._compiled.get_runtime_model())
        if self._places is None:
            self._places, self._untold = match(self._entries, now), layers_untold(self._entries, now)
        told = [
            entry if place is None else replace(entry, real_us=now[place].time_us or 0, cpu_us=None)
            for entry, place in zip(self._entries, self._places, strict=True)
        ]
        return [*told, *(_added(now[index]) for index in self._untold)]


def _added(layer: GraphLayer) -> ProfileEntry:
    return ProfileEntry(layer.name, layer.type, layer.exec_type, _EXECUTED, layer.time_us, None, from_graph=True)
