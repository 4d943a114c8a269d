"""Models that return what they get: of every element type, and of strings."""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset15 as op

FOUND_IN_NUMPY = ("f64", "f32", "f16", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64")
CONVERTED = ("bf16", "f8e4m3", "f8e5m2", "i4", "u4", "boolean", "u1")
"""They come back as f32. The others pass through: in any operation the CPU makes 32 bits of f64, i64 and u64."""


def echo(kind: str, shape: list[int]) -> ov.Model:
    """An input 'x' whose values come back; strings come back as their begins, ends and bytes. A -1 in
    `shape` is an open dimension."""
    x = op.parameter(ov.PartialShape(shape), getattr(ov.Type, kind), name="x")
    x.output(0).set_names({"x"})
    if kind == "string":
        unpacked = op.string_tensor_unpack(x)
        return ov.Model([op.result(unpacked.output(k)) for k in range(3)], [x], "strings")
    return ov.Model([op.result(op.convert(x, np.float32) if kind in CONVERTED else x)], [x], kind)


def one_of_each(kinds: list[str]) -> ov.Model:
    """An input [1,8] of each type, or [?] of strings, named as its type, and an output for each."""
    inputs, results = [], []
    for kind in kinds:
        shape = [-1] if kind == "string" else [1, 8]
        inputs.append(op.parameter(ov.PartialShape(shape), getattr(ov.Type, kind), name=kind))
        inputs[-1].output(0).set_names({kind})
        strings = kind == "string"
        results.append(op.string_tensor_unpack(inputs[-1]).output(2) if strings else op.convert(inputs[-1], np.float32))
    return ov.Model([op.result(result) for result in results], inputs, "kinds")


def texts(request: ov.InferRequest) -> list[str]:
    """The strings that a request of `echo("string", ...)` got."""
    begins, ends, data = (request.get_output_tensor(k).data.reshape(-1) for k in range(3))
    return [bytes(data[begin:end]).decode() for begin, end in zip(begins, ends, strict=True)]
