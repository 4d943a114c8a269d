"""How the batches of a model are observed, on compiled models of BATCH:CPU(4)."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovtui.engine.model.batch_evidence import WITNESS_LIMIT_BYTES, WitnessPort, full_batch, witness_port
from ovtui.engine.model.compile import Compilation, compile_model
from ovtui.settings.changes import convert

DEVICE = "BATCH:CPU(4)"
AVAILABLE = {"CPU": "a CPU"}


def parameter(shape: list[int], dtype: object = np.float32, layout: str = "") -> ov.op.Parameter:
    made = op.parameter(ov.PartialShape(shape), dtype)
    if layout:
        made.set_layout(ov.Layout(layout))
    return made


def rows(columns: int, outputs: int = 0) -> ov.Model:
    """[1,columns] to [1,columns], or to its sum [1,1] where `outputs` is 1."""
    x = parameter([1, columns], layout="NC")
    y = op.relu(x)
    if outputs:
        y = op.reduce_sum(y, op.constant(np.array([1], np.int64)), True)
    return ov.Model([op.result(y)], [x], "rows")


def shared_input() -> ov.Model:
    """A batched image beside a gain that all requests of a batch share; the gain is the smaller one."""
    image, gain = parameter([1, 3, 8, 8], layout="NCHW"), parameter([3])
    scale = op.reshape(gain, np.array([1, 3, 1, 1], np.int64), False)
    weights = op.constant(np.ones((4, 3, 1, 1), np.float32))
    y = op.convolution(op.multiply(image, scale), weights, [1, 1], [0, 0], [0, 0], [1, 1])
    return ov.Model([op.result(op.relu(y))], [gain, image], "shared_input")


def compiled(model: ov.Model, device: str = DEVICE, *, input_changes: bool = False, **settings: object) -> Compilation:
    return compile_model(
        ov.Core(), model, convert({"device": device, **settings}), device, AVAILABLE, input_changes=input_changes
    )


def test_the_witness_watches_the_smallest_port_and_nothing_is_added() -> None:
    made = compiled(rows(2000, outputs=1))
    assert (made.may_batch, made.expected_batch, made.evidence, made.why_not) == (True, 4, "witness", "")
    assert made.witness == WitnessPort("output", 0, 4)
    assert len(made.compiled.outputs) == 1


def test_an_input_that_is_not_batched_is_not_watched() -> None:
    made = compiled(shared_input())
    assert (made.expected_batch, made.evidence) == (4, "witness")
    assert made.witness == WitnessPort("input", 1, 3 * 8 * 8 * 4) or made.witness == WitnessPort("output", 0, 1024)
    assert len(made.compiled.outputs) == 1


def test_large_ports_take_the_probe_unless_it_is_switched_off() -> None:
    columns = WITNESS_LIMIT_BYTES // 4 + 1
    assert compiled(rows(columns)).evidence == "probe"
    made = compiled(rows(columns), probe="no")
    assert (made.evidence, made.witness) == ("witness", WitnessPort("output", 0, columns * 4))
    assert compiled(rows(8), probe="yes").evidence == "probe"


def test_inputs_whose_content_changes_are_not_watched() -> None:
    x = parameter([1, 8], layout="NC")
    model = ov.Model([op.result(op.concat([x] * 1000, 1))], [x], "wide")
    assert witness_port(model) == WitnessPort("input", 0, 32)
    assert witness_port(model, input_changes=True) == WitnessPort("output", 0, 32_000)
    assert compiled(model, input_changes=True).evidence == "probe"


@pytest.mark.parametrize("kind", ["u4", "u1", "string"])
def test_a_port_whose_type_has_no_bytes_is_not_watched(kind: str) -> None:
    x = parameter([1, 8], getattr(ov.Type, kind))
    model = ov.Model([op.result(x)], [x], "odd")
    assert witness_port(model) is None


@pytest.mark.parametrize(
    ("shape", "reason"), [([7, 1, 8], "no batch dimension"), ([8], "no batch dimension"), ([-1, 8], "dynamic")]
)
@pytest.mark.parametrize("probe", ["auto", "yes", "no"])
def test_where_nothing_can_batch_nothing_is_added(shape: list[int], reason: str, probe: str) -> None:
    x = parameter(shape)
    made = compiled(ov.Model([op.result(op.relu(x))], [x], "unbatched"), probe=probe)
    assert (made.may_batch, made.expected_batch, made.evidence) == (False, 0, "none")
    assert reason in made.why_not
    assert len(made.compiled.outputs) == 1


@pytest.mark.parametrize("probe", ["auto", "yes", "no"])
def test_a_model_without_inputs_runs_alone(probe: str) -> None:
    made = compiled(ov.Model([op.result(op.relu(op.constant(np.ones((1, 8), np.float32))))], [], "none"), probe=probe)
    assert (made.may_batch, made.evidence, made.why_not) == (False, "none", "the model has no input")
    assert len(made.compiled.outputs) == 1


def test_the_cpu_batches_nothing_by_itself() -> None:
    made = compiled(rows(8), "CPU", hint="throughput")
    assert (made.may_batch, made.evidence, len(made.compiled.outputs)) == (False, "none", 1)
    assert full_batch(made.compiled) == 1
