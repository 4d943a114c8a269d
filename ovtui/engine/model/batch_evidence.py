"""How batches are observed: decided before the model is compiled; the batch size B and the port of the witness, read
from the compiled model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import openvino as ov

from ovtui.engine.model.ports import port_name

WITNESS_LIMIT_BYTES = 16 * 1024
"""Above this the probe is cheaper than the copy of a port for each request. Elementwise models on BATCH:CPU(4), median
ratio of five interleaved pairs to the untouched model: 1 KiB 1.08 (witness) and 1.08 (probe), 16 KiB 0.90 to 1.04 and
1.13, 64 KiB 0.69 to 0.80 and 1.04, 1 MB 0.35 to 0.44 and 0.99, 10 MB 0.47 and 1.12. A real model's smallest port, such
as the scores of a classifier, is far below it."""
MIN_DEDUCED_TIMEOUT_MS = 10
"""Below this batch timeout nothing is deduced: of 20,000 sizes at 5 ms 188 were wrong."""
_SMALL_BYTES = 4 * 1024
"""The copy of a port up to this size does not show in the throughput."""
_WITHOUT_BYTES = ("string", "dynamic", "undefined")


@dataclass(frozen=True, slots=True)
class WitnessPort:
    """The port on which the witness watches."""

    side: Literal["input", "output"]
    index: int
    bytes: int
    """Of one request."""


def full_batch(compiled: ov.CompiledModel) -> int:
    """B of a model that is compiled for a device named directly or by BATCH: the number of requests in a full batch, 1
    where nothing batches, 0 where the compiled model does not tell.

    The runtime model (0.1 to 3 ms) has the shapes that run: [4,3,16,16] where the compiled model shows [1,3,16,16]. It
    names inputs as the model does, in another order on a GPU. Under AUTO it always says 1."""
    sizes = _running_batch(compiled)
    return max(sizes.values(), default=0)


def shared_inputs(model: ov.Model | ov.CompiledModel, batch: int = 0) -> list[str]:
    """The names of the inputs of which all members of a batch get one request's value, because OpenVINO batches the
    model and finds no batch dimension in them. With `batch`, of a compiled model on a named device, by the shapes that
    run; else those without a dimension of 1 in front, which are certain, while others with one may be shared, too."""
    runs = _running_batch(model) if batch and isinstance(model, ov.CompiledModel) else None
    if runs is not None:
        return [port_name(port) for index, port in enumerate(model.inputs) if runs.get(index, 1) != batch]
    return [port_name(port) for port in model.inputs if not _has_batch_of_one(port)]


def _running_batch(compiled: ov.CompiledModel) -> dict[int, int]:
    """{index of an input: how many requests' slices its running shape holds}, of the inputs that have a batch
    dimension of 1 in front; {0: 1} where none has."""
    try:
        running = {port.get_node().friendly_name: port.partial_shape for port in compiled.get_runtime_model().inputs}
    except RuntimeError:
        return {}
    found = {}
    for index, port in enumerate(compiled.inputs):
        runs = running.get(port.get_node().friendly_name)
        if runs is None:
            return {}
        if _has_batch_of_one(port) and len(runs) and runs[0].is_static:
            found[index] = runs[0].get_length()
    return found or {0: 1}


def witness_port(
    model: ov.Model | ov.CompiledModel, batch: int = 0, *, input_changes: bool = False
) -> WitnessPort | None:
    """The smallest port on which the witness can watch; None where there is none. With `batch`, of a compiled model,
    only ports that really hold `batch` slices are considered.
    `input_changes`: the content of the inputs changes from request to request, so only outputs are considered."""
    runs = _running_batch(model) if batch and isinstance(model, ov.CompiledModel) else None
    shared = _shared_outputs(model, batch) if runs is not None and isinstance(model, ov.CompiledModel) else ()
    most = max((len(port.partial_shape) for port in model.inputs if port.partial_shape.rank.is_static), default=0)
    found = []
    if not input_changes:
        for index, port in enumerate(model.inputs):
            # Before the compile, of an image and a gain of [1, 3] only the image is likely to be batched.
            likely = len(port.partial_shape) == most if runs is None and _watchable(port) else True
            if _watchable(port) and likely and (runs is None or runs.get(index) == batch):
                found.append(WitnessPort("input", index, _bytes(port)))
    for index, port in enumerate(model.outputs):
        if _watchable(port) and index not in shared:
            found.append(WitnessPort("output", index, _bytes(port)))
    # Among small ones an output: no one else replaces its tensor.
    return min(found, key=lambda port: (max(port.bytes, _SMALL_BYTES), port.side == "input", port.bytes), default=None)


def _shared_outputs(compiled: ov.CompiledModel, batch: int) -> set[int]:
    """The indices of the outputs that all members of a batch share, such as a constant [1, 4]: explicit BATCH allows
    them. Outputs keep their nodes' names at run time, on a GPU with '_result' behind, which drops constants; where no
    name is found again, none is taken for shared."""
    try:
        running = {
            port.get_node().friendly_name.removesuffix("_result"): port.partial_shape
            for port in compiled.get_runtime_model().outputs
        }
    except RuntimeError:
        return set()
    shapes = [running.get(port.get_node().friendly_name) for port in compiled.outputs]
    if not any(shape is not None for shape in shapes):
        return set()
    return {
        index
        for index, shape in enumerate(shapes)
        if shape is None or not len(shape) or shape[0].is_dynamic or shape[0].get_length() != batch
    }


def _watchable(port: ov.Output) -> bool:
    kind = port.element_type
    addressable = kind.get_type_name() not in _WITHOUT_BYTES and kind.bitwidth % 8 == 0
    return addressable and _has_batch_of_one(port) and _bytes(port) > 0


def _has_batch_of_one(port: ov.Output) -> bool:
    shape = port.partial_shape
    return shape.rank.is_static and shape.is_static and len(shape) > 0 and shape[0].get_length() == 1


def _bytes(port: ov.Output) -> int:
    count = 1
    for dimension in port.partial_shape:
        count *= dimension.get_length()
    return int(count * port.element_type.bitwidth // 8)
