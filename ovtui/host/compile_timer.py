"""Measures what it takes to read and compile a model, each time in a process of its own, which may crash, hang or fill
the memory: once, or cold and out of the cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import msgspec

from ovtui.host.followed_process import follow
from ovtui.records.compile_times import (
    Compiled,
    CompileQuestion,
    CompileRefused,
    CompileResult,
    CompileRun,
    CompileStep,
    Doing,
    Way,
)
from ovtui.records.odd_names import to_json
from ovtui.settings.openvino_properties.catalogue import split_key
from ovtui.settings.schema.settings import Settings

LIMIT_S = 900.0
"""Of one process: large models compile for minutes on a GPU, and a device that hangs never ends."""
_MODULE = "ovtui.engine.model.compile_child"
_NOT_CACHED = "nothing came out of the cache: {device} keeps this model in none, so both were compiled"
_COLD_APART = (
    "the cache already held the model: the cold compile was measured without a cache, so that it does not write one"
)


class NotCompiled(Exception):
    """There is no answer. The text is one sentence for a person."""

    def __init__(self, text: str, detail: str = "", *, misused: bool = False) -> None:
        super().__init__(text)
        self.detail = detail
        """OpenVINO's whole text; empty where it says no more."""
        self.misused = misused
        """The settings are wrong, not the model or the device."""


def time_compile(
    settings: Settings,
    export_blob: str = "",
    limit_s: float = LIMIT_S,
    on_step: Callable[[CompileStep], None] = lambda _: None,
    *,
    infers: bool = True,
) -> Compiled:
    """One compile, or import, and one inference unless `infers` is false. `export_blob`: an absolute path that the
    compiled model is written to. Blocks, for `limit_s` at most. Raises NotCompiled."""
    asked = CompileQuestion(settings=settings, export_blob=export_blob, infers=infers, parent_pid=os.getpid())
    question = to_json(asked)
    done = follow(_MODULE, question, msgspec.json.Decoder(CompileStep), limit_s, on_step)
    last = done.steps[-1] if done.steps else None
    if isinstance(last, Compiled):
        return last
    if isinstance(last, CompileRefused):
        raise NotCompiled(last.why, last.detail, misused=last.misused)
    doing = f" while {last.text}" if isinstance(last, Doing) else ""
    answer = done.answer
    said = f": {answer.last_line}" if answer.ending in ("exit-code", "signal") and answer.last_line else ""
    more = "; --time-limit gives it longer" if answer.ending == "late" else ""
    ended = "gave no answer that can be read" if answer.ending == "answered" else answer.words
    raise NotCompiled(f"{settings.model}: the process that compiles it{doing}: {ended}{said}{more}")


def time_compiles(
    settings: Settings,
    export_blob: str = "",
    limit_s: float = LIMIT_S,
    on_step: Callable[[CompileStep], None] = lambda _: None,
) -> CompileResult:
    """One compile; with a cache folder the cold one and the one out of the cache, whichever comes first: nothing of the
    folder is deleted. `limit_s` holds for each. The blob is that of the cold one: what came out of the cache exports
    none that can be imported, and writes none. Raises NotCompiled."""
    first = time_compile(settings, export_blob, limit_s, on_step)
    runs = [_run(first, with_cache=bool(settings.cache_dir))]
    notes: list[str] = []
    if settings.cache_dir and runs[0].way != "imported":
        on_step(Doing("once more, " + ("without the cache" if first.loaded_from_cache else "out of the cache")))
        if first.loaded_from_cache:
            second = time_compile(_without_cache(settings), export_blob, limit_s, on_step)
            runs.insert(0, _run(second, with_cache=False, way="cold"))
            notes.append(_COLD_APART)
        else:
            second = time_compile(settings, "", limit_s, on_step)
            runs.append(_run(second, with_cache=True))
            if not second.loaded_from_cache:
                notes.append(_why_not_cached(settings.cache_dir, second))
    return CompileResult(
        model=settings.model,
        device=first.device,
        cache_dir=settings.cache_dir,
        cache_was_warm=first.loaded_from_cache,
        runs=runs,
        exported=export_blob,
        notes=notes,
    )


def _why_not_cached(folder: str, times: Compiled) -> str:
    """A full or a read-only folder is no fault of the device."""
    try:
        free_bytes = shutil.disk_usage(folder).free
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        return f"nothing came out of the cache, so both were compiled: {folder}: {error.strerror}"
    if not writable:
        return f"nothing came out of the cache, so both were compiled: {folder} cannot be written"
    if free_bytes < (times.blob_bytes or 0):
        return (
            f"nothing came out of the cache, so both were compiled: the compiled model has {times.blob_bytes:,} bytes, "
            f"and {folder} has {free_bytes:,} left"
        )
    return _NOT_CACHED.format(device=times.device)


def _run(times: Compiled, *, with_cache: bool, way: Way | None = None) -> CompileRun:
    if way is None and times.loaded_from_cache:
        way = "cached"
    elif way is None and times.import_ms is not None:
        way = "imported"
    return CompileRun(way=way or ("cold" if with_cache else "compiled"), with_cache=with_cache, times=times)


def _without_cache(settings: Settings) -> Settings:
    properties = {key: value for key, value in settings.properties.items() if split_key(key)[1].upper() != "CACHE_DIR"}
    return msgspec.structs.replace(settings, cache_dir="", properties=properties)
