"""The request of a profiled engine, whose profile is made whole from the runtime graph."""

from __future__ import annotations

import openvino as ov

from ovtui.engine.layers.runtime_graph import graph_layers, layers_untold
from ovtui.engine.layers.sync_request import ProfileEntry, SyncRequest

_EXECUTED = "EXECUTED"


class ProfiledRequest:
    """Owner: the thread that makes it."""

    def __init__(self, compiled: ov.CompiledModel, request: SyncRequest) -> None:
        self._compiled, self._request = compiled, request
        self._untold: list[int] | None = None
        """Layers of the graph, by index, that the profile lacks; None before it was read."""

    def infer(self) -> int:
        return self._request.infer()

    def profile(self) -> list[ProfileEntry]:
        """To be called after every inference, with nothing in flight."""
        entries = self._request.profile()
        if self._untold is None:
            self._untold = layers_untold(entries, graph_layers(self._compiled.get_runtime_model()))
        if self._untold:  # the graph is made anew for it, 0.3 to 3 ms
            layers = graph_layers(self._compiled.get_runtime_model())
            entries += [
                ProfileEntry(layer.name, layer.type, layer.exec_type, _EXECUTED, layer.time_us, None, from_graph=True)
                for layer in (layers[index] for index in self._untold)
                if layer.time_us is not None
            ]
        return entries
