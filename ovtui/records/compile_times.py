"""What it takes to read and compile a model, cold and out of the cache, each measured in a process of its own
(engine/model/compile_child.py); the question, the steps, and the result."""

from __future__ import annotations

import msgspec

from ovtui.settings.schema.settings import Settings


class CompileQuestion(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    export_blob: str = ""
    """Absolute path; empty for none."""
    parent_pid: int


class Doing(msgspec.Struct, frozen=True, tag=True):
    text: str


class Compiled(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One compile; the last line of its process."""

    device: str
    read_ms: float | None
    """None for a compiled model, and where OpenVINO reads the file while it compiles."""
    reshape_ms: float | None
    """Shapes, batch and preprocessing of the settings; None where they ask for none."""
    compile_ms: float | None
    """None where it was imported."""
    import_ms: float | None
    """Of a compiled model, out of the cache or out of its file; None where it was compiled."""
    first_inference_ms: float | None = None
    memory_before_bytes: int
    """Resident, of the process, before the model was read."""
    memory_after_bytes: int
    peak_memory_bytes: int
    blob_bytes: int | None = None
    cache_bytes: int | None = None
    """Size of the cache folder afterwards; None without one."""
    cache_bytes_before: int | None = None
    properties: dict[str, str] = {}
    """In force, as texts."""
    notes: list[str] = []


class CompileRefused(msgspec.Struct, frozen=True, tag=True):
    why: str
    detail: str = ""
    misused: bool = False


CompileStep = Doing | Compiled | CompileRefused
