"""Broken machines behind the texts that people meet, and the first cause that each must give: which chain, which link,
which cause. Written down before the rules were tried on any of them.

Each is a machine whose files are all there, but for what is said of it."""

from __future__ import annotations

EXPECTED: dict[str, tuple[str, str, str] | None] = {
    # An Intel GPU, i915 bound, a node that may be opened; no .icd file at all. `clGetPlatformIDs error -1001`.
    "no OpenCL driver": ("GPU", "driver", "no-driver"),
    # The node belongs to a group that the process is not in; everything else is installed.
    # `[GPU] Can't get PERFORMANCE_HINT property as no supported devices found`.
    "not in the node's group": ("GPU", "groups", "not-in-group"),
    # A container with the host's /sys and no /dev/dri; its image has loader and driver. `clGetPlatformIDs error -1001`.
    "container without /dev/dri": ("GPU", "node", "node-not-in-container"),
    # All files there, the loader answers; the inference says `[GPU] Context was not initialized for 0 device`.
    "context not initialized": ("GPU", "inference", "driver-context"),
    # `clFlush, error code: -5 CL_OUT_OF_RESOURCES` from the inference; all else is fine.
    "out of resources": ("GPU", "inference", "device-memory"),
    # No NPU on the PCI bus; the plugin says `VCL compiler loading failed ... libopenvino_intel_npu_compiler_loader.so`.
    "no NPU at all": None,
    # An NPU whose node is root:render 0660, the process in no group; `Failed to open file '/dev/accel/accel0':
    # Permission denied`.
    "NPU node forbidden": ("NPU", "groups", "not-in-group"),
    # `ZE_RESULT_ERROR_UNSUPPORTED_VERSION, code 0x78000002 ... MAPPED_INFERENCE_VERSION is NOT compatible with the ELF`
    "firmware against compiler": ("NPU", "inference", "firmware-against-compiler"),
    # libze_intel_vpu.so.1 and libze_intel_npu.so.1 beside each other; the plugin lists no device.
    "two NPU drivers": ("NPU", "driver", "two-drivers"),
    # An NPU, bound, node open; no libze_loader.so.1. `No available backend`.
    "no level-zero loader": ("NPU", "loader", "loader-missing"),
}
