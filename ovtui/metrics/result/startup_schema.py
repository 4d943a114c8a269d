"""The part of the Result on how the first engine started."""

from __future__ import annotations

import msgspec


class Startup(msgspec.Struct, frozen=True, kw_only=True):
    """Of the first engine, ms. Names with `at` are moments, counted from its process's start."""

    read_ms: float | None
    """Time to read the model."""
    compile_ms: float | None
    """Duration of compile_model; with a stand-in the accelerator's compile continues after it."""
    first_inference_ms: float | None
    """From the engine process's start to its first completed inference."""
    model_read_at_ms: float | None
    compile_called_at_ms: float | None
    stand_in_ready_at_ms: float | None
    """compile_model returned with a stand-in; null without one."""
    accelerator: str | None
    """The device that AUTO compiled for behind the stand-in, by its log; the last of several."""
    accelerator_compiling_at_ms: float | None
    accelerator_compiled_at_ms: float | None
    accelerator_failed_at_ms: float | None
    accelerator_compile_ms: float | None
    """Duration of its compile, as AUTO measured it."""
    device_changed_at_ms: float | None
    """EXECUTION_DEVICES changed to the accelerator."""
    accelerator_served_at_ms: float | None
    """Completion of the first request that is known to have run on an accelerator."""
    stand_in_released_at_ms: float | None
