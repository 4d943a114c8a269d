"""Models for `ovtui verify`, each in two forms that differ in one constant: in a chain, in a branch, and where the
difference vanishes downstream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op
from openvino.op.util import Variable, VariableInfo

WIDTH = 16


def chain(factor: float = 1.0) -> ov.Model:
    """x, first, act_1, second (its weights times `factor`), act_2, third."""
    x = _input()
    first = _dense(x, "first", 1)
    second = _dense(_relu(first, "act_1"), "second", 2, factor)
    return _model(_dense(_relu(second, "act_2"), "third", 3), x)


def branch(factor: float = 1.0) -> ov.Model:
    """x, stem, then left_1, left_2 beside right_1 (its weights times `factor`), right_2, joined. Not by a sum, whose
    kernel behind a MatMul the simulated GPU cannot build."""
    x = _input()
    stem = _relu(_dense(x, "stem", 1), "stem_act")
    left = _dense(_dense(stem, "left_1", 2), "left_2", 3)
    right = _dense(_dense(stem, "right_1", 4, factor), "right_2", 5)
    return _model(_named(op.concat([left, right], 1), "joined"), x)


def vanishing(factor: float = 1.0) -> ov.Model:
    """x, kept beside lost (its weights times `factor`), which a multiplication by zero makes nothing of."""
    x = _input()
    kept = _dense(x, "kept", 1)
    lost = _dense(_dense(x, "lost", 2, factor), "after_lost", 3)
    nothing = _named(op.multiply(lost, op.constant(np.zeros([1, WIDTH], np.float32))), "nothing")
    return _model(_named(op.add(kept, nothing), "sum"), x)


def killed(factor: float = 1.0) -> ov.Model:
    """x, negative (its weights times `factor`), a ReLU that makes zero of it, last."""
    x = _input()
    weights = op.constant(np.full([WIDTH, WIDTH], -0.5 * factor, np.float32))
    negative = _named(op.matmul(x, weights, False, False), "negative")
    return _model(_dense(_relu(negative, "zero"), "last", 2), x)


def long_chain(factor: float = 1.0, layers: int = 150, wrong: int = 100) -> ov.Model:
    """x, then additions and ReLUs in turn: more layers than one chunk takes. Addition `wrong` adds `factor`."""
    x = _input()
    last = x
    for number in range(layers):
        added = op.constant(np.full([1, WIDTH], factor if number == wrong else 1.0, np.float32))
        last = _relu(last, f"relu_{number}") if number % 2 else _named(op.add(last, added), f"add_{number}")
    return _model(last, x)


def summing(factor: float = 1.0) -> ov.Model:
    """y [1,1] = the sum of all x [1,1] times `factor` since the state was reset: scaled, read, total."""
    x = _input([1, 1])
    info = VariableInfo()
    info.data_shape, info.data_type, info.variable_id = ov.PartialShape([1, 1]), ov.Type.f32, "sum"
    variable = Variable(info)
    scaled = _named(op.multiply(x, op.constant(np.full([1, 1], factor, np.float32))), "scaled")
    read = _named(op.read_value(op.multiply(x, op.constant(np.float32(0))), variable), "read")
    total = _named(op.add(read, scaled), "total")
    total.output(0).set_names({"y"})
    return ov.Model([op.result(total)], [op.assign(total, variable)], [x], "summing")


def counting(factor: float = 0.5) -> ov.Model:
    """The places of all x above `factor`: an output whose shape the values tell."""
    return single(lambda x: op.non_zero(op.greater(x, op.constant(np.float32(factor))), "i64"))


def saved_pair(made: Callable[[float], ov.Model], folder: Path, factor: float = 1.5) -> tuple[str, str]:
    """The paths of both forms."""
    paths = []
    for name, model in (("right", made(1.0)), ("wrong", made(factor))):
        path = folder / f"{name}.xml"
        ov.save_model(model, path, compress_to_fp16=False)
        paths.append(str(path))
    return paths[0], paths[1]


def single(make: Callable[[ov.Node], ov.Node], shape: list[int] | None = None) -> ov.Model:
    """x f32, one operation behind it."""
    x = _input(shape)
    return _model(_named(make(x), "only"), x)


def _input(shape: list[int] | None = None) -> ov.Node:
    x = op.parameter(shape or [1, WIDTH], np.float32, name="x")
    x.output(0).set_names({"x"})
    return x


def _dense(x: ov.Node, name: str, seed: int, factor: float = 1.0) -> ov.Node:
    weights = np.random.default_rng(seed).normal(0, 0.3, [WIDTH, WIDTH]).astype(np.float32)
    constant = _named(op.constant((weights * np.float32(factor)).astype(np.float32)), f"{name}_weights")
    return _named(op.matmul(x, constant, False, False), name)


def _relu(x: ov.Node, name: str) -> ov.Node:
    return _named(op.relu(x), name)


def _named(node: ov.Node, name: str) -> ov.Node:
    node.set_friendly_name(name)
    return node


def _model(last: ov.Node, x: ov.Node) -> ov.Model:
    last.output(0).set_names({"y"})
    return ov.Model([op.result(last)], [x], "verified")
