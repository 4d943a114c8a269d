"""Small stateful models: one whose output shows its state, and a decoder in the form of optimum-intel's exports whose
output shows what it was fed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op
from openvino.op.util import Variable, VariableInfo

VOCABULARY, POSITIONS, WIDTH = 50, 64, 4
FACTS = ("mask length", "first position", "last position", "greatest token", "ones in the mask", "greatest beam")
"""What the decoder's first output holds."""


def accumulator() -> ov.Model:
    """y [1,1] = the sum of all x [1,1] since the state was reset."""
    x = op.parameter([1, 1], np.float32, name="x")
    x.output(0).set_names({"x"})
    variable = _variable("sum", [1, 1])
    # An initial value that depends on the input: with a constant one the CPU plugin cannot reset it under BATCH.
    total = op.add(op.read_value(op.multiply(x, op.constant(np.float32(0))), variable), x)
    total.output(0).set_names({"y"})
    return ov.Model([op.result(total)], [op.assign(total, variable)], [x], "accumulator")


def decoder() -> ov.Model:
    """input_ids, attention_mask, position_ids [?,?] i64 and beam_idx [?] i32; keys and values are held in variables
    that grow by the tokens of each inference. The output `facts` [1, FACTS] shows what a request was fed, `attended`
    has the attention's result, to which all of the state contributes.

    In the form that the CPU plugin fuses into an attention with a cache, as it does real exports: with a plain Concat
    behind the ReadValue it does not reset a length of 0 the second time (OpenVINO 2026.4.1)."""
    ids, mask, positions = (op.parameter([-1, -1], np.int64, name=name) for name in _NAMES[:3])
    beams = op.parameter([-1], np.int32, name=_NAMES[3])
    for parameter, name in zip((ids, mask, positions, beams), _NAMES, strict=True):
        parameter.output(0).set_names({name})
    rng = np.random.default_rng(0)
    tokens = op.gather(op.constant(rng.random((VOCABULARY, WIDTH), np.float32)), ids, np.int64(0))
    places = op.gather(op.constant(rng.random((POSITIONS, WIDTH), np.float32)), positions, np.int64(0))
    embedded = op.add(tokens, places)
    batch = op.gather(op.shape_of(ids), _i64(0), op.constant(np.int64(0)))
    kept = []

    def head() -> ov.Node:
        weights = op.constant(rng.random((WIDTH, WIDTH), np.float32))
        split = op.reshape(op.matmul(embedded, weights, False, True), _i64(0, 0, 1, WIDTH), True)
        return op.transpose(split, _i64(0, 2, 1, 3))

    def cached(name: str) -> ov.Node:
        variable = _variable(name, [-1, 1, -1, WIDTH])
        nothing = op.broadcast(op.constant(np.float32(0)), op.concat([batch, _i64(1), _i64(0), _i64(WIDTH)], 0))
        past = op.gather(op.read_value(nothing, variable), beams, op.constant(np.int32(0)))
        whole = op.concat([past, head()], 2)
        kept.append(op.assign(whole, variable))
        return whole

    query, keys, values = head(), cached("past.key"), cached("past.value")
    attended = op.scaled_dot_product_attention(query, keys, values, causal=False)
    attended.output(0).set_names({"attended"})
    facts = [
        op.gather(op.shape_of(mask), _i64(1), op.constant(np.int64(0))),
        op.reduce_min(positions, _i64(0, 1), False), op.reduce_max(positions, _i64(0, 1), False),
        op.reduce_max(ids, _i64(0, 1), False), op.reduce_sum(mask, _i64(0, 1), False),
        op.reduce_max(beams, _i64(0), False),
    ]  # fmt: skip
    shown = op.concat([op.reshape(op.convert(fact, np.float32), _i64(1, 1), False) for fact in facts], 1)
    shown.output(0).set_names({"facts"})
    return ov.Model([op.result(shown), op.result(attended)], kept, [ids, mask, positions, beams], "decoder")


def saved(model: ov.Model, folder: Path) -> str:
    path = folder / f"{model.get_friendly_name()}.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return str(path)


_NAMES = ("input_ids", "attention_mask", "position_ids", "beam_idx")


def _variable(name: str, shape: list[int]) -> Variable:
    info = VariableInfo()
    info.data_shape, info.data_type, info.variable_id = ov.PartialShape(shape), ov.Type.f32, name
    return Variable(info)


def _i64(*values: int) -> ov.Node:
    return op.constant(np.array(values, np.int64))
