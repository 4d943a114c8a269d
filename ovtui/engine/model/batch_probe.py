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
HOLDS_STATE = "the model holds state, which a batch would share"


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
    if explicit is not None:
        return BatchingPossibility(explicit, False, why_not_batchable(model, implicit=False))
    # The GPU plugin is the only one that asks for automatic batching by itself.
    accelerators = [name for name in candidates(device, available) if name.startswith("GPU")]
    if not accelerators:
        return BatchingPossibility(None, False, "only GPU and explicit BATCH devices batch requests")
    if settings.hint != "throughput":
        return BatchingPossibility(None, False, f"hint is {settings.hint}: OpenVINO batches only with THROUGHPUT")
    if settings.auto_batching == "no":
        return BatchingPossibility(None, False, "auto batching is off")
    return BatchingPossibility(None, True, why_not_batchable(model, implicit=True))


def add_probe(model: ov.Model) -> None:
    """Adds an output of shape [N, 1] that holds N, the number of requests that ran together.

    The shape matters: an output without a batch dimension would switch implicit batching off, and so change what it
    measures. N and 1 are constants once compiled, so the probe costs next to nothing. It takes N from an output of the
    model: OpenVINO may share an input of [1, 3] among the members of a batch (as the gain of an image), and a probe
    that hangs on such an input reads 1 in a batch of 8, or memory that no one wrote."""
    first = np.array([0], np.int64)
    count = op.gather(op.shape_of(_batched_output(model)), op.constant(first), op.constant(np.int64(0)))
    shape = op.concat([count, op.constant(np.array([1], np.int64))], 0)
    out = op.broadcast(op.convert(count, np.float32), shape)
    out.output(0).set_names({PROBE_OUTPUT})
    model.add_results([op.result(out)])


def _batched_output(model: ov.Model) -> ov.Output:
    """What the first output shows that has a batch dimension and depends on an input."""
    shown = [result.input(0).get_source_output() for result in model.get_results()]
    found = [output for output in shown if _has_batch_of_one(output)] or shown
    return found[0] if len(found) == 1 else next((output for output in found if _depends_on_input(output)), found[0])


def _depends_on_input(output: ov.Output) -> bool:
    seen: set[str] = set()
    ahead = [output.get_node()]
    while ahead:
        node = ahead.pop()
        if node.get_type_name() == "Parameter":
            return True
        for source in (port.get_source_output().get_node() for port in node.inputs()):
            if source.get_name() not in seen:
                seen.add(source.get_name())
                ahead.append(source)
    return False


def why_not_batchable(model: ov.Model, *, implicit: bool) -> str:
    """Why OpenVINO cannot batch the model, as a phrase; empty where it can. Its conditions, as far as the model shows
    them: every shape is static, and at least one input has a batch dimension of 1 in front; the requests of a batch
    share an input without one. `implicit`: a GPU that batches by itself also wants one in front of every output."""
    for kind, ports in (("input", model.inputs), ("output", model.outputs)):
        for port in ports:
            shape = port.partial_shape
            if shape.rank.is_dynamic or shape.is_dynamic:
                return f"the model's {kind} {port_name(port)} has a dynamic shape"
    if model.get_variables():
        return HOLDS_STATE
    if not model.inputs:
        return "the model has no input"
    if model.get_sinks():
        return "the model holds state from request to request"
    unbatched = [("input", port) for port in model.inputs if not _has_batch_of_one(port)]
    if len(unbatched) < len(model.inputs):
        unbatched = []
    if implicit:
        unbatched += [("output", port) for port in model.outputs if not _has_batch_of_one(port)]
    for kind, port in unbatched:
        return f"the model's {kind} {port_name(port)} {port.partial_shape} has no batch dimension of 1 in front"
    return ""


def _has_batch_of_one(port: ov.Output) -> bool:
    shape = port.partial_shape
    return shape.rank.is_static and shape.is_static and len(shape) > 0 and shape[0].get_length() == 1
