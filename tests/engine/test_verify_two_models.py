"""`ovtui verify --against-model` on the CPU: two files that differ in one constant, whatever their operations are
called and however the constants are stored."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from harness.verified_models import chain, saved_pair, single
from openvino import opset13 as op

from ovtui.engine.verify.verification import Verifier
from ovtui.records.verification import Verification, VerifyQuestion
from ovtui.settings.schema.settings import Settings

WIDTH = 16
Make = Callable[[float], ov.Model]


def verified(model: str, against_model: str = "", *, layers: bool = True, **settings: Any) -> Verification:
    question = VerifyQuestion(
        settings=Settings(model=model, device="CPU", precision="f32", **settings), against="CPU",
        against_model=against_model, layers=layers, deadline_s=time.monotonic() + 120, parent_pid=0,
    )  # fmt: skip
    return Verifier(ov.Core(), question, lambda _: None).run()


def weights(seed: int, factor: float = 1.0) -> ov.Node:
    values = np.random.default_rng(seed).normal(0, 0.3, [WIDTH, WIDTH]) * factor
    return op.constant(values.astype(np.float32))


def matmul(x: ov.Node, seed: int, factor: float = 1.0) -> ov.Node:
    return op.matmul(x, weights(seed, factor), False, False)


def number(value: float) -> ov.Node:
    return op.constant(np.float32(value))


def branches(factor: float) -> ov.Model:
    """Without names; with a factor other than 1 the right branch is made before the left one."""
    x = op.parameter([1, WIDTH], np.float32, name="x")
    stem = op.relu(matmul(x, 1))
    seeds = (2, 3) if factor == 1.0 else (3, 2)
    made = {seed: matmul(stem, seed, factor if seed == 3 else 1.0) for seed in seeds}
    return ov.Model([op.result(matmul(op.concat([made[2], made[3]], 0), 4))], [x], "branches")


def repeated(factor: float) -> ov.Model:
    x = op.parameter([1, WIDTH], np.float32, name="x")
    last = x
    for seed in range(4):
        last = matmul(last, seed, factor if seed == 2 else 1.0)
        last.set_friendly_name("dense")
        last = op.relu(last)
        last.set_friendly_name("act")
    return ov.Model([op.result(last)], [x], "repeated")


def with_if(factor: float) -> ov.Model:
    x = op.parameter([1, 4], np.float32, name="x")
    which = op.parameter([], np.bool_, name="which")

    def body(by: float) -> tuple[ov.Model, ov.Node, ov.Node]:
        inner = op.parameter([1, 4], np.float32)
        result = op.result(op.multiply(inner, op.constant(np.full([1, 4], by, np.float32))))
        return ov.Model([result], [inner], "body"), inner, result

    both = op.if_op(which.output(0))
    (then, then_in, then_out), (other, other_in, other_out) = body(2.0 * factor), body(3.0 * factor)
    both.set_then_body(then)
    both.set_else_body(other)
    both.set_input(x.output(0), then_in, other_in)
    chosen = both.set_output(then_out, other_out)
    both.set_friendly_name("choice")
    return ov.Model([op.result(op.relu(chosen))], [x, which], "if")


def test_layers_without_names_belong_together_by_structure(tmp_path: Path) -> None:
    right, wrong = saved_pair(branches, tmp_path, 1.1)
    found = verified(wrong, right)
    assert not found.not_compared
    ops = ov.Core().read_model(wrong).get_ordered_ops()
    [constant] = found.constants or []
    assert found.firsts == [constant.layer]
    node = next(each for each in ops if each.friendly_name == constant.layer)
    held = node.input_value(1).get_node()
    assert held.friendly_name == constant.name
    np.testing.assert_array_equal(held.data, weights(3, 1.1).data)
    assert constant.max_relative == pytest.approx(0.1, rel=1e-4)
    assert [each.relation for each in found.layers or [] if not each.agrees] == ["first", "downstream", "downstream"]


def test_operations_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    found = verified(*reversed(saved_pair(repeated, tmp_path, 1.1)))
    assert found.firsts == ["dense#3"]
    assert any("several operations have the same name" in note for note in found.notes)
    assert len(found.layers or []) == 8


def test_a_single_number_is_named(tmp_path: Path) -> None:
    found = verified(*reversed(saved_pair(lambda by: single(lambda x: op.multiply(x, number(by))), tmp_path, 1.1)))
    [constant] = found.constants or []
    assert (found.firsts, constant.layer, constant.elements) == (["only"], "only", 1)


def test_a_constant_inside_an_if_is_named(tmp_path: Path) -> None:
    found = verified(*reversed(saved_pair(with_if, tmp_path, 1.1)))
    assert found.firsts == ["choice"]
    assert [each.name.partition(": ")[0] for each in found.constants or []] == ["choice", "choice"]
    assert "so does what it computes with: choice: " in next(each.why for each in found.layers or [] if each.relation)


def test_an_error_that_no_layer_shows_is_named_in_the_constants(tmp_path: Path) -> None:
    found = verified(*reversed(saved_pair(chain, tmp_path, 1 + 1e-6)))
    assert (found.agrees, found.firsts) == (True, [])
    [constant] = found.constants or []
    assert (constant.name, constant.layer, constant.rounding) == ("second_weights", "second", False)
    same = verified(*saved_pair(lambda _: chain(), tmp_path), layers=False)
    assert same.constants == []
    assert verified(saved_pair(chain, tmp_path)[0], layers=False).constants is None


@pytest.mark.parametrize(("factor", "firsts", "others"), [(1.0, [], 0), (1.05, ["second"], 1), (1.003, [], 1)])
def test_weights_in_f16_are_rounded_and_no_fault(tmp_path: Path, factor: float, firsts: list[str], others: int) -> None:
    right, compressed = tmp_path / "right.xml", tmp_path / "compressed.xml"
    ov.save_model(chain(), right, compress_to_fp16=False)
    ov.save_model(chain(factor), compressed, compress_to_fp16=True)
    found = verified(str(compressed), str(right))
    assert found.tolerance_from == "for weights that one of the models stores in f16"
    assert (found.tolerance, found.firsts) == (1e-2, firsts)
    told = found.constants or []
    assert [each.rounding for each in told].count(False) == others
    assert {each.element_type for each in told} == {"f16"}
    assert {each.other_type for each in told} == {"f32"}


def test_a_quantized_model_without_names_has_the_layers_of_its_original(tmp_path: Path) -> None:
    def quantized(factor: float) -> ov.Model:
        x = op.parameter([1, WIDTH], np.float32, name="x")
        last = x
        for seed in range(3):
            if factor != 1.0:
                last = op.fake_quantize(last, number(-4), number(4), number(-4), number(4), 256)
            last = matmul(last, seed, factor if seed == 1 else 1.0)
        return ov.Model([op.result(last)], [x], "quantized")

    right, wrong = saved_pair(quantized, tmp_path, 1.5)
    found = verified(wrong, right)
    ops = ov.Core().read_model(wrong).get_ordered_ops()
    multiplied = [each.friendly_name for each in ops if each.get_type_name() == "MatMul"]
    assert [each.name for each in found.layers or []] == multiplied
    assert found.firsts == [multiplied[1]]
    [alone] = found.not_compared
    assert (len(alone.names), alone.expected) == (3, True)


def test_a_clip_that_hides_in_what_it_gets_is_first(tmp_path: Path) -> None:
    def clipped(factor: float) -> ov.Model:
        x = op.parameter([1, WIDTH], np.float32, name="x")
        clip = op.clamp(op.multiply(matmul(x, 1), number(1000)), 0, 6 * factor)
        clip.set_friendly_name("clip")
        return ov.Model([op.result(matmul(clip, 2))], [x], "clipped")

    found = verified(*reversed(saved_pair(clipped, tmp_path, 1.005)))
    assert found.firsts == ["clip"]
    assert next(each for each in found.layers or [] if each.name == "clip").max_relative == pytest.approx(
        0.005, rel=0.01
    )


def test_what_only_makes_roundings_large_is_not_first(tmp_path: Path) -> None:
    def sine(factor: float) -> ov.Model:
        x = op.parameter([1, WIDTH], np.float32, name="x")
        small = matmul(x, 1, factor)
        small.set_friendly_name("small")
        last = op.sin(op.multiply(small, number(1e6)))
        last.set_friendly_name("sine")
        return ov.Model([op.result(last)], [x], "sine")

    found = verified(*reversed(saved_pair(sine, tmp_path, 1 + 1e-6)))
    related = {each.name: each.relation for each in found.layers or [] if not each.agrees}
    assert related == {"small": "first", "sine": "inherits"}
    # The constant differs by more than its storage explains, so that it is a fault.
    assert found.verdict == "fault"


def test_random_numbers_are_no_fault(tmp_path: Path) -> None:
    def drawn(x: ov.Node) -> ov.Node:
        shape = op.constant(np.array([1, WIDTH], np.int64))
        return op.add(x, op.random_uniform(shape, number(0), number(1), "f32", 0, 0))

    path = tmp_path / "drawn.xml"
    ov.save_model(single(drawn), path)
    found = verified(str(path), layers=False)
    assert found.verdict == "unknown"
    assert found.why_no_f32.endswith("draws other random numbers in each inference")


def test_one_number_in_all_elements_is_said_to_show_little(tmp_path: Path) -> None:
    path = tmp_path / "flat.xml"
    ov.save_model(single(lambda x: op.add(op.multiply(x, number(0)), number(3))), path)
    found = verified(str(path), layers=False)
    assert found.verdict == "agree"
    assert found.notes == ["y: one number in all elements, which shows little; other inputs may show more"]
