"""The simulated GPU (tests/rig/README.md), put in force for one program by its environment."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".gpu-sim"
"""Where `.dev/test` sets it up."""
STANDS_IN_MS = 2000
"""A program build that outlasts the CPU's compile on a loaded machine, too (that took 524 ms once), so that AUTO's
stand-in is seen."""
_LAYER = FOLDER / "libclgpu_layer.so"


def is_set_up() -> bool:
    return _LAYER.exists() and (FOLDER / "vendors" / "pocl.icd").exists()


def environment(scratch: Path, build_ms: int = 0, run_us: int = 0) -> dict[str, str]:
    """Variables for a program that is to find one GPU. `scratch` takes its control folder (CLGPU_CTL) and its
    launch counts (CLGPU_COUNT); a program build takes `build_ms` longer, a kernel launch `run_us`."""
    control = scratch / "gpu-control"
    control.mkdir(exist_ok=True)
    return {
        "OPENCL_LAYERS": str(_LAYER),
        "OCL_ICD_VENDORS": str(FOLDER / "vendors"),
        "POCL_CACHE_DIR": str(FOLDER / "kernel-cache"),
        # With two threads POCL 3.1 can hang in its own pool (threads waiting for one mutex): 1 of 13 handovers on a
        # loaded machine of two cores; with one thread 0 of 30.
        "POCL_MAX_PTHREAD_COUNT": "1",
        # GB. Without a limit POCL derives the device's memory from the machine's. Where it reported 7.3 GB, OpenVINO
        # set OPTIMAL_BATCH_SIZE to 0 and batched nothing; with 2 GB it is 256.
        "POCL_MEMORY_LIMIT": "2",
        "CLGPU_CTL": str(control),
        "CLGPU_COUNT": str(scratch / "gpu-launches"),
        "CLGPU_BUILD_MS": str(build_ms),
        "CLGPU_RUN_US": str(run_us),
    }
