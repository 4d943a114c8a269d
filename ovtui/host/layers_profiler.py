"""Stand-in until the profiler is merged."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.records.layers import LEAST_INFERENCES, Layers, LayersStep
from ovtui.settings.schema.settings import Settings


class NotProfiled(Exception):
    def __init__(self, text: str, detail: str = "", *, misused: bool = False) -> None:
        super().__init__(text)
        self.detail, self.misused = detail, misused


def profile_layers(
    settings: Settings,
    *,
    inferences: int = LEAST_INFERENCES,
    graph: bool = False,
    each: bool = False,
    limit_s: float = 300.0,
    on_step: Callable[[LayersStep], None] = lambda _: None,
    stop_fd: int = -1,
) -> Layers:
    _ = settings, inferences, graph, each, limit_s, on_step, stop_fd
    raise NotProfiled("the profiler is not there yet")
