"""Which layer of the runtime graph an entry of the profile belongs to."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import openvino as ov
from openvino import opset13 as op

from ovtui.engine.layers.runtime_graph import GraphLayer, graph_xml, layers_untold, match, request_bytes
from ovtui.engine.layers.sync_request import ProfileEntry


def layer(name: str, type_: str, kernel: str, originals: list[str], order: int) -> GraphLayer:
    return GraphLayer(None, name, type_, kernel, "f32", originals, order)  # type: ignore[arg-type]


def entry(name: str, type_: str, kernel: str, status: str = "EXECUTED") -> ProfileEntry:
    return ProfileEntry(name, type_, kernel, status, 5, 5)


GPU_GRAPH = [
    layer("image", "Input", "wait_for_events__f32", ["image"], 0),
    layer("Conv_4", "Reorder", "reorder_data__f32", [], 10),
    layer("Conv_4", "Convolution", "conv_ref__f32", ["Conv_4", "Relu_5"], 11),
    layer("Result_41", "SoftMax", "softmax_ref__f32", ["Softmax_40"], 21),
    layer("Result_41_result", "Result", "softmax_ref__f32", ["Softmax_40"], 21),
]
GPU_PROFILE = [
    entry("Relu_5", "Relu", "undef", "OPTIMIZED_OUT"),
    entry("Result_41", "Result", "undef", "OPTIMIZED_OUT"),
    entry("Softmax_40", "Softmax", "softmax_ref__f32"),
    entry("image", "Parameter", "wait_for_events__f32"),
    entry("reorder_input_convolution:Conv_4", "Reorder", "reorder_data__f32"),
]
"""As the GPU plugin tells them of demo-cnn, shortened: Conv_4, the convolution, is missing."""


def test_a_gpu_has_other_names_in_the_profile() -> None:
    assert match(GPU_PROFILE, GPU_GRAPH) == [None, None, 3, 0, 1]


def test_a_gpu_leaves_out_one_of_two_layers_of_one_name() -> None:
    assert layers_untold(GPU_PROFILE, GPU_GRAPH) == [2]


def test_two_layers_of_one_name_are_told_apart_by_their_kernels() -> None:
    profile = [entry("Conv_4", "Convolution", "conv_ref__f32"), entry("Conv_4", "Reorder", "reorder_data__f32")]
    assert match(profile, GPU_GRAPH) == [2, 1]
    assert layers_untold(profile, GPU_GRAPH[:3]) == []


def test_what_ran_once_at_the_start_is_no_layer_without_its_time() -> None:
    """The CPU reorders weights in the first inference; the graph has the time of that."""
    graph = [
        layer("MatMul", "FullyConnected", "brgemm", ["MatMul"], 1),
        layer("weights_reorder", "Reorder", "jit", [], 0),
    ]
    assert layers_untold([entry("MatMul", "FullyConnected", "brgemm")], graph) == []


def test_a_name_alone_is_enough_where_the_kernel_is_told_otherwise() -> None:
    assert match([entry("Conv_4", "Convolution", "other")], GPU_GRAPH[2:3]) == [0]


def test_a_request_takes_two_of_its_largest_tensor() -> None:
    image = op.parameter([1, 3, 64, 64], np.float32, name="image")
    model = ov.Model([op.reduce_mean(image, np.array([2, 3]), False)], [image], "mean")
    assert request_bytes(model) == 2 * 3 * 64 * 64 * 4
    opened = op.parameter([-1, 4], np.float32, name="open")
    assert request_bytes(ov.Model([op.relu(opened)], [opened], "open")) == 0


def test_the_xml_has_the_times_and_no_character_that_xml_forbids() -> None:
    image = op.parameter([1, 4], np.float32, name="image")
    relu = op.relu(image)
    relu.set_friendly_name("esc\x1b[31m tab\t <&> ключ")
    text = graph_xml(ov.Model([relu], [image], "names"), [(relu, 12.5), (image, None)])
    names = {each.get("name") for each in ElementTree.fromstring(text).iter("layer")}
    assert "esc\N{REPLACEMENT CHARACTER}[31m tab\t <&> ключ" in names
