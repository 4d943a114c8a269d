"""Layers as rows: shares, order, filter."""

from __future__ import annotations

import pytest
from made_layers import layer

from ovtui.metrics.layers.table import Sort, layer_rows

LAYERS = [
    layer("in", 0, None, type="Parameter", exec_type="", status="NOT_RUN"),
    layer("conv/B", 1, 60.0, ["conv/B", "relu_7"], exec_type="brgconv_avx512_bf16", precision="bf16"),
    layer("pool", 2, 10.0, type="Pooling"),
    layer("conv/a", 3, 30.0),
    layer("out", 4, 0.0, type="Reorder"),
]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("time", ["conv/B", "conv/a", "pool", "out", "in"]),
        ("order", ["in", "conv/B", "pool", "conv/a", "out"]),
        ("name", ["conv/a", "conv/B", "in", "out", "pool"]),
        ("type", ["conv/B", "conv/a", "in", "pool", "out"]),
    ],
)
def test_the_orders(sort: Sort, names: list[str]) -> None:
    assert [row.layer.name for row in layer_rows(LAYERS, sort)] == names


def test_shares_are_of_all_layers_and_add_up_in_the_order_of_the_rows() -> None:
    rows = layer_rows(LAYERS)
    assert [row.share for row in rows] == [0.6, 0.3, 0.1, 0.0, None]
    assert [row.cumulative for row in rows] == [0.6, pytest.approx(0.9), pytest.approx(1.0), pytest.approx(1.0), None]
    filtered = layer_rows(LAYERS, pattern="pool")
    assert [(row.share, row.cumulative) for row in filtered] == [(0.1, pytest.approx(1.0))]
    assert [row.cumulative for row in layer_rows(LAYERS, "order")][1:3] == [0.6, pytest.approx(0.7)]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("CONV", ["conv/B", "conv/a", "pool"]),
        ("conv bf16", ["conv/B"]),
        ("relu_7", ["conv/B"]),
        ("parameter", ["in"]),
        ("  ", ["conv/B", "conv/a", "pool", "out", "in"]),
        ("conv nothing", []),
    ],
)
def test_each_word_has_to_be_somewhere_in_the_layer(pattern: str, names: list[str]) -> None:
    layers = [*LAYERS[:2], layer("pool", 2, 10.0, ["pool", "conv_before"], type="Pooling"), *LAYERS[3:]]
    assert [row.layer.name for row in layer_rows(layers, pattern=pattern)] == names


def test_no_times_have_no_shares() -> None:
    assert [row.share for row in layer_rows([layer("a", 0, 0.0), layer("b", 1, None)])] == [None, None]
