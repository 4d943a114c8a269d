"""What a verification found, in sentences and rows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ovtui.cli.verification_text import verification_lines
from ovtui.metrics.verification.sentences import constants_sentence, layers_sentence, side_names, verdict_sentence
from ovtui.metrics.verification.tables import MOST_LAYERS, layer_rows
from ovtui.records.verification import (
    ConstantDifference,
    Difference,
    NotCompared,
    Side,
    Verification,
    json_schema,
    to_json,
)


def side(device: str, precision: str = "f32", model: str = "m.xml") -> Side:
    return Side(device=device, ran_on=[device], precision=precision, model=model)


def output(name: str = "y", relative: float | None = 1e-5, why: str = "", **given: Any) -> Difference:
    return Difference(**{
        "name": name, "shape": [1, 10], "element_type": "f32", "elements": 10, "max_absolute": relative,
        "max_relative": relative, "cosine": 0.99, "agrees": not why, "why": why, **given,
    })  # fmt: skip


def layer(name: str, relative: float, why: str = "", relation: str = "", **given: Any) -> Difference:
    return output(name, relative, why, operation="MatMul", relation=relation, **given)


FAR = "relative difference above 0.01"
FOUND = Verification(
    ovtui="1", openvino="2", model="m.xml", device="GPU", against="CPU", sides=[side("GPU", "f16"), side("CPU")],
    inputs=1, seed=0, tolerance=0.01, tolerance_from="for f16", verdict="agree", outputs=[output()],
)  # fmt: skip


def found(**changes: Any) -> Verification:
    return msgspec.structs.replace(FOUND, **changes)


def test_they_agree() -> None:
    assert verdict_sentence(FOUND) == "GPU and CPU agree within 0.01: the largest relative difference is 1e-5"
    assert FOUND.agrees
    assert layers_sentence(FOUND) == ""
    none = found(outputs=[])
    assert verdict_sentence(none) == "GPU and CPU both run the model, which has no outputs to compare"


def test_precision() -> None:
    one = found(
        verdict="precision", outputs=[output("y", 0.02, FAR), output("z", 0.5, FAR), output("w")],
        f32_outputs=[output("y", 1e-6), output("z", 2e-6), output("w", 0.0)], f32_tolerance=1e-4,
    )  # fmt: skip
    assert verdict_sentence(one) == (
        "GPU differs from CPU by precision: output z and 1 other, relative difference 0.5 in f16, where 0.01 is "
        "allowed, and 2e-6 with both in f32"
    )
    assert not one.agrees
    same = msgspec.structs.replace(one, layers=[layer("a", 0.0), layer("b", 1e-7)], layers_tolerance=1e-4,
                                   layers_precisions=["f32", "f32"])  # fmt: skip
    assert layers_sentence(same) == (
        "All 2 layers agree within 1e-4 in f32; --infer-precision f16 shows where the precision is lost"
    )


def test_a_fault() -> None:
    again = [output("y", 0.4, "relative difference above 1e-4")]
    one = found(verdict="fault", outputs=[output("y", 0.5, FAR)], f32_outputs=again, f32_tolerance=1e-4)
    assert verdict_sentence(one) == (
        "GPU differs from CPU by a fault: output y, relative difference 0.5, and 0.4 with both in f32, where 1e-4 is "
        "allowed"
    )
    whole = [output("n", 1.0, "3 of 10 unequal")]
    assert verdict_sentence(found(verdict="fault", outputs=whole, f32_outputs=whole)) == (
        "GPU differs from CPU by a fault: output n, 3 of 10 unequal, and no better with both in f32"
    )


def test_nan_on_both_sides_is_no_agreement_and_no_fault_of_one() -> None:
    nan = [output("y", 0.0, "NaN: 2 against 2", nans=(2, 2))]
    one = found(verdict="fault", outputs=nan, f32_outputs=nan, f32_tolerance=1e-4)
    assert verdict_sentence(one) == (
        "GPU and CPU cannot agree: output y, NaN: 2 against 2, and none of them equals anything"
    )
    other = [output("y", 0.0, "NaN: 2 against 0", nans=(2, 0))]
    assert verdict_sentence(found(verdict="fault", outputs=other, f32_outputs=other)) == (
        "GPU differs from CPU by a fault: output y, NaN: 2 against 0, and no better with both in f32"
    )


def test_unknown_says_why() -> None:
    one = found(verdict="unknown", outputs=[output("y", 0.5, FAR)], why_no_f32="NPU takes no INFERENCE_PRECISION_HINT")
    assert verdict_sentence(one) == (
        "GPU differs from CPU: output y, relative difference 0.5, where 0.01 is allowed; whether by precision or by a "
        "fault is not known: NPU takes no INFERENCE_PRECISION_HINT"
    )


@pytest.mark.parametrize(
    ("sides", "names"),
    [
        ([side("GPU"), side("CPU")], ("GPU", "CPU")),
        ([side("CPU", "bf16"), side("CPU")], ("CPU in bf16", "CPU in f32")),
        ([side("CPU"), side("CPU")], ("CPU", "CPU itself")),
        ([side("GPU", model="a/int8.xml"), side("CPU", model="a/f32.xml")], ("int8.xml on GPU", "f32.xml on CPU")),
        ([side("CPU", model="a/m.xml"), side("CPU", model="b/m.xml")], ("a/m.xml on CPU", "b/m.xml on CPU")),
    ],
)
def test_what_tells_the_sides_apart(sides: list[Side], names: tuple[str, str]) -> None:
    assert side_names(found(sides=sides)) == names


def test_the_first_layer_that_differs() -> None:
    layers = [layer("a", 0.0), layer("b", 0.5, FAR, "first", inputs_relative=1e-7), layer("c", 0.6, FAR, "downstream")]
    one = found(verdict="fault", outputs=[output("y", 0.5, FAR)], layers=layers, layers_tolerance=0.01,
                layers_precisions=["f32", "f32"], firsts=["b"])  # fmt: skip
    assert layers_sentence(one) == (
        "First layer that differs in f32: b (MatMul): relative difference 0.5, above 0.01; 1 layer behind it differs "
        "too"
    )
    assert one.first == "b"
    assert [row[0] for row in layer_rows(one)] == ["b", "c"]
    built_up = [layer("b", 0.011, FAR, "first", inputs_relative=0.009)]
    assert layers_sentence(found(layers=built_up, layers_tolerance=0.01)) == (
        "First layer that differs: b (MatMul): relative difference 0.011, above 0.01, which has built up: what it gets "
        "differs by 0.009; the outputs agree all the same: what follows takes the difference away"
    )
    assert not found(layers=built_up).agrees


def test_several_first_layers() -> None:
    layers = [layer(name, 0.5, FAR, "first") for name in "abcd"]
    one = found(verdict="fault", outputs=[output("y", 0.5, FAR)], layers=layers, layers_tolerance=0.01)
    each = "(MatMul): relative difference 0.5, above 0.01"
    assert layers_sentence(one) == f"The 4 layers in which it begins: a {each}; b {each}; c {each}; and 1 more"


def test_no_layer_differs_although_the_outputs_do() -> None:
    one = found(verdict="fault", outputs=[output("y", 0.5, FAR)], layers=[layer("a", 0.0)], layers_tolerance=1e-4)
    assert layers_sentence(one) == (
        "The one layer agrees within 1e-4, although the outputs do not: either the fault is in what is fused, which a "
        "layer that is read is not, or small differences are left where large terms cancel"
    )
    endless = [output("y", None, "infinite: 1 against 1", infinities=(1, 1))]
    named = found(verdict="fault", outputs=endless, layers=[layer("a", 0.0), layer("b", 0.0, infinities=(1, 1))])
    assert layers_sentence(named) == "All 2 layers agree within 0.01; infinities begin in b (MatMul)"


def test_layers_of_which_nothing_is_known_are_no_agreement() -> None:
    late = [NotCompared(names=["b", "c"], why="there was no time left")]
    folded = [NotCompared(names=["w"], why="constant", expected=True)]
    one = found(layers=[layer("a", 0.0), layer("d", 0.0)], layers_tolerance=0.01, not_compared=late)
    assert layers_sentence(one) == "The 2 layers that were compared agree within 0.01"
    assert not one.agrees
    assert found(layers=[layer("a", 0.0)], not_compared=folded).agrees
    assert layers_sentence(found(layers=[], not_compared=late)) == "No layer was compared, of 2"
    assert layers_sentence(found(layers=[])) == "The model has no layers to compare"


def test_the_text_fits_80_columns() -> None:
    long = "encoder/layers/17/attention/self_attention_output/dense/MatMul_with_bias_and_scale"
    layers = [layer(f"{long}_{n}", 0.5, FAR, "first" if n == 0 else "downstream") for n in range(30)]
    one = found(
        verdict="fault", outputs=[output(long * 2, 0.5, FAR), output("n", 1.0, "3 of 10 unequal"), output("\x1b[2J")],
        f32_outputs=[output(long, 0.5, FAR)], f32_tolerance=1e-4, layers=layers, layers_tolerance=1e-4,
        not_compared=[NotCompared(names=[long] * 9, why="there was no time left; --time-limit gives it more")],
        notes=["n" * 200],
    )  # fmt: skip
    lines = verification_lines(one, 80)
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert "30 of 30 layers differ, 20 of them:" in text
    assert len(layer_rows(one)) == MOST_LAYERS
    assert "    3 of 10 unequal" in lines


def test_the_json_and_its_schema() -> None:
    again = msgspec.json.decode(to_json(FOUND), type=Verification)
    assert again == FOUND
    schema = msgspec.json.decode(json_schema())
    assert set(msgspec.json.decode(to_json(FOUND))) == set(schema["$defs"]["Verification"]["properties"])


def test_layers_that_inherit_a_difference_are_not_first() -> None:
    late = layer("late", 0.2, FAR, "downstream")
    inheriting = layer("sine", 0.3, FAR, "inherits", inputs_relative=1e-6)
    said = layers_sentence(found(layers=[inheriting, late], layers_tolerance=0.01, verdict="fault"))
    assert said == (
        "From the same inputs each layer computes the same; this one differs by roundings before, made large: sine "
        "(MatMul): relative difference 0.3, above 0.01, where what it gets differs by 1e-6; 1 layer behind it differs "
        "too"
    )
    both = [layer("wrong", 0.5, FAR, "first"), inheriting, late]
    assert layers_sentence(found(layers=both, layers_tolerance=0.01, verdict="fault")) == (
        "First layer that differs: wrong (MatMul): relative difference 0.5, above 0.01; 1 layer computes the same from "
        "the same inputs: sine (MatMul): relative difference 0.3, above 0.01, where what it gets differs by 1e-6; 1 "
        "layer behind them differs too"
    )


def test_constants_that_differ_are_named_and_rounded_ones_counted() -> None:
    def constant(name: str, *, rounding: bool = False, nans: tuple[int, int] = (0, 0)) -> ConstantDifference:
        return ConstantDifference(
            name=name, layer="dense", element_type="f16", other_type="f32", elements=1_000, unequal=2,
            max_absolute=0.1, max_relative=0.05, nans=nans, rounding=rounding,
        )  # fmt: skip

    assert constants_sentence(found()) == constants_sentence(found(constants=[])) == ""
    rounded = constant("r", rounding=True)
    assert constants_sentence(found(constants=[rounded])) == "Of the two models, 1 constant differs by rounding alone"
    assert constants_sentence(found(constants=[constant("w", nans=(1, 0)), constant("v"), rounded, rounded])) == (
        "The two models have other values in 2 constants: w of dense, 2 of 1,000 elements, NaN 1 against 0; v of "
        "dense, 2 of 1,000 elements, relative difference 0.05; 2 constants differ by rounding alone"
    )
