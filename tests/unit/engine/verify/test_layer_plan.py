"""Which layers are compared, in which chunks; which tolerance counts where none is given."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from harness.verified_models import WIDTH, branch, chain, single
from openvino import opset13 as op

from ovtui.engine.verify.layer_plan import Layer, chunks, constant_names, constants_of, plan_layers
from ovtui.engine.verify.roots import Key
from ovtui.engine.verify.tolerances import limit_for


def layer(name: str, size: int) -> Layer:
    return Layer(Key(name, 0), name, "Relu", "f32", size, 0, Key(name, 0), 0)


def test_chunks_keep_the_order_and_the_bounds() -> None:
    layers = [layer(str(number), size) for number, size in enumerate([4, 4, 4, 20, 4, 4, 4, 4])]
    found = [[each.label for each in chunk] for chunk in chunks(layers, most_bytes=10, most=3)]
    assert found == [["0", "1"], ["2"], ["3"], ["4", "5"], ["6", "7"]]
    assert [len(chunk) for chunk in chunks(layers, most_bytes=1000, most=3)] == [3, 3, 2]
    assert list(chunks([])) == []


def test_the_layers_of_a_model_in_its_order() -> None:
    plan = plan_layers(chain(), None)
    assert [each.label for each in plan.layers] == ["first", "act_1", "second", "act_2", "third"]
    assert {each.bytes for each in plan.layers} == {4 * WIDTH}
    assert plan.left_out == []
    inputs = {step.outputs[0].name: [each.name for each in step.inputs] for step in plan.steps if step.outputs}
    assert inputs["second"] == ["act_1"]  # and its weights, which are constant


def test_what_is_computed_from_constants_alone_is_left_out_and_told() -> None:
    weights = op.convert(op.constant(np.ones([WIDTH, WIDTH], np.float16)), "f32")
    weights.set_friendly_name("decompressed")
    model = single(lambda x: op.matmul(x, weights, False, False))
    plan = plan_layers(model, None)
    assert [each.label for each in plan.layers] == ["only"]
    [left_out] = plan.left_out
    assert (left_out.names, left_out.expected) == (["decompressed"], True)
    ops = model.get_ordered_ops()
    only = next(node for node in ops if node.friendly_name == "only")
    [constant] = constants_of(only, constant_names(ops))
    assert constant.get_type_name() == "Constant"


def test_random_numbers_are_no_constants() -> None:
    random = op.random_uniform(
        op.constant(np.array([1, WIDTH])), op.constant(np.float32(0)), op.constant(np.float32(1)), "f32"
    )
    random.set_friendly_name("random")
    plan = plan_layers(single(lambda x: op.add(x, random)), None)
    assert {each.label for each in plan.layers} == {"random", "only"}


def test_several_outputs_of_an_operation_are_layers_each() -> None:
    x = op.parameter([1, WIDTH], np.float32, name="x")
    best = op.topk(x, op.constant(np.int64(3)), 1, "max", "value")
    best.set_friendly_name("best")
    plan = plan_layers(ov.Model([op.result(each) for each in best.outputs()], [x], "topk"), None)
    assert [(each.label, each.element_type) for each in plan.layers] == [("best:0", "f32"), ("best:1", "i32")]


def test_layers_of_two_models_belong_together_by_name() -> None:
    plan = plan_layers(branch(), chain(), {})
    assert plan.layers == []
    [left_out] = plan.left_out
    assert left_out.names[0] == "stem"
    assert left_out.why == "no operation of the other model is its like"
    assert not left_out.expected


@pytest.mark.parametrize(
    ("precisions", "share", "why"),
    [
        (["f32", "f32"], 1e-4, "for f32"),
        (["f16", "f32"], 1e-2, "for f16"),
        (["bf16", "f32"], 5e-2, "for bf16"),
        (["f32", "bf16"], 5e-2, "for bf16"),
        (["", "f32"], 1e-2, "as no precision is told"),
        (["dynamic", "f32"], 1e-2, "as no precision is told"),
    ],
)
def test_the_tolerance_is_that_of_the_coarser_precision(precisions: list[str], share: float, why: str) -> None:
    found = limit_for(None, precisions, [chain()])
    assert (found.share, found.why) == (share, why)


def test_the_tolerance_of_quantized_models_and_of_types() -> None:
    def quantized(x: ov.Node) -> ov.Node:
        low, high = op.constant(np.float32(0)), op.constant(np.float32(1))
        return op.fake_quantize(x, low, high, low, high, 256)

    assert limit_for(None, ["f32", "f32"], [single(quantized)]).share == 5e-2
    limit = limit_for(None, ["f32", "f32"], [chain()])
    assert (limit.of("f32"), limit.of("f16"), limit.of("bf16")) == (1e-4, 2e-3, 1.6e-2)
    assert limit_for(0.0, ["f32"], [chain()]).of("f16") == 0.0
