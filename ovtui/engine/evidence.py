"""Which device served a request, where EXECUTION_DEVICES alone does not say: evidence, never a guess."""

from __future__ import annotations

from dataclasses import dataclass

import openvino as ov

from ovtui.records.devices import AMBIGUOUS, CPU, STAND_IN, code_of
from ovtui.settings.schema import Settings

_CPU_KERNELS = ("jit", "brg", "avx", "sse", "amx", "neon", "acl", "mlas")
_GPU_KERNELS = ("gpu", "ocl", "opencl")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Owner: the recorder's thread."""

    batcher: int = AMBIGUOUS
    """The one candidate that can batch requests by itself (the CPU never does); AMBIGUOUS where there are more."""
    kernels: bool = False
    """PERF_COUNT is on, so a request's profiling names the kernels it ran."""

    def of_batch(self, before: int, after: int, size: int) -> int:
        """The device of a request whose two readings differ or name several, by the batch that it ran in."""
        if size > 1 and before != after and STAND_IN in (before, after):
            return after if before == STAND_IN else before
        if size > 1 and before == after:
            return self.batcher
        return AMBIGUOUS

    def of_kernels(self, request: ov.InferRequest) -> int:
        """The device by the kernels of the request's last inference; AMBIGUOUS where they do not tell."""
        try:
            kinds = {info.exec_type.lower() for info in request.profiling_info}
        except RuntimeError:  # a driver without profiling
            return AMBIGUOUS
        on_cpu = any(part in kind for kind in kinds for part in _CPU_KERNELS)
        on_gpu = any(part in kind for kind in kinds for part in _GPU_KERNELS)
        if on_cpu != on_gpu:
            return CPU if on_cpu else self.batcher
        return AMBIGUOUS


def evidence_for(settings: Settings, execution_devices: list[str]) -> Evidence:
    others = [name for name in execution_devices if not name.strip("()").startswith("CPU")]
    asked = settings.properties.get("PERF_COUNT", "").upper() in ("YES", "TRUE")
    return Evidence(
        batcher=code_of(others) if len(others) == 1 else AMBIGUOUS,
        kernels=asked and len(execution_devices) > 1,
    )
