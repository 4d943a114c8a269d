"""Which device served a request where EXECUTION_DEVICES is not conclusive: evidence, never a guess.

Under AUTO and MULTI, PERF_COUNT makes each request's profiling list the kernels that it ran. The GPU plugin, however,
keeps profiling by stream and reads it without a lock (SyncInferRequest::get_profiling_info): while the stream runs
another request the process dies (SIGABRT, "corrupted size vs. prev_size", on an H100 after 650 requests). So PERF_COUNT
is switched off for the GPU, and a request without profiling data is known to have run there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import openvino as ov

from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN, code_of
from ovtui.settings.device_names import candidates, kind_of, matches_device, virtual_of
from ovtui.settings.schema.settings import Settings

_YES = ("YES", "TRUE")
_SELECTING_DEVICES = ("AUTO", "MULTI")
"""Devices that give a request to one of several. HETERO runs it on all of them."""
_CPU_KERNELS = ("jit", "brg", "avx", "sse", "amx", "neon", "acl", "mlas")
_GPU_KERNELS = ("gpu", "ocl", "opencl")
_NO_GPU_PROFILING = "[GPU] Profiling data was not collected"
GPU_PROFILING = "NO"
"""PERF_COUNT of a GPU under AUTO and MULTI unless GPU.PERF_COUNT is set. Where it is set to YES, profiling is read of
no request at all."""


@dataclass(frozen=True, slots=True)
class DeviceEvidence:
    """Rules that hold for all requests of a compiled model. Immutable; used by the load thread. Devices are codes of
    records.device_codes."""

    batching_device: int = AMBIGUOUS
    """The only candidate that can batch requests (the CPU never does); AMBIGUOUS where there are several or none."""
    reads_profiling: bool = False
    """True when a request's profiling shows where it ran and is safe to read."""

    def device_by_batch(self, before: int, after: int, size: int) -> int:
        """The device of a request, concluded from the batch of `size` that it ran in. `before` and `after` are the
        readings of EXECUTION_DEVICES at submission and at completion.

        For readings that differ, that list several devices, or that name the stand-in, which never batches:
        EXECUTION_DEVICES lags behind the switch (4 batches of 2,697 on the simulated GPU of a loaded machine had both
        readings '(CPU)')."""
        if size > 1 and before != after and STAND_IN in (before, after):
            return after if before == STAND_IN else before
        if size > 1 and before == after:
            return self.batching_device
        return AMBIGUOUS

    def device_by_kernels(self, request: ov.InferRequest) -> int:
        """The device, concluded from the profiling of the request's last inference; AMBIGUOUS where that is not
        conclusive."""
        try:
            kinds = {info.exec_type.lower() for info in request.profiling_info}
        except RuntimeError as error:  # the request is not idle yet, or the driver has no profiling
            return self.batching_device if _NO_GPU_PROFILING in str(error) else AMBIGUOUS
        on_cpu = any(part in kind for kind in kinds for part in _CPU_KERNELS)
        on_gpu = any(part in kind for kind in kinds for part in _GPU_KERNELS)
        return CPU if on_cpu and not on_gpu else AMBIGUOUS


def wants_kernel_profiling(settings: Settings, device: str) -> bool:
    """True when the person has asked for per-request profiling, which attributes requests to devices. `device` is the
    device string that the model is compiled for."""
    return virtual_of(device) in _SELECTING_DEVICES and settings.properties.get("PERF_COUNT", "").upper() in _YES


def device_evidence(
    settings: Settings, device: str, execution_devices: list[str], available: Collection[str]
) -> DeviceEvidence:
    """`execution_devices` is the first reading of EXECUTION_DEVICES: while the CPU stands in it lists nothing else, and
    AUTO's candidates come from `available`, the devices of this machine."""
    others = [name for name in execution_devices if not name.strip("()").startswith("CPU")]
    if not others and virtual_of(device) == "AUTO":
        named = candidates(device, available)
        others = [
            candidate
            for candidate in available
            if kind_of(candidate) == "GPU" and any(matches_device(name, candidate) for name in named)
        ]
    profiled_gpu = any(
        key.startswith("GPU") and key.endswith(".PERF_COUNT") and value.upper() in _YES
        for key, value in settings.properties.items()
    )
    return DeviceEvidence(
        batching_device=code_of(others) if len(others) == 1 else AMBIGUOUS,
        reads_profiling=wants_kernel_profiling(settings, device) and not profiled_gpu and len(execution_devices) > 1,
    )
