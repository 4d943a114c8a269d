"""What a model is made of: counted, and deduced from its graph alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from harness.language_model import language_model
from harness.stateful_models import saved
from openvino import opset13 as op
from openvino.preprocess import ColorFormat, PrePostProcessor, ResizeAlgorithm
from rig.nets import pointwise_net

from ovtui.engine.model.builtin_models import BUILTIN
from ovtui.engine.model.file_facts import format_of, sizes_of
from ovtui.engine.model.model_content import constant_bytes, model_content


def test_operations_and_constants_are_counted() -> None:
    found = model_content(BUILTIN["demo-cnn"]())
    counts = {each.type: each.count for each in found.operations}
    assert counts == {"Convolution": 8, "Relu": 8, "MatMul": 1, "ReduceMean": 1, "Softmax": 1}
    assert [each.count for each in found.operations] == sorted(counts.values(), reverse=True)
    assert found.operations_total == 19
    assert found.opsets == ["opset1", "opset8"]
    assert found.parameters == sum(each.elements for each in found.constants)
    assert found.parameters_bytes == sum(each.bytes for each in found.constants)
    assert (found.constants[0].type, found.constants[0].bytes) == ("f32", found.constants[0].elements * 4)
    assert found.preprocessing == []


def prepared_picture() -> ov.Model:
    steps = PrePostProcessor(pointwise_net())
    picture = steps.input(0)
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC")).set_spatial_static_shape(64, 64)
    picture.tensor().set_color_format(ColorFormat.BGR)
    picture.model().set_layout(ov.Layout("NCHW"))
    change = picture.preprocess()
    change.convert_element_type(ov.Type.f32).convert_color(ColorFormat.RGB).resize(ResizeAlgorithm.RESIZE_LINEAR)
    change.mean([1.0, 2.0, 3.0]).scale([4.0, 5.0, 8.0])
    return steps.build()


def test_the_preprocessing_inside_of_a_model_survives_its_file(tmp_path: Path) -> None:
    expected = [
        "Convert to f32", "Gather 2 1 0", "Interpolate to [1,32,32,3]", "Subtract 1 2 3", "Multiply 0.25 0.2 0.125",
        "Transpose 0 3 1 2",
    ]  # fmt: skip
    for model in (prepared_picture(), ov.Core().read_model(saved(prepared_picture(), tmp_path))):
        [steps] = model_content(model).preprocessing
        assert steps.steps == expected


def test_what_is_the_model_itself_is_no_preprocessing() -> None:
    ids = op.parameter([1, 4], np.int64, name="ids")
    table = op.constant(np.zeros((10, 2), np.float32))
    embedded = op.gather(table, ids, op.constant(np.int64(0)))
    scaled = op.parameter([1, 4], np.float32, name="x")
    only = op.multiply(scaled, op.constant(np.float32(2)))
    model = ov.Model([op.result(op.relu(embedded)), op.result(only)], [ids, scaled], "m")
    assert model_content(model).preprocessing == []


def test_quantization_is_seen() -> None:
    x = op.parameter([1, 4], np.float32, name="x")
    low, high = op.constant(np.float32(0)), op.constant(np.float32(1))
    quantized = op.fake_quantize(x, low, high, low, high, 256)
    weights = op.multiply(op.convert(op.constant(np.ones((4, 4), np.int8)), np.float32), op.constant(np.float32(0.1)))
    model = ov.Model([op.result(op.matmul(quantized, weights, False, False))], [x], "q")
    found = model_content(model).quantization
    assert found is not None
    assert (found.fake_quantize, found.levels) == (1, [256])
    assert [(each.type, each.elements, each.bytes) for each in found.weights] == [("i8", 16, 16)]
    assert constant_bytes(model) == 16 + 3 * 4


def test_half_bytes_are_counted_together() -> None:
    x = op.parameter([3], np.float32, name="x")
    packed = ov.opset13.constant(np.array([1, 2, 3], np.uint8), ov.Type.u4)
    model = ov.Model([op.result(op.add(x, op.convert(packed, np.float32)))], [x], "u4")
    [found] = [each for each in model_content(model).constants if each.type == "u4"]
    assert (found.elements, found.bytes) == (3, 2)


def test_a_language_model_counts_its_state(tmp_path: Path) -> None:
    found = model_content(ov.Core().read_model(saved(language_model(), tmp_path)))
    counts = {each.type: each.count for each in found.operations}
    assert counts["ReadValue"] == counts["Assign"] == 2


def test_a_compiled_model_tells_its_operations_and_no_constants() -> None:
    compiled = ov.Core().compile_model(pointwise_net(), "CPU")
    found = model_content(compiled)
    assert found.of == "compiled model"
    assert any("Conv" in each.type for each in found.operations)
    assert (found.parameters, found.quantization, found.constants) == (None, None, [])


def test_the_body_of_a_loop_counts() -> None:
    x, inner = op.parameter([1, 4], np.float32, name="x"), op.parameter([1, 4], np.float32)
    go_on = op.constant(np.array(True))
    body = ov.Model([op.result(op.relu(inner)), op.result(op.constant(np.array(True)))], [inner], "body")
    loop = op.loop(op.constant(np.int64(3)), go_on)
    loop.set_function(body)
    loop.set_special_body_ports([-1, 1])
    loop.set_merged_input(inner, x.output(0), body.get_results()[0].output(0))
    last = loop.get_iter_value(body.get_results()[0].output(0), -1)
    found = model_content(ov.Model([op.result(last)], [x], "loop"))
    assert {each.type: each.count for each in found.operations} == {"Loop": 1, "Relu": 1}


def test_half_floats_that_are_used_as_they_are_are_seen() -> None:
    x = op.parameter([1, 4], np.float16, name="x")
    model = ov.Model([op.result(op.matmul(x, op.constant(np.ones((4, 4), np.float16)), False, False))], [x], "half")
    found = model_content(model).quantization
    assert found is not None
    assert [(each.type, each.elements) for each in found.weights] == [("f16", 16)]


def test_what_the_converter_noted() -> None:
    model = pointwise_net()
    model.set_rt_info("[1,2,3]", ["conversion_parameters", "mean_values"])
    model.set_rt_info("False", ["conversion_parameters", "reverse_input_channels"])
    model.set_rt_info("int4_sym", ["nncf", "weight_compression", "mode"])
    assert model_content(model).converter == {"mean_values": "[1,2,3]", "NNCF weights": "int4_sym"}


def test_sizes_count_the_weights_beside_a_file(tmp_path: Path) -> None:
    model = Path(saved(pointwise_net(), tmp_path))
    weights = model.with_suffix(".bin")
    assert sizes_of(str(model)) == (model.stat().st_size + weights.stat().st_size, weights.stat().st_size)
    assert format_of(str(model)) == ("OpenVINO IR", "11")
    assert sizes_of(None) == (None, None)
    other = tmp_path / "alone.tflite"
    other.write_bytes(b"0123")
    assert sizes_of(str(other)) == (4, None)
