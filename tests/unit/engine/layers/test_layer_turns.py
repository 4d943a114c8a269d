"""The untouched and the profiled engine in turns, and what is made of it."""

from __future__ import annotations

import numpy as np
import pytest
from scripted_engine import ScriptedEngine

from ovtui.engine.layers.layer_times import LayerResult, paired_ratio
from ovtui.engine.layers.runtime_graph import GraphLayer
from ovtui.engine.layers.turns import Measured, Plan, measure, plan
from ovtui.records.clock import now_ns


def graph(*names: str) -> list[GraphLayer]:
    return [
        GraphLayer(None, name, name.title(), f"jit_{name}", "f32", [name, f"{name}/bias"], at)  # type: ignore[arg-type]
        for at, name in enumerate(names)
    ]


def run(inferences: int, renewals: int = 0) -> tuple[Measured, list[str], list[ScriptedEngine]]:
    calls: list[str] = []
    engines: list[ScriptedEngine] = []

    def new() -> ScriptedEngine:
        engines.append(ScriptedEngine(lambda n: [100 + n % 2, 10], calls=calls, name=f"P{len(engines)}"))
        return engines[-1]

    untouched = ScriptedEngine(lambda _: [90, 10], calls=calls, name="U")
    return measure(Plan(inferences, renewals), untouched, new), calls, engines


def test_the_turns_alternate_and_each_profile_is_read_with_nothing_in_flight() -> None:
    found, calls, _ = run(4)
    pair = ["P0", "profile"]
    warm = ["U", "U", *pair, *pair]
    turn, other = ["U", "U"], [*pair, *pair]  # the first of each is cold
    assert calls == [*warm, *turn, *other, *other, *turn, *turn, *other, *other, *turn]
    assert found.inferences == 4
    assert [len(each) for each in found.untouched_ns] == [1, 1, 1, 1]


def test_so_many_inferences_count_as_were_asked_for() -> None:
    for inferences in (1, 7, 100, 333):
        found, _, _ = run(inferences)
        assert found.inferences == sum(map(len, found.untouched_ns)) == inferences


def test_a_new_engine_begins_its_means_anew() -> None:
    found, _, engines = run(100, renewals=9)
    assert len(engines) == len(found.engines) == 10
    assert {engine.inferences for engine in engines} == {2 + 1 + 10}
    result = LayerResult(found, graph("conv", "relu"), means=True)
    assert result.resolution_us == 13


@pytest.mark.parametrize(
    ("compile_s", "weights", "renewals"),
    [(0.1, 0, 9), (1.0, 0, 3), (60.0, 0, 0), (0.1, 100 << 20, 2), (0.1, 1 << 33, 0)],
)
def test_engines_are_renewed_while_that_is_cheap(compile_s: float, weights: int, renewals: int) -> None:
    assert plan(100, compile_s, weights, None).renewals == renewals


def test_what_is_there_at_the_deadline_counts() -> None:
    over = Plan(100, 0, now_ns() - 1)
    found = measure(over, ScriptedEngine(lambda _: [90, 10]), lambda: ScriptedEngine(lambda _: [100, 10]))
    assert found.inferences == 1
    assert not found.in_time
    head = LayerResult(found, graph("conv", "relu"), means=True).head("m", "CPU", "CPU", "", [])
    assert head.cost == []
    assert "the time limit ended it after 1 profiled inferences" in head.notes


def test_layers_have_exactly_the_times_of_the_script() -> None:
    found, _, _ = run(100, renewals=9)
    result = LayerResult(found, graph("conv", "relu"), means=True, each=True)
    conv, relu = result.layers
    assert (relu.median_us, relu.p95_us, relu.mean_us) == (10, 10, 10)
    assert relu.each_us == [10] * 100
    assert conv.median_us == pytest.approx(100.5, abs=0.5)
    assert conv.mean_us == pytest.approx(100.5, abs=0.6)
    assert (conv.name, conv.type, conv.exec_type, conv.precision) == ("conv", "Conv", "jit_conv", "f32")
    assert (conv.original_names, conv.order, conv.status, conv.inferences) == (
        ["conv", "conv/bias"],
        0,
        "EXECUTED",
        100,
    )
    head = result.head("m", "AUTO", "CPU", "Xeon", ["a note"])
    assert (head.inferences, head.accumulated, head.notes) == (100, True, ["a note"])
    assert head.untouched_us.median == 107
    assert head.profiled_us.median == pytest.approx(117.5, abs=0.5)
    assert head.layers_us.median == pytest.approx(110.5, abs=0.5)
    assert head.unexplained_us.median == pytest.approx(7, abs=1)
    estimate, low, high = head.cost
    assert low <= estimate <= high
    assert estimate == pytest.approx(117.5 / 107, abs=0.01)


def test_an_operation_that_went_into_a_layer_follows_it() -> None:
    layers = graph("conv", "end")
    layers[0].original_names.append("relu")
    found, _, _ = run(4)
    result = LayerResult(found, layers, means=True)
    assert [(layer.name, layer.in_graph, layer.part_of, layer.profiled_as) for layer in result.layers] == [
        ("conv", True, "", "conv"),
        ("relu", False, "conv", "relu"),
        ("end", True, "", ""),
    ]
    assert result.layers[2].median_us is None
    assert result.layers[2].status == ""
    assert [layer.order for layer in result.layers] == [0, 1, 2]
    assert result.times_of_graph(layers) == [result.layers[0].median_us, None]


def test_the_ratio_is_paired_and_of_few_turns_not_told() -> None:
    a = [[110 * (1 + turn)] * 3 for turn in range(6)]
    b = [[100 * (1 + turn)] * 3 for turn in range(6)]
    assert paired_ratio(a, b) == pytest.approx([1.1, 1.1, 1.1])
    assert paired_ratio(a[:3], b[:3]) == []
    wide = paired_ratio([[100], [120], [100], [120]], [[100]] * 4)
    logs = np.log([1, 1.2, 1, 1.2])
    half = 3.182446 * np.std(logs, ddof=1) / 2
    assert wide == pytest.approx(np.exp([logs.mean(), logs.mean() - half, logs.mean() + half]), rel=2e-3)
