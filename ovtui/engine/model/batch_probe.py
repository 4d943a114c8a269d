"""Whether OpenVINO may batch the model, and the probe: an extra output that reports the batch size of each request."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import openvino as ov
from openvino import opset13 as op

from ovtui.engine.devices import candidates
from ovtui.engine.model.ports import port_name
from ovtui.settings.device_names import explicit_batch_size
from ovtui.settings.schema.settings import Settings

PROBE_OUTPUT = "ovtui_batch_probe"


@dataclass(frozen=True, slots=True)
class BatchingPossibility:
    """Whether automatic batching is possible with these settings, device and model; known before compiling."""

    explicit: int | None
    """B of an explicit BATCH device (0: the device decides); None otherwise."""
    implicit: bool
    """True when a candidate batches by itself under these settings."""
    why_not: str = ""
    """Why requests cannot be batched, as a phrase; empty where they can. What is said of the model goes by its shapes:
    the compiled model knows better (batch_evidence)."""

    @property
    def any(self) -> bool:
        """False for a model that cannot be batched even on an explicit BATCH device, which then silently runs the
        requests one by one."""
        return (self.explicit is not None or self.implicit) and not self.why_not


def batching_possibility(
    settings: Settings, device: str, model: ov.Model, available: dict[str, str]
) -> BatchingPossibility:
    explicit = explicit_batch_size(device)
    batchable = _why_not_batchable(model)
    if explicit is not None:
        return BatchingPossibility(explicit, False, batchable)
    # The GPU plugin is the only one that asks for automatic batching by itself.
    accelerators = [name for name in candidates(device, available) if name.startswith("GPU")]
    if not accelerators:
        return BatchingPossibility(None, False, "only GPU and explicit BATCH devices batch requests")
    if settings.hint != "throughput":
        return BatchingPossibility(None, False, f"hint is {settings.hint}: OpenVINO batches only with THROUGHPUT")
    if settings.auto_batching == "no":
        return BatchingPossibility(None, False, "auto batching is off")
    return BatchingPossibility(None, True, batchable)


def add_probe(model: ov.Model) -> None:
    """Adds an output of shape [N, 1] that holds N, the number of requests that ran together.

    The shape matters: an output without a batch dimension would switch implicit batching off, and so change what it
    measures. N and 1 are constants once compiled, so the probe costs next to nothing."""
    first = np.array([0], np.int64)
    parameters = model.get_parameters()
    batched = next((each for each in parameters if _has_batch_of_one(each.output(0))), parameters[0])
    count = op.gather(op.shape_of(batched), op.constant(first), op.constant(np.int64(0)))
    shape = op.concat([count, op.constant(np.array([1], np.int64))], 0)
    out = op.broadcast(op.convert(count, np.float32), shape)
    out.output(0).set_names({PROBE_OUTPUT})
    model.add_results([op.result(out)])


def _why_not_batchable(model: ov.Model) -> str:
    """Why OpenVINO cannot batch the model, as a phrase; empty where it can. Its conditions, as far as shapes show them:
    every shape is static, and every output and at least one input has a batch dimension of 1 in front. (The requests of
    a batch share an input without one.)"""
    for kind, ports in (("input", model.inputs), ("output", model.outputs)):
        for port in ports:
            shape = port.partial_shape
            if shape.rank.is_dynamic or shape.is_dynamic:
                return f"the model's {kind} {port_name(port)} has a dynamic shape"
    if model.get_variables():
        return "the model holds state, which a batch would share"
    if not model.inputs:
        return "the model has no input"
    unbatched = [("input", port) for port in model.inputs if not _has_batch_of_one(port)]
    if len(unbatched) < len(model.inputs):
        unbatched = []
    for kind, port in [*unbatched, *(("output", port) for port in model.outputs if not _has_batch_of_one(port))]:
        return f"the model's {kind} {port_name(port)} {port.partial_shape} has no batch dimension of 1 in front"
    return ""


def _has_batch_of_one(port: ov.Output) -> bool:
    shape = port.partial_shape
    return shape.is_static and len(shape) > 0 and shape[0].get_length() == 1
