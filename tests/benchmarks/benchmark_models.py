"""The models of the benchmarks' cells, saved as IR, so that every tool reads the same file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from harness import wheels
from openvino import opset13 as op

from ovtui.engine.model.builtin_models import BUILTIN

CELL_MODELS = ("matmul", "mlp", "cnn", "classifier")
CLASSIFIER_SHAPE = "[1,3,48,192]"
_SEED = 7


def save_cell_model(name: str, folder: Path) -> Path:
    """One of CELL_MODELS as IR in `folder`. Raises RuntimeError where the classifier cannot be downloaded."""
    if name == "classifier":
        model = ov.Core().read_model(
            wheels.model_from_wheel("rapidocr-onnxruntime", "1.4.4", "ch_ppocr_mobile_v2.0_cls_infer.onnx")
        )
        model.reshape(ov.PartialShape(CLASSIFIER_SHAPE))
    else:
        model = dense(1024, 4) if name == "mlp" else BUILTIN[f"demo-{name}"]()
    return save(model, name, folder)


def save(model: ov.Model, name: str, folder: Path) -> Path:
    path = folder / f"{name}.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return path


def dense(width: int, layers: int) -> ov.Model:
    """`layers` of MatMul(width x width) and ReLU on [1, width], FP32; can be batched."""
    random = np.random.default_rng(_SEED)
    features = _batched_input(width)
    layer = features
    for _ in range(layers):
        weights = (random.standard_normal((width, width)) / np.sqrt(width)).astype(np.float32)
        layer = op.relu(op.matmul(layer, op.constant(weights), False, False))
    return ov.Model([op.result(layer)], [features], f"dense-{width}")


def elementwise(width: int) -> ov.Model:
    """ReLU on [1, width], FP32: input and output are equally large; can be batched."""
    features = _batched_input(width)
    return ov.Model([op.result(op.relu(features))], [features], f"elementwise-{width}")


def summing(width: int) -> ov.Model:
    """The mean of [1, width] as [1, 1], FP32: a large input, a small output; can be batched."""
    features = _batched_input(width)
    mean = op.reduce_mean(features, op.constant(np.array([1], np.int64)), True)
    return ov.Model([op.result(mean)], [features], f"summing-{width}")


def _batched_input(width: int) -> ov.op.Parameter:
    features = op.parameter([1, width], np.float32, name="features")
    features.set_layout(ov.Layout("NC"))
    return features
