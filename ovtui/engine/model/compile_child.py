"""Reads and compiles a model once, in a process of its own, and tells what it took: `python -m
ovtui.engine.model.compile_child`, the question as JSON on stdin, a line of JSON for each step on stdout
(records/compile_times.py; host/compile_timer.py asks). It may crash, hang or be killed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.compile_times import Compiled, CompileQuestion, CompileRefused, CompileStep, Doing
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent

if TYPE_CHECKING:
    import openvino as ov

    from ovtui.engine.model.compile import Compilation
    from ovtui.engine.model.inputs import Inputs
    from ovtui.settings.schema.settings import Settings

_MOST_MEASURED_BYTES = 1 << 30
"""A compiled model of more weights is exported only where it is to be written: an export holds it a second time."""
_KIB = 1024
_HANDOVER_NS = 60_000_000_000
"""Where the compile for an accelerator fails, AUTO may list the stand-in for ever."""
_LOOK_S = 0.002


class CompileTrial:
    """`tell` takes each step as it begins."""

    def __init__(self, question: CompileQuestion, tell: Callable[[CompileStep], None]) -> None:
        # The probe would make it another model, with another entry in the cache.
        self._settings = msgspec.structs.replace(question.settings, probe="no")
        self._export, self._infers, self._tell = question.export_blob, question.infers, tell
        self._notes: list[str] = []
        self._reshape_ms: float | None = None
        self._read_ms: float | None = None
        self._weights_bytes = 0
        self._inputs: Inputs | None = None

    def run(self) -> Compiled:
        """Raises SetupError, and what OpenVINO raises."""
        import openvino as ov

        from ovtui.engine import devices
        from ovtui.engine.model.device_properties import refuse_unused_devices
        from ovtui.engine.model.model_export import refuse_export
        from ovtui.engine.named_devices import full_name
        from ovtui.engine.property_report import compiled_properties

        settings, core = self._settings, ov.Core()
        available = devices.read_available_devices(core)
        device, note = devices.choose_device(settings, available)
        self._notes += [note] if note else []
        refuse_unused_devices(settings, device, available)
        if self._export:
            refuse_export(core, settings, device)
        folder_before = _folder_bytes(settings.cache_dir)
        before = _memory()
        made, imported = self._compile(core, device, available)
        first_ms, handover_ms = None, None
        if self._infers and _stands_in(
            made.compiled
        ):  # as an application sees it, and with the memory of the device that serves
            first_ms = self._first_inference(made)
            why_not = devices.why_no_handover(device, available)
            self._notes += [why_not] if why_not else []
            handover_ms = None if why_not else self._handover(made)
        after = _memory()
        cached = _loaded_from_cache(made.compiled) if settings.cache_dir else None
        whole = imported or cached is True
        told = compiled_properties(made.compiled, device)
        serving = [str(name) for name in made.compiled.get_property("EXECUTION_DEVICES")]
        if first_ms is None:
            first_ms = self._first_inference(made)
        blob_bytes = None if whole else self._export_model(core, made.compiled, device)
        return Compiled(
            device=device,
            full_name=full_name(core, device) if not devices.virtual_of(device) else "",
            execution_devices=serving,
            openvino=ov.__version__,
            read_ms=self._read_ms,
            reshape_ms=self._reshape_ms,
            compile_ms=None if whole else made.compile_ms,
            import_ms=made.compile_ms if whole else None,
            loaded_from_cache=cached,
            first_inference_ms=first_ms,
            handover_ms=handover_ms,
            memory_before_bytes=before["VmRSS"],
            memory_after_bytes=after["VmRSS"],
            peak_memory_bytes=after["VmHWM"],
            address_peaks_bytes=made.peaks_bytes,
            blob_bytes=blob_bytes,
            cache_bytes=_folder_bytes(settings.cache_dir),
            cache_bytes_before=folder_before,
            properties=_flat(told, device),
            notes=self._notes,
        )

    def _compile(self, core: ov.Core, device: str, available: dict[str, str]) -> tuple[Compilation, bool]:
        """The compiled model, and whether it was imported out of a file."""
        from ovtui.engine.model import compile as compiling
        from ovtui.engine.model import model_ways, read_model
        from ovtui.engine.model.inputs import inputs_for

        settings = self._settings
        if read_model.is_blob(settings):
            read_model.refuse_shapes_of_blob(settings)
            self._tell(Doing(f"importing it on {device}"))
            made = compiling.import_blob(core, settings, device)
            self._inputs = inputs_for(settings, made.compiled)
            return made, True
        if settings.load_from_file == "yes":
            self._tell(Doing(f"compiling the file for {device}"))
            made = model_ways.compile_file(core, settings, device, available)
            self._inputs = inputs_for(settings, made.compiled)
            return made, False
        model = self._read(core)
        self._tell(Doing(f"compiling for {device}"))
        return compiling.compile_model(core, model, settings, device, available), False

    def _read(self, core: ov.Core) -> ov.Model:
        """With the shapes of the settings; others stay open, as a compile allows."""
        from ovtui.engine.model import read_model
        from ovtui.engine.model.file_items import gives_shapes
        from ovtui.engine.model.inputs import inputs_for
        from ovtui.engine.model.model_content import constant_bytes
        from ovtui.engine.model.open_shapes import OpenShapes

        self._tell(Doing("reading the model"))
        began_ns = time.monotonic_ns()
        notes: list[tuple[str, str]] = []
        model = read_model.read_file(core, self._settings, notes)  # type: ignore[arg-type]
        read_ns = time.monotonic_ns()
        self._read_ms = (read_ns - began_ns) / 1e6
        model = read_model.read_as_set(core, self._settings, model, notes)  # type: ignore[arg-type]
        closed = len(notes)
        try:
            if self._infers and not gives_shapes(self._settings, model):
                read_model.close_batch(model, notes)  # type: ignore[arg-type]
        except OpenShapes:
            self._notes.append("its shapes stay open, so there is no first inference; --shape gives them")
        if _changes_model(self._settings) or len(notes) > closed:
            self._reshape_ms = (time.monotonic_ns() - read_ns) / 1e6
        self._notes += [text for _, text in notes]
        self._weights_bytes = constant_bytes(model)
        if gives_shapes(self._settings, model) or not any(port.partial_shape.is_dynamic for port in model.inputs):
            self._inputs = inputs_for(self._settings, model)
        return model

    def _first_inference(self, made: Compilation) -> float | None:
        from ovtui.engine.errors import reason_of

        if self._inputs is None or not self._infers:
            return None
        self._tell(Doing("the first inference"))
        try:
            request = made.compiled.create_infer_request()
            self._inputs.fill_new(request, 0)
            began_ns = time.monotonic_ns()
            request.infer()
        except RuntimeError as error:
            self._notes.append(f"the first inference failed: {reason_of(error)}")
            return None
        return (time.monotonic_ns() - began_ns) / 1e6

    def _handover(self, made: Compilation) -> float | None:
        """From the call of compile_model until another device serves than the stand-in; None where it still does."""
        self._tell(Doing("waiting for the device that is to serve"))
        end_ns = time.monotonic_ns() + _HANDOVER_NS
        while time.monotonic_ns() < end_ns:
            if not _stands_in(made.compiled):
                return (time.monotonic_ns() - made.began_ns) / 1e6
            time.sleep(_LOOK_S)
        self._notes.append(
            f"{made.device} was ready with the CPU standing in, which still serves after {_HANDOVER_NS // 10**9} s: "
            "the compile for another device goes on, or has failed (ovtui run tells)"
        )
        return None

    def _export_model(self, core: ov.Core, compiled: ov.CompiledModel, device: str) -> int | None:
        """The bytes of the compiled model, which is written where that was asked for. Raises SetupError."""
        from ovtui.engine.model.model_export import exported, exported_whole, write_blob

        if not self._export and self._weights_bytes > _MOST_MEASURED_BYTES:
            return None
        self._tell(Doing("exporting it"))
        if self._export:
            data: bytes | None = exported_whole(core, compiled, self._settings, device)
            write_blob(Path(self._export), data or b"")
        else:
            data = exported(compiled)
        return None if data is None else len(data)


def _changes_model(settings: Settings) -> bool:
    from ovtui.engine.model.model_ways import settings_of_model

    return bool(settings_of_model(settings))


def _stands_in(compiled: ov.CompiledModel) -> bool:
    """AUTO lists the CPU in parentheses while it compiles for another device."""
    return any(str(name).startswith("(") for name in compiled.get_property("EXECUTION_DEVICES"))


def _loaded_from_cache(compiled: ov.CompiledModel) -> bool | None:
    try:
        return bool(compiled.get_property("LOADED_FROM_CACHE"))
    except (RuntimeError, TypeError):
        return None


def _flat(told: dict[str, dict[str, str]], device: str) -> dict[str, str]:
    own = told.pop(device, {})
    return own | {f"{inner}.{name}": value for inner, values in told.items() for name, value in values.items()}


def _memory() -> dict[str, int]:
    """VmRSS and VmHWM of this process, in bytes."""
    found = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found[name] = int(rest.split()[0]) * _KIB
    return found


def _folder_bytes(folder: str) -> int | None:
    """Of all files in it; 0 for a folder that is not there yet, None without one."""
    if not folder:
        return None
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(path) / name).lstat().st_size
            except OSError:
                continue
    return total


def main() -> None:
    question = from_json(msgspec.json.Decoder(CompileQuestion), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    answer_fd = answer_pipe()

    def tell(step: CompileStep) -> None:
        data = to_json(step) + b"\n"
        while data:
            data = data[os.write(answer_fd, data) :]

    from ovtui.engine.errors import SetupError, UsageError, as_setup_error, detail_of, reason_of

    model = question.settings.model
    try:
        tell(CompileTrial(question, tell).run())
    except (SetupError, UnicodeDecodeError, MemoryError) as caught:
        error = as_setup_error(caught, model)
        tell(CompileRefused(str(error), detail_of(error), isinstance(error, UsageError)))
    except (RuntimeError, TypeError, ValueError, OSError) as caught:
        tell(CompileRefused(f"{model}: {reason_of(caught)}", detail_of(caught)))
    # No teardown: it can block in OpenVINO.
    os._exit(0)


if __name__ == "__main__":
    main()
