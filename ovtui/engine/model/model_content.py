"""What a model is made of, read off its graph; nothing is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import openvino as ov

from ovtui.engine.model.ports import port_name
from ovtui.records.model_content import ConstantCount, ModelContent, ModelSteps, OperationCount, Quantization

_NOT_COUNTED = ("Parameter", "Result", "Constant")
_CONSTANT_BESIDE = ("Subtract", "Add", "Multiply", "Divide", "Transpose", "Gather", "Interpolate", "Reshape", "Squeeze",
                    "Unsqueeze", "Pad", "StridedSlice", "Slice", "Clamp", "Power")  # fmt: skip
"""Types of operations that prepare an input where their other inputs are constants."""
_MAX_STEPS = 12
_LARGEST_CONSTANT = 4096
"""Elements of a mean, a scale or an index."""
_FEW = 4
"""Numbers of a constant that are written out."""
_CONVERTER_KEYS = (
    "mean_values", "scale_values", "scale", "layout", "reverse_input_channels", "input_shape", "compress_to_fp16",
)  # fmt: skip
_NNCF_KEYS = {
    "NNCF weights": ("nncf", "weight_compression", "mode"),
    "NNCF group size": ("nncf", "weight_compression", "group_size"),
    "NNCF preset": ("nncf", "quantization", "preset"),
}
_NO_NOTES = ("none", "false", "()", "[]", "{}")
_MAX_NOTE_CHARS = 200


def model_content(model: ov.Model | ov.CompiledModel) -> ModelContent:
    """Of a model as its file has it, or of a compiled one."""
    if isinstance(model, ov.CompiledModel):
        return _compiled_content(model)
    nodes = list(_all_nodes(model))
    types = Counter(node.get_type_name() for node in nodes)
    constants = [node for node in nodes if node.get_type_name() == "Constant"]
    kinds = _by_type(constants)
    return ModelContent(
        of="model",
        operations=operation_counts(types),
        operations_total=sum(count for name, count in types.items() if name not in _NOT_COUNTED),
        opsets=sorted({node.get_type_info().version_id for node in nodes}, key=_opset_order),
        constants=kinds,
        parameters=sum(kind.elements for kind in kinds),
        parameters_bytes=sum(kind.bytes for kind in kinds),
        quantization=_quantization(nodes, constants),
        preprocessing=[
            ModelSteps(input=port_name(port), steps=steps) for port in model.inputs if (steps := _steps(port))
        ],
        converter=_converter_notes(model),
    )


def constant_bytes(model: ov.Model) -> int:
    """Of all its constants."""
    return sum(
        kind.bytes for kind in _by_type([each for each in model.get_ops() if each.get_type_name() == "Constant"])
    )


def operation_counts(types: Counter[str]) -> list[OperationCount]:
    """The most frequent first, and those of one count by name."""
    found = [(name, count) for name, count in types.items() if name not in _NOT_COUNTED]
    return [
        OperationCount(type=name, count=count) for name, count in sorted(found, key=lambda each: (-each[1], each[0]))
    ]


def _compiled_content(compiled: ov.CompiledModel) -> ModelContent:
    types: Counter[str] = Counter()
    try:
        for node in compiled.get_runtime_model().get_ops():
            info = node.rt_info
            types[str(info["layerType"].value) if "layerType" in info else node.get_type_name()] += 1
    except RuntimeError:
        types.clear()
    for name in ("Const", "Input", "Output", *_NOT_COUNTED):
        types.pop(name, None)
    return ModelContent(
        of="compiled model", operations=operation_counts(types), operations_total=types.total(), opsets=[],
        constants=[], parameters=None, parameters_bytes=None, quantization=None, preprocessing=[], converter={},
    )  # fmt: skip


def _all_nodes(model: ov.Model) -> Iterator[ov.Node]:
    """Those in the bodies of If, Loop and TensorIterator, too."""
    for node in model.get_ops():
        yield node
        if hasattr(node, "get_function"):
            for index in range(2 if node.get_type_name() == "If" else 1):
                try:
                    body = node.get_function(index) if node.get_type_name() == "If" else node.get_function()
                except (RuntimeError, TypeError):
                    break
                yield from _all_nodes(body)


def _opset_order(name: str) -> tuple[str, int]:
    digits = name.removeprefix("opset")
    return ("opset", int(digits)) if digits.isdigit() else (name, 0)


def _by_type(constants: list[ov.Node]) -> list[ConstantCount]:
    numbers: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for node in constants:
        port = node.output(0)
        kind, count = port.element_type.get_type_name(), int(np.prod(list(port.shape), dtype=object))
        numbers[kind] += 1
        elements[kind] += count
        sizes[kind] += (count * port.element_type.bitwidth + 7) // 8
    return [
        ConstantCount(type=kind, constants=numbers[kind], elements=elements[kind], bytes=sizes[kind])
        for kind in sorted(numbers, key=lambda kind: (-sizes[kind], kind))
    ]


def _quantization(nodes: list[ov.Node], constants: list[ov.Node]) -> Quantization:
    fake = [node for node in nodes if node.get_type_name() == "FakeQuantize"]
    levels = {int(node.get_attributes()["levels"]) for node in fake}
    small = [node for node in constants if node.output(0).element_type.bitwidth < 32 and _holds_weights(node)]
    return Quantization(fake_quantize=len(fake), levels=sorted(levels), weights=_by_type(small))


def _holds_weights(constant: ov.Node) -> bool:
    """Floats, and integers that a Convert makes floats of."""
    if constant.output(0).element_type.is_real():
        return True
    users = [port.get_node() for port in constant.output(0).get_target_inputs()]
    return any(node.get_type_name() == "Convert" and node.output(0).element_type.is_real() for node in users)


def _steps(port: ov.Output) -> list[str]:
    """From an input along the operations that have one user each, as far as they prepare it. Empty for a model that has
    nothing else, where they are the model, and of a scalar or a vector, which is brought into shape for others."""
    found: list[str] = []
    if port.partial_shape.rank.is_static and len(port.partial_shape) < 2:
        return found
    while len(found) < _MAX_STEPS:
        users = list(port.get_target_inputs())
        if len(users) != 1:
            return found
        node = users[0].get_node()
        kind = node.get_type_name()
        if kind == "Result":
            return []
        if kind in ("Convert", "ConvertLike"):
            found.append(f"Convert to {node.output(0).element_type.get_type_name()}")
        elif kind in _CONSTANT_BESIDE:
            others = [
                constant for index in range(node.get_input_size()) if index != users[0].get_index()
                and (constant := _constant(node.input_value(index))) is not None
            ]  # fmt: skip
            if len(others) < node.get_input_size() - 1 or not _prepares(kind, users[0].get_index(), others):
                return found
            found.append(_step_text(node, kind, others))
        else:
            return found
        port = node.output(0)
    return found


def _prepares(kind: str, index: int, constants: list[ov.Node]) -> bool:
    """False for what is the model's own work: a table of embeddings, of which the input is the index, or large
    weights."""
    if kind == "Gather" and index != 0:
        return False
    return all(np.prod(list(each.output(0).shape), dtype=object) <= _LARGEST_CONSTANT for each in constants)


def _constant(port: ov.Output) -> ov.Node | None:
    """The constant behind a port, through the Convert of a compressed one."""
    node = port.get_node()
    if node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return node if node.get_type_name() == "Constant" else None


def _step_text(node: ov.Node, kind: str, constants: list[Any]) -> str:
    shape = str(node.output(0).partial_shape).replace(" ", "")
    if kind in ("Interpolate", "Reshape", "Squeeze", "Unsqueeze", "Pad", "StridedSlice", "Slice"):
        return f"{kind} to {shape}"
    if kind == "Clamp":
        limits = node.get_attributes()
        return f"Clamp to {limits.get('min', '?')} … {limits.get('max', '?')}"
    if not constants:
        return kind
    size = int(np.prod(list(constants[0].output(0).shape), dtype=object))
    if size > _FEW:
        return f"{kind} {str(list(constants[0].output(0).shape)).replace(' ', '')}"
    try:
        values = np.asarray(constants[0].get_data(dtype=np.float64)).ravel()
    except (RuntimeError, TypeError, ValueError):  # strings, for one
        return kind
    return " ".join([kind, *(f"{value:.6g}" for value in values)])


def _converter_notes(model: ov.Model) -> dict[str, str]:
    found = {}
    for place in ("MO", "conversion_parameters"):
        paths = {key: (place, key) for key in _CONVERTER_KEYS} | _NNCF_KEYS
        for name, path in paths.items():
            if model.has_rt_info(list(path)):
                text = str(model.get_rt_info(list(path)).value)
                if text and text.lower() not in _NO_NOTES:
                    found[name] = text[:_MAX_NOTE_CHARS]
    return found
