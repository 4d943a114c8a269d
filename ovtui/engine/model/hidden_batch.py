"""B of a model that AUTO, MULTI or HETERO runs on a GPU, asked once that serves: which compiled model is inside they do
not show, and while the CPU stands in there is none.

What is asked, cheapest first. The virtual model's own runtime model, which tells B where AUTO made no stand-in. The
properties of the device inside: they list AUTO_BATCH_TIMEOUT exactly where OpenVINO wrapped the model for batching.
OPTIMAL_BATCH_SIZE, of which OpenVINO takes at most PERFORMANCE_HINT_NUM_REQUESTS: optimal_batch_child asks for it. It
cuts that where memory is short and tells no one; what can show that it did not is asked, too. To compile the model
once more on the GPU by its name would tell B for certain, and take the memory of B requests a second time: it is not
done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import openvino as ov

from ovtui.engine.model import batch_evidence

MAX_UNBATCHED = 2
"""OpenVINO batches implicitly only where a device's optimal batch size is above this."""
HINT_NUM_REQUESTS = "PERFORMANCE_HINT_NUM_REQUESTS"


@dataclass(frozen=True, slots=True)
class HiddenBatch:
    size: int
    """B; 1 where the device batches nothing, 0 where it does not tell."""
    certain: bool = True
    """False where too little memory may have made B smaller, which nothing tells."""


def optimal_batch(core: ov.Core, model: ov.Model, device: str) -> int | None:
    """The batch that a GPU finds best for the model; None where it does not tell. Takes as long as a compile's first
    part: 100 to 660 ms on the simulated GPU, 1.1 s for a model of 800 MB on an H200. Holds Python's lock all that
    time, so a process that makes a load must not call it (optimal_batch_child)."""
    try:
        return int(core.get_property(device, "OPTIMAL_BATCH_SIZE", {"MODEL_PTR": model}))
    except (RuntimeError, TypeError):
        return None


def shown_batch(compiled: ov.CompiledModel, device: str) -> HiddenBatch | None:
    """B on `device` as far as the compiled model of AUTO, MULTI or HETERO shows it; None where it does not."""
    running = batch_evidence.full_batch(compiled)
    if running > 1:
        return HiddenBatch(running)
    return None if _is_wrapped(compiled, device) else HiddenBatch(1)


def hidden_batch(
    core: ov.Core,
    compiled: ov.CompiledModel,
    optimal: int | None,
    device: str,
    properties: Mapping[str, Any],
    plain_requests: Callable[[], int | None],
) -> HiddenBatch:
    """B on `device`, a GPU that serves a compiled model of AUTO, MULTI or HETERO, which does not show it. `optimal` is
    what `optimal_batch` tells; `properties` are those of the compile; `plain_requests` tells how many requests the
    device finds optimal for a model that it does not batch, None where that is unknown."""
    if optimal is None:
        return HiddenBatch(0)
    hint = _requests_hint(properties, device)
    batch = min(optimal, hint) if hint else optimal
    if optimal <= MAX_UNBATCHED or batch <= 1:
        return HiddenBatch(1)
    requests = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
    if requests < batch:  # fewer than one batch takes
        return HiddenBatch(0, certain=False)
    plain = None if hint else plain_requests()
    if plain and requests % plain == 0:
        # Without the hint OpenVINO recommends B times what the device would take unbatched (auto_batch plugin).
        return HiddenBatch(max(requests // plain, 1))
    return HiddenBatch(batch, _is_uncut(core, device, batch))


def _requests_hint(properties: Mapping[str, Any], device: str) -> int:
    """PERFORMANCE_HINT_NUM_REQUESTS as the device inside gets it; 0 where it is not set."""
    found = properties.get(HINT_NUM_REQUESTS, 0)
    for name, values in properties.get("DEVICE_PROPERTIES", {}).items():
        if device == name or device.partition(".")[0] == name:
            found = values.get(HINT_NUM_REQUESTS, found)
    return int(found)


def _is_wrapped(compiled: ov.CompiledModel, device: str) -> bool:
    """Whether the device inside runs the model through the batching plugin; True where that is not shown."""
    try:
        inside = compiled.get_property("DEVICE_PROPERTIES")
        return "AUTO_BATCH_TIMEOUT" in inside[device]
    except (RuntimeError, TypeError, KeyError):
        return True


def _is_uncut(core: ov.Core, device: str, batch: int) -> bool:
    """True where the memory certainly suffices. OpenVINO divides the device's memory by what the model of one request
    takes; all that this process has on the device is no less than that."""
    try:
        taken = sum(core.get_property(device, "GPU_MEMORY_STATISTICS").values())
        total = int(core.get_property(device, "GPU_DEVICE_TOTAL_MEM_SIZE"))
    except (RuntimeError, TypeError, AttributeError):
        return False
    return bool(taken > 0 and (total - taken) // taken >= batch)
