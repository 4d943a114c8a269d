"""Built-in models, generated when they are used: for a first run without a model file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
from openvino import opset13 as op

SEED = 2024
CNN_WIDTHS = (32, 64, 128, 256)
MLP_WIDTH, MLP_LAYERS = 4096, 12


def demo_cnn() -> ov.Model:
    """An image classifier, 1,3,224,224 to 1,1000, FP32, 2.2 ms on one core of a 2.6 GHz server (bf16 there).

    Strided 3x3 and pointwise convolutions; every layer keeps the batch dimension, so it can be batched."""
    rng = np.random.default_rng(SEED)
    image = op.parameter([1, 3, 224, 224], np.float32, name="image")
    image.set_layout(ov.Layout("NCHW"))
    features, channels = image, 3
    for width in CNN_WIDTHS:
        features = _convolution(rng, features, channels, width, kernel=3, stride=2)
        features = _convolution(rng, features, width, width, kernel=1, stride=1)
        channels = width
    pooled = op.reduce_mean(features, op.constant(np.array([2, 3], np.int64)), False)
    weights = op.constant((rng.standard_normal((channels, 1000)) / np.sqrt(channels)).astype(np.float32))
    scores = op.softmax(op.matmul(pooled, weights, False, False), 1)
    return _model("demo-cnn", image, scores, "probabilities")


def demo_mlp() -> ov.Model:
    """Twelve dense layers of 4096 (0.8 GB of FP32 weights), which take the GPU long to compile.

    The layers' weights are different windows on the same random rows, without a copy: to generate random numbers for
    each layer took 3 to 4.5 s and 0.8 GB."""
    rng = np.random.default_rng(SEED)
    features = op.parameter([1, MLP_WIDTH], np.float32, name="features")
    features.set_layout(ov.Layout("NC"))
    step = MLP_WIDTH // MLP_LAYERS
    rows = rng.standard_normal((MLP_WIDTH + step * MLP_LAYERS, MLP_WIDTH), np.float32)
    rows /= np.float32(np.sqrt(MLP_WIDTH))
    layer = features
    for number in range(MLP_LAYERS):
        weights = op.constant(rows[number * step : number * step + MLP_WIDTH], shared_memory=True)
        layer = op.relu(op.matmul(layer, weights, False, False))
    return _model("demo-mlp", features, layer, "out")


def demo_matmul() -> ov.Model:
    """One 64x64 matrix product, some 20 us: shows the cost of making and recording a request. Cannot be batched."""
    rng = np.random.default_rng(SEED)
    matrix = op.parameter([64, 64], np.float32, name="matrix")
    product = op.matmul(matrix, op.constant(rng.random((64, 64), np.float32)), False, False)
    return _model("demo-matmul", matrix, product, "product")


BUILTIN: dict[str, Callable[[], ov.Model]] = {
    "demo-cnn": demo_cnn,
    "demo-mlp": demo_mlp,
    "demo-matmul": demo_matmul,
}


def _convolution(
    rng: np.random.Generator, features: ov.Node, inputs: int, outputs: int, kernel: int, stride: int
) -> ov.Node:
    scale = np.sqrt(2 / (inputs * kernel * kernel))
    weights = (rng.standard_normal((outputs, inputs, kernel, kernel)) * scale).astype(np.float32)
    pads = [kernel // 2] * 2
    return op.relu(op.convolution(features, op.constant(weights), [stride] * 2, pads, pads, [1, 1]))


def _model(name: str, parameter: ov.Node, result: ov.Node, output: str) -> ov.Model:
    result.output(0).set_names({output})
    return ov.Model([op.result(result)], [parameter], name)
