"""Which device served a request, where EXECUTION_DEVICES alone does not say: evidence, never a guess.

Under AUTO and MULTI, PERF_COUNT makes each request's profiling name the kernels it ran. The GPU plugin, however, keeps
profiling by stream and reads it without a lock (SyncInferRequest::get_profiling_info): while the stream runs another
request the process dies (SIGABRT, "corrupted size vs. prev_size", on an H100 after 650 requests). So profiling is asked
of the other devices alone, and that the GPU has none of a request is what tells that the GPU served it."""

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
"""PERF_COUNT of a GPU below AUTO and MULTI, unless GPU.PERF_COUNT is set; no request's profiling is read then."""


@dataclass(frozen=True, slots=True)
class DeviceEvidence:
    """Owner: the recorder's thread."""

    batching_device: int = AMBIGUOUS
    """The one candidate that can batch requests by itself (the CPU never does); AMBIGUOUS where there are more."""
    reads_profiling: bool = False
    """A request's profiling tells where it ran, and may be read."""

    def device_by_batch(self, before: int, after: int, size: int) -> int:
        """The device of a request by the batch that it ran in, where its two readings differ, name several, or name
        the stand-in, which never batches: EXECUTION_DEVICES lags behind the switch (4 batches of 2,697 on the simulated
        GPU of a loaded machine had both readings '(CPU)')."""
        if size > 1 and before != after and STAND_IN in (before, after):
            return after if before == STAND_IN else before
        if size > 1 and before == after:
            return self.batching_device
        return AMBIGUOUS

    def device_by_kernels(self, request: ov.InferRequest) -> int:
        """The device by the profiling of the request's last inference; AMBIGUOUS where it does not tell."""
        try:
            kinds = {info.exec_type.lower() for info in request.profiling_info}
        except RuntimeError as error:  # a request that is not yet idle again, a driver without profiling
            return self.batching_device if _NO_GPU_PROFILING in str(error) else AMBIGUOUS
        on_cpu = any(part in kind for kind in kinds for part in _CPU_KERNELS)
        on_gpu = any(part in kind for kind in kinds for part in _GPU_KERNELS)
        return CPU if on_cpu and not on_gpu else AMBIGUOUS


def wants_kernel_profiling(settings: Settings, device: str) -> bool:
    """`device`: as it is compiled for."""
    return virtual_of(device) in _SELECTING_DEVICES and settings.properties.get("PERF_COUNT", "").upper() in _YES


def device_evidence(
    settings: Settings, device: str, execution_devices: list[str], available: Collection[str]
) -> DeviceEvidence:
    """`available`: this machine's devices. While the CPU stands in, nothing else is named in `execution_devices`."""
    others = [name for name in execution_devices if not name.strip("()").startswith("CPU")]
    if not others and virtual_of(device) == "AUTO":
        named = candidates(device, available)
        others = [
            here for here in available if kind_of(here) == "GPU" and any(matches_device(name, here) for name in named)
        ]
    profiled_gpu = any(
        key.startswith("GPU") and key.endswith(".PERF_COUNT") and value.upper() in _YES
        for key, value in settings.properties.items()
    )
    return DeviceEvidence(
        batching_device=code_of(others) if len(others) == 1 else AMBIGUOUS,
        reads_profiling=wants_kernel_profiling(settings, device) and not profiled_gpu and len(execution_devices) > 1,
    )
