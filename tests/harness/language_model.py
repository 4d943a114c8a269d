"""A small language model in the form of optimum-intel's exports: heads, logits, and a KV cache as state."""

from __future__ import annotations

import numpy as np
import openvino as ov
from harness.stateful_models import _i64, _variable
from openvino import opset13 as op

HEADS, HEAD_SIZE, VOCABULARY, POSITIONS = 2, 16, 50, 4096
WIDTH = HEADS * HEAD_SIZE


def language_model() -> ov.Model:
    """input_ids, attention_mask, position_ids [?,?] i64, beam_idx [?] i32 -> logits [?,?,VOCABULARY]; keys and values
    [?,HEADS,?,HEAD_SIZE] are variables."""
    ids, mask, positions = (op.parameter([-1, -1], np.int64, name=name) for name in _NAMES[:3])
    beams = op.parameter([-1], np.int32, name=_NAMES[3])
    for parameter, name in zip((ids, mask, positions, beams), _NAMES, strict=True):
        parameter.output(0).set_names({name})
    rng = np.random.default_rng(0)
    table = op.constant(rng.random((VOCABULARY, WIDTH), np.float32))
    places = op.constant(rng.random((POSITIONS, WIDTH), np.float32))
    embedded = op.add(op.gather(table, ids, np.int64(0)), op.gather(places, positions, np.int64(0)))
    batch = op.gather(op.shape_of(ids), _i64(0), op.constant(np.int64(0)))
    kept = []

    def heads() -> ov.Node:
        weights = op.constant(rng.random((WIDTH, WIDTH), np.float32) / WIDTH)
        split = op.reshape(op.matmul(embedded, weights, False, True), _i64(0, 0, HEADS, HEAD_SIZE), True)
        return op.transpose(split, _i64(0, 2, 1, 3))

    def cached(name: str) -> ov.Node:
        variable = _variable(name, [-1, HEADS, -1, HEAD_SIZE])
        size = op.concat([batch, _i64(HEADS), _i64(0), _i64(HEAD_SIZE)], 0)
        past = op.read_value(op.broadcast(op.constant(np.float32(0)), size), variable)
        whole = op.concat([op.gather(past, beams, op.constant(np.int32(0))), heads()], 2)
        kept.append(op.assign(whole, variable))
        return whole

    query, keys, values = heads(), cached("past.0.key"), cached("past.0.value")
    attended = op.scaled_dot_product_attention(query, keys, values, causal=False)
    merged = op.reshape(op.transpose(attended, _i64(0, 2, 1, 3)), _i64(0, 0, WIDTH), True)
    seen = op.convert(op.reduce_sum(mask, _i64(1), True), np.float32)
    nothing = op.unsqueeze(op.multiply(seen, np.float32(0)), _i64(2))
    logits = op.add(op.matmul(merged, table, False, True), nothing)
    logits.output(0).set_names({"logits"})
    return ov.Model([op.result(logits)], kept, [ids, mask, positions, beams], "llm")


_NAMES = ("input_ids", "attention_mask", "position_ids", "beam_idx")
