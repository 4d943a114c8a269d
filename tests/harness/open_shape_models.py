"""Small models that leave shapes open, each of a kind that people have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

KINDS: dict[str, Callable[[], ov.Model]] = {}


def _kind(make: Callable[[], ov.Model]) -> Callable[[], ov.Model]:
    KINDS[make.__name__] = make
    return make


def parameter(shape: str, kind: Any, name: str) -> ov.Node:
    found = op.parameter(ov.PartialShape(shape), kind, name=name)
    found.output(0).set_names({name})
    return found


def weights(*shape: int) -> ov.Node:
    return op.constant(np.random.default_rng(0).random(shape, np.float32))


def convolution(of: ov.Node, *shape: int, stride: int = 1) -> ov.Node:
    beside = [0] * (len(shape) - 2)
    return op.convolution(of, weights(*shape), [stride] * len(beside), beside, beside, [1] * len(beside))


def model_of(outputs: ov.Node | list[ov.Node], *inputs: ov.Node) -> ov.Model:
    return ov.Model([op.result(each) for each in (outputs if isinstance(outputs, list) else [outputs])], list(inputs))


def _i64(*numbers: int) -> np.ndarray[Any, Any]:
    return np.array(numbers, np.int64)


@_kind
def picture() -> ov.Model:
    x = parameter("[?,3,?,?]", np.float32, "pixels")
    return model_of(convolution(x, 4, 3, 3, 3), x)


@_kind
def picture_last_channels() -> ov.Model:
    x = parameter("[?,?,?,3]", np.float32, "image")
    return model_of(convolution(op.transpose(x, _i64(0, 3, 1, 2)), 4, 3, 3, 3), x)


@_kind
def grey_picture() -> ov.Model:
    """The channels are open, and only one of them fits."""
    x = parameter("[?,?,?,?]", np.float32, "x")
    return model_of(convolution(x, 4, 1, 3, 3), x)


@_kind
def line_of_text() -> ov.Model:
    """A picture of height 48 and any width, as text recognition takes it."""
    x = parameter("[?,3,?,?]", np.float32, "x")
    columns = op.transpose(convolution(x, 8, 3, 4, 4, stride=4), _i64(0, 3, 1, 2))
    return model_of(op.matmul(columns, weights(12, 16), False, False), x)


@_kind
def bert() -> ov.Model:
    names = ("input_ids", "attention_mask", "token_type_ids")
    inputs = [parameter("[?,?]", np.int64, name) for name in names]
    rows = [op.gather(weights(30, 8), each, np.int64(0)) for each in inputs]
    return model_of(op.add(op.add(rows[0], rows[1]), rows[2]), *inputs)


@_kind
def sound() -> ov.Model:
    x = parameter("[1,?]", np.float32, "input")
    return model_of(convolution(op.unsqueeze(x, op.constant(np.int64(1))), 4, 1, 400), x)


@_kind
def rows_of_37() -> ov.Model:
    """No usual size: only OpenVINO's reason names it."""
    x = parameter("[?,?]", np.float32, "x")
    return model_of(op.matmul(x, weights(37, 16), False, False), x)


@_kind
def columns_of_300() -> ov.Model:
    x = parameter("[?,?,?]", np.float32, "features")
    return model_of(op.matmul(op.transpose(x, _i64(0, 2, 1)), weights(300, 16), False, False), x)


@_kind
def speech() -> ov.Model:
    """Samples [N,512] and a state [2,N,128] that the batch may be broadcast to, so that nothing proves it the same."""
    return _speech(op.add)


@_kind
def recurrent() -> ov.Model:
    """A window of sound and two states beside it."""
    samples = parameter("[?,?]", np.float32, "samples")
    states = [parameter("[2,?,64]", np.float32, name) for name in "hc"]
    rows = convolution(op.unsqueeze(samples, op.constant(np.int64(1))), 64, 1, 256)
    sums = [op.add(each, op.reduce_mean(rows, _i64(2), False)) for each in states]
    return model_of(sums, samples, *states)


@_kind
def caches() -> ov.Model:
    """49 inputs: tokens, and keys and values of a past by names that no export gives them."""
    tokens = parameter("[?,?]", np.int64, "tokens")
    rows = op.gather(weights(50, 32), tokens, np.int64(0))
    keys = op.transpose(op.reshape(rows, _i64(0, 0, 4, 8), True), _i64(0, 2, 1, 3))
    past = [parameter("[?,4,?,8]", np.float32, f"in_{n}_{which}") for n in range(24) for which in "ab"]
    return model_of([rows, *(op.concat([each, keys], 2) for each in past)], tokens, *past)


@_kind
def bounded() -> ov.Model:
    x = parameter("[2..8,3,..64,32..48]", np.float32, "x")
    return model_of(convolution(x, 4, 3, 3, 3), x)


@_kind
def any_rank() -> ov.Model:
    x = parameter("[...]", np.float32, "x")
    return model_of(op.matmul(x, weights(37, 16), False, False), x)


@_kind
def any_rank_of_tokens() -> ov.Model:
    x = parameter("[...]", np.int64, "x")
    return model_of(op.gather(weights(50, 32), x, np.int64(0)), x)


@_kind
def only_a_batch_of_four() -> ov.Model:
    x = parameter("[?,3,8,8]", np.float32, "x")
    return model_of(op.reshape(x, _i64(4, 48, 4), False), x)


@_kind
def pair() -> ov.Model:
    """Two inputs of which one leaves only its batch open."""
    image, scale = parameter("[?,3,?,?]", np.float32, "image"), parameter("[?,2]", np.float32, "scale")
    means = op.reduce_mean(convolution(image, 2, 3, 3, 3), _i64(2, 3), False)
    return model_of(op.multiply(means, scale), image, scale)


def speech_in_one_batch() -> ov.Model:
    """As `speech`, where an operation takes both batches as one."""
    return _speech(lambda state, row: op.concat([state, row], 0))


def cube() -> ov.Model:
    """sound [1,n] to a tensor of n x n x n: 16,000 samples would take 16 TB."""
    x = parameter("[1,?]", np.float32, "sound")
    first, second, third = (op.reshape(x, _i64(*shape), False) for shape in ((-1, 1, 1), (1, -1, 1), (1, 1, -1)))
    return model_of(op.reduce_mean(op.tanh(op.add(op.multiply(first, second), third)), _i64(0, 1, 2), False), x)


def fails_in_ones() -> ov.Model:
    """x [?,3]: takes any batch, and infers only where three times the batch twice can be divided by 8."""
    x = parameter("[?,3]", np.float32, "x")
    places = op.non_zero(op.greater_equal(x, op.constant(np.float32(0))), "i64")
    return model_of(op.reshape(places, _i64(8, -1), False), x)


def impossible() -> ov.Model:
    """No shape fits it."""
    x = parameter("[?,?]", np.float32, "x")
    wide, wider = (op.matmul(x, weights(size, 16), False, False) for size in (37, 41))
    return model_of(op.add(wide, wider), x)


def _speech(join: Callable[[ov.Node, ov.Node], ov.Node]) -> ov.Model:
    samples, state = parameter("[?,512]", np.float32, "input"), parameter("[2,?,128]", np.float32, "state")
    rate = parameter("[]", np.int64, "sr")
    row = op.unsqueeze(op.matmul(samples, weights(512, 128), False, False), op.constant(np.int64(0)))
    return model_of([join(state, row), op.convert(rate, np.float32)], samples, state, rate)
