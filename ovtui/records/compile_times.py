"""What it takes to read and compile a model, cold and out of the cache, each measured in a process of its own
(engine/model/compile_child.py): the question, the steps, and the result, which is also the JSON of --compile-only."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.json_text import json_text
from ovtui.settings.schema.settings import Settings


class CompileQuestion(msgspec.Struct, frozen=True, kw_only=True):
    settings: Settings
    export_blob: str = ""
    """Absolute path; empty for none."""
    infers: bool = True
    """One inference follows, for which a batch that is left open becomes 1. Without it all open shapes stay open."""
    parent_pid: int


class Doing(msgspec.Struct, frozen=True, tag=True):
    text: str


class Compiled(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One compile; the last line of its process. What is not known, or was not done, is null."""

    device: str
    """The device string that it was compiled for."""
    full_name: str
    """FULL_DEVICE_NAME of a device that is named directly; else empty."""
    execution_devices: list[str]
    """As the compiled model tells them in the end: '(CPU)' where AUTO still compiles for another device."""
    openvino: str
    read_ms: float | None
    """null for a compiled model (.blob), and where OpenVINO reads the file while it compiles (--load-from-file)."""
    reshape_ms: float | None
    """Shapes, batch, types and preprocessing of the settings; null where they ask for none."""
    compile_ms: float | None
    """null where it was imported."""
    import_ms: float | None
    """Of a compiled model, out of the cache or out of its file; null where it was compiled."""
    loaded_from_cache: bool | None
    """LOADED_FROM_CACHE of the compiled model; null without a cache, and where the device does not tell."""
    first_inference_ms: float | None = None
    """null where the shapes are open, and where it failed, which a note tells."""
    handover_ms: float | None = None
    """AUTO with the CPU standing in: from the begin of the compile until the device served that is to. null where
    nothing stood in, and where it still did after a minute, which a note tells."""
    memory_before_bytes: int
    """Resident, of the process, before the model was read: OpenVINO itself."""
    memory_after_bytes: int
    """Resident, once the model was compiled for the device that serves. It is before the first inference, unless that
    was a stand-in's."""
    peak_memory_bytes: int
    """The most that was resident by then."""
    blob_bytes: int | None = None
    """Of the compiled model as export_model writes it; null where the device exports none, and out of the cache."""
    cache_bytes: int | None = None
    """Size of the cache folder afterwards; null without one."""
    cache_bytes_before: int | None = None
    properties: dict[str, str] = {}
    """Of the compiled model, in force, as texts."""
    notes: list[str] = []


class CompileRefused(msgspec.Struct, frozen=True, tag=True):
    why: str
    detail: str = ""
    misused: bool = False


CompileStep = Doing | Compiled | CompileRefused

Way = Literal["compiled", "cold", "cached", "imported"]
"""compiled: without a cache. cold: compiled, with a cache to compare it with. cached: out of the cache. imported: out
of a .blob."""


class CompileRun(msgspec.Struct, frozen=True, kw_only=True):
    way: Way
    """As LOADED_FROM_CACHE tells it, not as it was meant."""
    with_cache: bool
    """CACHE_DIR was in force: where it compiled, writing the cache is a part of its time."""
    times: Compiled


class CompileResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `ovtui run MODEL --compile-only` found. Times are in ms, sizes in bytes; null is not known."""

    model: str
    device: str
    cache_dir: str = ""
    """Empty without one."""
    cache_was_warm: bool | None = None
    """The first process found the model in the cache; null without a cache, and where the device does not tell."""
    runs: list[CompileRun]
    """Each in a process of its own: the cold one first."""
    exported: str = ""
    """The file that the compiled model was written to; empty for none."""
    notes: list[str] = []


def json_schema() -> bytes:
    """The JSON Schema of a CompileResult."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(CompileResult)), indent=2)


def to_json(found: CompileResult) -> bytes:
    return json_text(found)
