"""How the batches of a model are observed, on compiled models of BATCH:CPU(4)."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from openvino.op.util import Variable, VariableInfo

from ovtui.engine.load.batch_sizes import ProbeSizes
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


def gain_in_front(*, gain: list[int]) -> ov.Model:
    """An image scaled by a gain that comes first; its output is [1,4,64,64], too large for the witness."""
    scale, image = parameter(gain), parameter([1, 3, 64, 64])
    for port, name in ((scale, "gain"), (image, "image")):
        port.output(0).set_names({name})
    by = op.reshape(scale, np.array([1, 3, 1, 1], np.int64), False)
    weights = op.constant(np.ones((4, 3, 1, 1), np.float32))
    y = op.convolution(op.multiply(image, by), weights, [1, 1], [0, 0], [0, 0], [1, 1])
    return ov.Model([op.result(op.relu(y))], [scale, image], "gain_in_front")


def sizes_of(made: Compilation, count: int) -> set[int]:
    sizes, requests = ProbeSizes(), [made.compiled.create_infer_request() for _ in range(count)]
    for k, request in enumerate(requests):
        sizes.attach(k, request)
        request.start_async()
    for request in requests:
        request.wait()
    return {sizes.size(k) for k in range(count)}


def test_the_probe_does_not_hang_on_an_input_that_a_batch_shares() -> None:
    """A gain of [1,3] looks batched and comes first: a probe on it read 1, 0 or what lay in memory."""
    made = compiled(gain_in_front(gain=[1, 3]), probe="yes")
    assert (made.expected_batch, made.evidence) == (4, "probe")
    assert sizes_of(made, 8) == {4}


def test_inputs_that_a_batch_shares_are_named_where_it_batches() -> None:
    assert compiled(gain_in_front(gain=[3])).shared_inputs == ("gain",)
    assert compiled(gain_in_front(gain=[1, 3])).shared_inputs == ("gain",)
    assert compiled(gain_in_front(gain=[3]), "CPU", hint="throughput").shared_inputs == ()
    assert compiled(rows(8)).shared_inputs == ()


def test_an_output_that_a_batch_shares_is_neither_watched_nor_probed() -> None:
    """Explicit BATCH allows an output without a batch dimension, and [1,4] looks as if it had one."""
    for probe, evidence in (("auto", "witness"), ("yes", "probe")):
        model = rows(8)
        constant = op.multiply(op.constant(np.ones((1, 4), np.float32)), op.constant(np.float32(2)))
        model = ov.Model([op.result(constant), *model.get_results()], model.get_parameters(), "with_constant")
        made = compiled(model, probe=probe)
        assert (made.expected_batch, made.evidence) == (4, evidence)
        if made.witness is not None:
            assert made.witness != WitnessPort("output", 0, 16)
        else:
            assert sizes_of(made, 8) == {4}


def test_a_model_that_holds_state_is_not_said_to_batch() -> None:
    x = parameter([1, 16], layout="NC")
    info = VariableInfo()
    info.data_shape, info.data_type, info.variable_id = ov.PartialShape([1, 16]), ov.Type.f32, "kept"
    variable = Variable(info)
    total = op.add(op.read_value(op.constant(np.zeros((1, 16), np.float32)), variable), x)
    weights = op.constant(np.ones((16, 64), np.float32))
    y = op.relu(op.matmul(total, weights, False, False))
    made = compiled(ov.Model([op.result(y)], [op.assign(total, variable)], [x], "state"))
    assert (made.may_batch, made.evidence) == (False, "none")
    assert "holds state" in made.why_not


def test_lookups_by_index_are_not_said_to_batch() -> None:
    """[1,64] to [1,8] by its shapes, as magika's: OpenVINO finds no batch in it."""
    ids = parameter([1, 64], np.int32)
    table = op.constant(np.ones((50, 16), np.float32))
    found = op.reshape(op.gather(table, ids, np.int64(0)), np.array([1, 1024], np.int64), False)
    weights = op.constant(np.ones((1024, 8), np.float32))
    made = compiled(ov.Model([op.result(op.matmul(found, weights, False, False))], [ids], "lookup"))
    assert (made.may_batch, made.expected_batch, made.evidence) == (False, 0, "none")
