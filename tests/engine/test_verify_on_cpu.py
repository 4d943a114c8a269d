"""`ovtui verify` on the CPU against the CPU, in this process: its figures are those of an own loop, and an error in one
constant is named wherever it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from harness.stateful_models import decoder, saved
from harness.verified_models import (
    WIDTH,
    branch,
    chain,
    counting,
    killed,
    long_chain,
    saved_pair,
    single,
    summing,
    vanishing,
)
from openvino import opset13 as op

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.builtin_models import BUILTIN
from ovtui.engine.verify.feed import Feed
from ovtui.engine.verify.verification import Verifier
from ovtui.records.verification import Difference, Doing, Verification, VerifyQuestion, VerifyStep
from ovtui.settings.schema.settings import Settings

F32: dict[str, Any] = {"precision": "f32"}
EXACT = {"INFERENCE_PRECISION_HINT": "f32", "EXECUTION_MODE_HINT": "ACCURACY"}


def verified(
    model: str, *, against_model: str = "", tolerance: float | None = None, inputs: int = 1, layers: bool = False,
    limit_s: float = 120.0, steps: list[VerifyStep] | None = None, device: str = "CPU", against: str = "CPU",
    **settings: Any,
) -> Verification:  # fmt: skip
    question = VerifyQuestion(
        settings=Settings(model=model, device=device, **settings), against=against, against_model=against_model,
        tolerance=tolerance, inputs=inputs, layers=layers, deadline_s=time.monotonic() + limit_s, parent_pid=0,
    )  # fmt: skip
    told = [] if steps is None else steps
    return Verifier(ov.Core(), question, told.append).run()


def names(found: Verification) -> dict[str, str]:
    """Name to relation of the layers that differ."""
    return {each.name: each.relation for each in found.layers or [] if not each.agrees}


def test_the_figures_are_those_of_an_own_loop(tmp_path: Path) -> None:
    """Whatever this CPU makes of bf16: the verdict follows from what bare OpenVINO computes."""
    data = np.random.default_rng(3).random([1, 3, 224, 224], np.float32)
    np.save(tmp_path / "image.npy", data)
    core, model = ov.Core(), BUILTIN["demo-cnn"]()
    hint = {"INFERENCE_PRECISION_HINT": "bf16", "PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(model, "CPU", hint)
    device = compiled.create_infer_request().infer([data])[0].astype(np.float64)
    exact = core.compile_model(model, "CPU", {**EXACT, "PERFORMANCE_HINT": "LATENCY"})
    truth = exact.create_infer_request().infer([data])[0].astype(np.float64)
    absolute = float(np.abs(device - truth).max())
    relative = absolute / float(np.abs(truth).max())

    found = verified("demo-cnn", input=str(tmp_path / "image.npy"), precision="bf16", tolerance=1e-5)
    [output] = found.outputs
    assert (output.max_absolute, output.max_relative) == (absolute, relative)
    cosine = float((device * truth).sum() / np.sqrt((device**2).sum() * (truth**2).sum()))
    assert output.cosine == pytest.approx(cosine, abs=1e-12)
    assert output.unequal == int((device != truth).sum())
    assert found.verdict == ("precision" if relative > 1e-5 else "agree")
    assert found.sides[0].precision == compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    assert found.sides[1].precision == "f32"
    assert (found.f32_outputs is not None) == (found.verdict == "precision")
    if found.f32_outputs is not None:
        assert found.f32_outputs[0].max_absolute == 0.0


@pytest.mark.parametrize(
    ("made", "wrong", "verdict"),
    [
        (chain, {"second": "first", "act_2": "downstream", "third": "downstream"}, "fault"),
        (branch, {"right_1": "first", "right_2": "downstream", "joined": "downstream"}, "fault"),
        (vanishing, {"lost": "first", "after_lost": "downstream"}, "agree"),
        (killed, {"negative": "first"}, "agree"),
    ],
)
def test_an_error_in_one_constant_is_named(
    tmp_path: Path, made: Callable[[float], ov.Model], wrong: dict[str, str], verdict: str
) -> None:
    right, other = saved_pair(made, tmp_path)
    found = verified(other, against_model=right, layers=True, **F32)
    assert (found.verdict, names(found)) == (verdict, wrong)
    assert found.firsts == [name for name, relation in wrong.items() if relation == "first"]
    assert not found.agrees
    first = next(each for each in found.layers or [] if each.relation == "first")
    assert first.max_relative == pytest.approx(0.5, rel=1e-5)
    assert "so does what it computes with" in first.why
    nothing_wrong = verified(right, against_model=right, layers=True, **F32)
    assert (nothing_wrong.verdict, names(nothing_wrong), nothing_wrong.agrees) == ("agree", {}, True)


def test_every_operation_is_a_layer_in_chunks(tmp_path: Path) -> None:
    right, wrong = saved_pair(long_chain, tmp_path, 2.0)
    steps: list[VerifyStep] = []
    found = verified(wrong, against_model=right, layers=True, steps=steps, **F32)
    layers = found.layers or []
    assert [each.name for each in layers] == [f"{'relu' if n % 2 else 'add'}_{n}" for n in range(150)]
    assert found.firsts == ["add_100"]
    assert set(names(found)) == {each.name for each in layers[100:]}
    chunks = {(step.done, step.planned) for step in steps if isinstance(step, Doing) and step.planned}
    assert chunks == {(0, 150), (64, 150), (128, 150)}
    # A sum that the input's share of is small has what it was made of as its measure.
    assert layers[100].max_absolute == 1.0


def test_a_real_network_layer_by_layer() -> None:
    found = verified("demo-cnn", layers=True, **F32)
    kinds = [node.get_type_name() for node in BUILTIN["demo-cnn"]().get_ordered_ops()]
    wanted = [kind for kind in kinds if kind not in ("Parameter", "Constant", "Result")]
    assert [each.operation for each in found.layers or []] == wanted
    assert found.agrees
    assert found.layers_precisions == ["f32", "f32"]


def test_state_begins_empty_and_is_followed(tmp_path: Path) -> None:
    right, wrong = saved_pair(summing, tmp_path, 3.0)
    found = verified(wrong, against_model=right, inputs=3, layers=True, **F32)
    output, state = found.outputs
    assert (found.inputs, output.name, state.name, state.operation) == (3, "y", "sum", "state")
    # The sums of three inputs, times 3 and times 1.
    assert output.max_relative == pytest.approx(2.0)
    assert state.max_relative == pytest.approx(2.0)
    assert state.max_absolute == pytest.approx(output.max_absolute)
    # In the second request what is read differs already; the first one tells where it begins.
    assert names(found) == {"scaled": "first", "total": "downstream", "read": "downstream"}
    same = verified(right, against_model=right, inputs=3, **F32)
    assert [each.max_absolute for each in same.outputs] == [0.0, 0.0]


def test_a_decoder_gets_masks_and_positions_that_follow_its_state(tmp_path: Path) -> None:
    found = verified(saved(decoder(), tmp_path), inputs=3, **F32)
    assert [each.name for each in found.outputs] == ["facts", "attended", "past.key", "past.value"]
    assert found.outputs[2].shape == [1, 1, 3, 4]
    # The CPU may keep the state of an attention in u8, whatever it computes with.
    kept = found.sides[0].state_precision
    assert (found.verdict, found.sides[1].state_precision) == ("agree", "f32")
    assert found.tolerance == (1e-4 if kept == "f32" else 5e-2)
    exact = verified(saved(decoder(), tmp_path), inputs=3, properties={"KV_CACHE_PRECISION": "f32"}, **F32)
    assert (exact.verdict, exact.tolerance, exact.sides[0].state_precision) == ("agree", 1e-4, "f32")


def test_an_output_whose_shape_differs_is_told(tmp_path: Path) -> None:
    right, wrong = saved_pair(counting, tmp_path, 0.1)
    np.save(tmp_path / "x.npy", np.linspace(0, 1, WIDTH, dtype=np.float32).reshape(1, WIDTH))
    found = verified(right, against_model=wrong, input=str(tmp_path / "x.npy"), **F32)
    [output] = found.outputs
    many, few = (sum(each > least for each in np.linspace(0, 1, WIDTH)) for least in (0.1, 1.0))
    assert (output.agrees, output.why) == (False, f"shape [2,{few}] against [2,{many}]")
    assert (output.max_absolute, output.cosine, found.verdict) == (None, None, "fault")


def test_empty_outputs_and_zeros_are_said_to_show_little(tmp_path: Path) -> None:
    model = saved(counting(2.0), tmp_path)
    empty = verified(model, **F32)
    assert (empty.verdict, empty.outputs[0].elements) == ("agree", 0)
    assert "y: empty on both sides, which shows nothing" in empty.notes
    zeros = verified(saved(killed(), tmp_path), **F32)
    assert (zeros.verdict, zeros.outputs[0].cosine) == ("agree", None)
    assert zeros.notes == ["y: zeros on both sides, which shows little; other inputs may show more"]


@pytest.mark.parametrize(
    ("made", "nans", "infinities", "firsts"),
    [
        (lambda x: op.sqrt(op.subtract(x, op.constant(np.float32(2)))), (16, 16), (0, 0), ["only"]),
        (lambda x: op.divide(x, op.multiply(x, op.constant(np.float32(0)))), (0, 0), (16, 16), []),
    ],
)
def test_nan_and_infinity_on_both_sides_are_counted_and_never_equal(
    tmp_path: Path, made: Callable[[ov.Node], ov.Node], nans: tuple[int, int], infinities: tuple[int, int],
    firsts: list[str],
) -> None:  # fmt: skip
    found = verified(saved(single(made), tmp_path), layers=True, **F32)
    [output] = found.outputs
    assert (output.nans, output.infinities, output.agrees) == (nans, infinities, False)
    # Within the model equal infinities are equal: masks are made of them.
    assert (found.verdict, found.firsts, found.agrees) == ("fault", firsts, False)


@pytest.mark.parametrize("kind", ["f16", "bf16", "f64", "u8", "i64", "boolean", "i4", "u4", "f8e4m3"])
def test_every_type_of_output(tmp_path: Path, kind: str) -> None:
    def made(x: ov.Node) -> ov.Node:
        return op.convert(op.multiply(x, op.constant(np.float32(5.7))), kind)

    found = verified(saved(single(made), tmp_path), **F32)
    [output] = found.outputs
    assert (output.element_type, output.elements, output.max_absolute, output.agrees) == (kind, WIDTH, 0.0, True)


def test_texts_are_compared(tmp_path: Path) -> None:
    text = op.parameter([2], ov.Type.string, name="text")
    found = verified(saved(ov.Model([op.result(text)], [text], "texts"), tmp_path), **F32)
    [output] = found.outputs
    assert (output.element_type, output.unequal, output.max_absolute, output.agrees) == ("string", 0, None, True)


def test_whole_numbers_are_exact_whatever_the_tolerance(tmp_path: Path) -> None:
    def rounded(factor: float) -> ov.Model:
        return single(lambda x: op.convert(op.multiply(x, op.constant(np.float32(1000 * factor))), "i32"))

    right, wrong = saved_pair(rounded, tmp_path, 1.01)
    found = verified(wrong, against_model=right, tolerance=0.5, **F32)
    [output] = found.outputs
    assert output.max_relative == pytest.approx(0.01, rel=0.1)
    assert (output.agrees, output.why) == (False, f"{output.unequal} of {WIDTH} unequal")
    assert any("whole numbers must be equal" in note for note in found.notes)


def test_more_random_inputs_than_a_pool_has_are_all_different_and_the_same_on_both_sides() -> None:
    model = single(lambda x: op.relu(x))
    device, truth = (ov.Core().compile_model(model, "CPU").create_infer_request() for _ in range(2))
    seen = set()
    for _ in range(2):  # and the same in a rerun
        feed = Feed(Settings(model="demo-cnn", seed=5), model, 20)
        for number in range(20):
            feed.fill(number, device, truth, [0])
            data = device.get_input_tensor(0).data.tobytes()
            assert truth.get_input_tensor(0).data.tobytes() == data
            seen.add(data)
    assert len(seen) == 20


def test_given_data_is_used_once(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones([3, WIDTH], np.float32))
    model = saved(single(lambda x: op.relu(x)), tmp_path)
    found = verified(model, input=str(tmp_path / "x.npy"), inputs=9, **F32)
    assert found.inputs == 3
    assert "--inputs 9: the data has 3, and each is used once" in found.notes


def test_what_there_is_no_time_for_is_said() -> None:
    found = verified("demo-cnn", inputs=10_000, layers=True, limit_s=0.0, **F32)
    assert found.inputs == 1
    assert any(note.startswith("--inputs 10,000: there was time for 1 sets") for note in found.notes)
    assert found.layers == []
    [left] = found.not_compared
    assert (len(left.names), left.expected) == (19, False)
    assert left.why == "there was no time left; --time-limit gives it more"
    assert not found.agrees


def test_an_output_of_one_model_alone_is_no_agreement(tmp_path: Path) -> None:
    def two(factor: float) -> ov.Model:
        x = op.parameter([1, 4], np.float32, name="x")
        x.output(0).set_names({"x"})
        outputs = [op.relu(x), op.abs(x)][: 2 if factor == 1.0 else 1]
        for name, node in zip("yz", outputs, strict=False):
            node.output(0).set_names({name})
        return ov.Model([op.result(node) for node in outputs], [x], "two")

    more, less = saved_pair(two, tmp_path)
    found = verified(more, against_model=less, **F32)
    assert [each.name for each in found.outputs] == ["y"]
    assert (found.verdict, found.not_compared[0].names, found.agrees) == ("agree", ["z"], False)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"device": "AUTO"}, "-d AUTO: AUTO and MULTI choose the device themselves; name one device, as in -d GPU"),
        ({"against": "MULTI:CPU"}, "--against MULTI:CPU: AUTO and MULTI choose"),
        ({"device": "BATCH:CPU(4)"}, "one request is no batch"),
        ({"device": "cpu"}, "no device cpu here; did you mean CPU?"),
        ({"device": "NPU.7"}, "NPU.7: no NPU.7 on this machine; ovtui doctor says why"),
        ({"device": "XPU"}, "XPU: no XPU on this machine; ovtui devices lists what there is"),
        ({"against_model": "demo-mlp"}, "--against-model: the input image is f32 [1,3,224,224], and f32 [1,4096]"),
        ({"properties": {"FOO": "1"}}, "CPU: Unsupported property FOO"),
    ],
)
def test_what_cannot_be_verified_is_one_sentence(given: dict[str, Any], text: str) -> None:
    with pytest.raises(SetupError) as caught:
        verified("demo-cnn", **given)
    assert text in str(caught.value)
    assert isinstance(caught.value, UsageError) == ("choose" in text or "batch" in text)


def test_properties_are_for_the_device_and_named_ones_for_their_own() -> None:
    found = verified("demo-matmul", properties={"INFERENCE_PRECISION_HINT": "f32"})
    assert [each.precision for each in found.sides] == ["f32", "f32"]
    worst: Difference = found.outputs[0]
    assert worst.max_absolute == 0.0
