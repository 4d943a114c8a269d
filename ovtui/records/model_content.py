"""What a model is made of: operations, constants, quantization, what stands before its first computation."""

from __future__ import annotations

from typing import Literal

import msgspec


class OperationCount(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    """'Convolution'; of a compiled model the device's own name of it."""
    count: int


class ConstantCount(msgspec.Struct, frozen=True, kw_only=True):
    """The constants of one element type."""

    type: str
    """'f32', 'i8', ..."""
    constants: int
    elements: int
    bytes: int


class Quantization(msgspec.Struct, frozen=True, kw_only=True):
    """What shows that a model was quantized or compressed; read off its operations, nothing is computed."""

    fake_quantize: int
    """Operations of that type."""
    levels: list[int]
    """Theirs, each once: 256 for 8 bits, 16 for 4."""
    weights: list[ConstantCount]
    """Constants of less than 32 bits that are floats, or integers that a Convert makes floats of."""


class ModelSteps(msgspec.Struct, frozen=True, kw_only=True):
    """What the model does to an input before its first computation: conversions, means, scales, sizes, orders of
    dimensions. Deduced from the graph: it is where OpenVINO's PrePostProcessor, a converter and an exporter put
    preprocessing, and none of them leaves a name there."""

    input: str
    steps: list[str]
    """'Convert to f32', 'Subtract 123.7 116.3 103.5', 'Transpose 0 3 1 2', in their order."""


class ModelContent(msgspec.Struct, frozen=True, kw_only=True):
    of: Literal["model", "compiled model"]
    """compiled model: what the device made of it, as the blob tells; its constants are not told."""
    operations: list[OperationCount]
    """Without constants, inputs and outputs; the most frequent first. Those in the bodies of If, Loop and
    TensorIterator count."""
    operations_total: int
    opsets: list[str]
    """Of OpenVINO, once the file is read: 'opset1', ...; empty for a compiled model."""
    constants: list[ConstantCount]
    """The largest type first."""
    parameters: int | None
    """Elements of all constants; None for a compiled model."""
    parameters_bytes: int | None
    quantization: Quantization | None
    """None for a compiled model."""
    preprocessing: list[ModelSteps]
    """Of the inputs that have any."""
    converter: dict[str, str]
    """What converter and compressor noted in the file: mean_values, scale_values, layout, modes of NNCF."""
