"""Profiles a model's layers in a process of its own: `python -m ovtui.engine.layers.layers_child`, the question as JSON
on stdin, a line of JSON for each step on stdout (records/layers.py; host/layers_profiler.py asks). It may crash or
hang: what it has told stands."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.layers import (
    Doing,
    LayersDone,
    LayersGraph,
    LayersQuestion,
    LayersRefused,
    LayersStep,
    LayersTold,
    LayerTimes,
)
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent

if TYPE_CHECKING:
    from ovtui.engine.layers.runtime_graph import GraphLayer
    from ovtui.engine.layers.turns import Measured, Request

_AT_A_TIME = 200
"""Layers in one line."""
_TOLD_EVERY_NS = 1_000_000_000
_TELLING_SHARE = 20
"""Of thousands of layers telling takes long: it comes so much more seldom."""
_PART_FOR_MEASURING = 0.9
"""Of the time limit; what is left is for the result."""


def profile(question: LayersQuestion, tell: Callable[[LayersStep], None]) -> None:
    """Raises SetupError, and what OpenVINO raises."""
    began_ns = time.monotonic_ns()
    import openvino as ov

    from ovtui.engine.layers import turns
    from ovtui.engine.layers.layer_times import LayerResult
    from ovtui.engine.layers.profiled_pair import make_pair
    from ovtui.engine.layers.profiled_request import ProfiledRequest
    from ovtui.engine.layers.runtime_graph import graph_layers, graph_xml, request_bytes
    from ovtui.engine.layers.single_times import tells_means
    from ovtui.engine.model.read_model import model_label

    pair = make_pair(ov.Core(), question.settings, lambda text: tell(Doing(text)))
    first = pair.profiled
    # A GPU's graph counts as a reading of its profile, even before the first inference.
    graph = (pair.untouched if pair.device.startswith("GPU") else first).get_runtime_model()
    foreseen = graph_layers(graph)
    engine_bytes = pair.weights_bytes + request_bytes(graph)
    means = tells_means(pair.device)
    deadline_ns = began_ns + int(question.limit_s * _PART_FOR_MEASURING * 1e9)
    the_plan = turns.plan(question.inferences, pair.compile_s, engine_bytes, deadline_ns)
    began = False

    def new_profiled() -> Request:
        nonlocal began
        if began:
            pair.renew_profiled()
        began = True
        return ProfiledRequest(pair.profiled, pair.profiled_request(), foreseen)

    told = _SoFar(foreseen, question.inferences, tell, means=means)
    tell(Doing("warming up"))
    measured = turns.measure(the_plan, pair.untouched_request(), new_profiled, told)
    graph = first.get_runtime_model()
    layers = graph_layers(graph)
    result = LayerResult(measured, layers, means=means, each=question.each)
    _tell_layers(result.layers, tell)
    if question.graph:
        times = result.times_of_graph(layers)
        tell(LayersGraph(graph_xml(graph, [(layer.node, us) for layer, us in zip(layers, times, strict=True)])))
    name, settings = model_label(question.settings), question.settings
    tell(LayersDone(result.head(name, settings.device, pair.device, pair.full_name, pair.notes)))


class _SoFar:
    """Tells what there is about once a second, between two inferences."""

    def __init__(
        self, graph: Sequence[GraphLayer], planned: int, tell: Callable[[LayersStep], None], *, means: bool
    ) -> None:
        self._graph, self._planned, self._tell, self._means = graph, planned, tell, means
        self._next_ns = time.monotonic_ns() + _TOLD_EVERY_NS

    def __call__(self, measured: Measured) -> None:
        if time.monotonic_ns() < self._next_ns:
            return
        from ovtui.engine.layers.layer_times import LayerResult

        began_ns = time.monotonic_ns()
        self._tell(Doing("measuring", measured.inferences, self._planned))
        _tell_layers(LayerResult(measured, self._graph, means=self._means).layers, self._tell, so_far=True)
        now_ns = time.monotonic_ns()
        self._next_ns = now_ns + max(_TOLD_EVERY_NS, _TELLING_SHARE * (now_ns - began_ns))


def _tell_layers(layers: list[LayerTimes], tell: Callable[[LayersStep], None], *, so_far: bool = False) -> None:
    for at in range(0, len(layers), _AT_A_TIME):
        tell(LayersTold(layers[at : at + _AT_A_TIME], so_far))


def main() -> None:
    question = from_json(msgspec.json.Decoder(LayersQuestion), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    answer_fd = answer_pipe()
    from ovtui.engine.errors import SetupError, UsageError, as_setup_error, detail_of, reason_of

    with os.fdopen(answer_fd, "wb") as pipe:

        def tell(step: LayersStep) -> None:
            pipe.write(to_json(step) + b"\n")
            pipe.flush()

        model = question.settings.model
        try:
            profile(question, tell)
        except (SetupError, UnicodeDecodeError, MemoryError) as caught:
            error = as_setup_error(caught, model)
            tell(LayersRefused(str(error), detail_of(error), misused=isinstance(error, UsageError)))
        except (RuntimeError, OSError, ValueError) as caught:
            tell(LayersRefused(f"{model}: {reason_of(caught)}", detail_of(caught)))
    # No teardown: it can block in OpenVINO.
    os._exit(0)


if __name__ == "__main__":
    main()
