"""Two engines of the same settings, of which one is profiled (PERF_COUNT): what profiling costs is their ratio.

Both have one stream. CPU and GPU keep the profile by stream, as a mean since its start, and nothing tells which stream
served a request: with two of them the readings jump between two means."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import openvino as ov

from ovtui.engine import devices, property_report
from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.layers.sync_request import SyncRequest
from ovtui.engine.model import read_model
from ovtui.engine.model.compile import compile_properties
from ovtui.engine.model.extensions import load_extensions
from ovtui.engine.model.inputs import Inputs
from ovtui.engine.model.model_content import constant_bytes
from ovtui.engine.model.model_files import find_model
from ovtui.engine.model.preprocessing import refuse_for_blob
from ovtui.engine.model.request_content import inputs_with_content
from ovtui.engine.named_devices import full_name
from ovtui.records.events import Severity
from ovtui.settings.device_names import candidates, explicit_batch_size, is_missing, kind_of, virtual_of
from ovtui.settings.schema.groups.inputs import FROM_FILES
from ovtui.settings.schema.settings import Settings

PROFILING = "PERF_COUNT"
_SELECTING = ("AUTO", "MULTI")
_NO_HINT_OF = {"AUTO": "LATENCY", "MULTI": "THROUGHPUT"}
"""What they compile the device for where the settings give no hint."""
_CUMULATIVE = "CUMULATIVE_THROUGHPUT"


@dataclass(slots=True)
class ProfiledPair:
    """Owner: the process's main thread. No engine is ever torn down."""

    untouched: ov.CompiledModel
    profiled: ov.CompiledModel
    device: str
    """That both were compiled for, and which serves."""
    full_name: str
    compile_s: float
    """Of the profiled one."""
    weights_bytes: int
    """What the model's constants take; of an imported one its size."""
    notes: list[str]
    _compile: Callable[[], ov.CompiledModel]
    _inputs: tuple[Inputs, Inputs]
    """Of the untouched and of the profiled requests: the same items in the same order."""
    _state: str
    _kept: list[Any] = field(default_factory=list)

    def renew_profiled(self) -> None:
        """Another profiled engine, whose means begin anew. Raises SetupError."""
        self._kept.append(self.profiled)
        self.profiled = self._compile()

    def untouched_request(self) -> SyncRequest:
        """Raises SetupError."""
        return self._request(self.untouched, self._inputs[0])

    def profiled_request(self) -> SyncRequest:
        """Of the present profiled engine. Raises SetupError."""
        return self._request(self.profiled, self._inputs[1])

    def _request(self, compiled: ov.CompiledModel, inputs: Inputs) -> SyncRequest:
        try:
            made = SyncRequest(compiled, inputs, self._state)
        except RuntimeError as error:
            raise SetupError(f"{self.device}: the infer request cannot be made: {reason_of(error)}") from None
        self._kept.append(made)
        return made


def make_pair(core: ov.Core, settings: Settings, doing: Callable[[str], None]) -> ProfiledPair:
    """Reads and compiles; `doing` is told each step before it. Raises SetupError."""
    settings = _without_profiling(settings)
    available = devices.read_available_devices(core)
    asked, fallback = devices.choose_device(settings, available)
    _refuse_virtual(asked)
    notes = [fallback] if fallback else []
    doing("reading the model")
    source = _read(core, settings, notes)
    device = asked
    if virtual_of(asked) in _SELECTING:
        doing(f"asking {asked} which device serves")
        device = _serving(core, source, settings, asked, available)
        notes.append(f"{asked} serves on {device}: the layers are those of {device}, compiled for it directly")
    properties = _properties(settings, asked, device)

    def compiled_with(profiling: str, more: dict[str, Any]) -> ov.CompiledModel:
        try:
            return source.compiled(core, device, {**properties, **more, PROFILING: profiling})
        except RuntimeError as error:
            reason = reason_of(error)
            meant = property_report.misspelling_hint(core, settings, device, available, reason)
            raise SetupError(f"{device}: {reason.rstrip('.') if meant else reason}{meant}") from None

    inputs = None if source.model is None else _inputs(settings, source.model)
    doing(f"compiling for {device} with profiling")
    began_ns = time.monotonic_ns()
    # First of all: names that OpenVINO numbers are then those of any program that reads and compiles the model.
    profiled = compiled_with("YES", {})
    one_stream = _one_stream(profiled, device)
    if one_stream:
        notes.append(_streams_note(profiled, device, one_stream))
        began_ns = time.monotonic_ns()
        profiled = compiled_with("YES", one_stream)
    compile_s = (time.monotonic_ns() - began_ns) / 1e9
    if kind_of(device) == "GPU" and properties.get("PERFORMANCE_HINT") == "THROUGHPUT":
        notes.append("automatic batching is off for it: the layers are those of one request")
    doing(f"compiling for {device}")
    untouched = compiled_with("NO", one_stream)
    _require_profiling(untouched, profiled, device)
    inputs = inputs or _inputs(settings, profiled)
    notes += [text for _, text in inputs[0].notes]
    return ProfiledPair(
        untouched, profiled, device, full_name(core, device), compile_s, source.weights_bytes, notes,
        lambda: compiled_with("YES", one_stream), inputs, settings.state,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Source:
    """What the engines are made of: a model that was read, or one that was compiled before."""

    model: ov.Model | None = None
    blob: bytes = b""

    def compiled(self, core: ov.Core, device: str, properties: dict[str, Any]) -> ov.CompiledModel:
        """Raises RuntimeError."""
        if self.model is None:
            return core.import_model(self.blob, device, properties)
        return core.compile_model(self.model, device, properties)

    @property
    def weights_bytes(self) -> int:
        return len(self.blob) if self.model is None else constant_bytes(self.model)


def _read(core: ov.Core, settings: Settings, notes: list[str]) -> _Source:
    """Raises SetupError."""
    if not read_model.is_blob(settings):
        told: list[tuple[Severity, str]] = []
        model = read_model.read_model(core, settings, told)
        notes += [text for _, text in told]
        return _Source(model)
    read_model.refuse_shapes_of_blob(settings)
    refuse_for_blob(settings)
    load_extensions(core, settings)
    path = find_model(settings.model).path
    try:
        return _Source(blob=Path(path).read_bytes())
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from None


def _without_profiling(settings: Settings) -> Settings:
    """Without a cache too: its blobs would be those of an engine that nobody runs."""
    left = {
        key: value
        for key, value in settings.properties.items()
        if key.rpartition(".")[2].upper() not in (PROFILING, "CACHE_DIR")
    }
    return msgspec.structs.replace(settings, properties=left, cache_dir="")


def _refuse_virtual(device: str) -> None:
    """Raises UsageError where a device's profile is not that of one request on one device."""
    inner = candidates(device, ())
    if virtual_of(device) == "BATCH":
        size = explicit_batch_size(device) or 4
        raise UsageError(
            f"{device}: its layers run once for several requests; give -d {inner[0]} --batch-size {size}, which is the "
            "model that it runs"
        )
    if virtual_of(device) == "HETERO":
        each = " ".join(f"-d {name}" for name in inner) or "-d CPU"
        raise UsageError(
            f"{device}: no runtime graph tells which of its devices runs a layer; profile each by itself: {each}"
        )


def _inputs(settings: Settings, model: ov.Model | ov.CompiledModel) -> tuple[Inputs, Inputs]:
    """Twice, as each goes through its items on its own. Raises UsageError, also for several data shapes: their layers'
    times would be mixed."""
    first, second = (inputs_with_content(settings, model)[0] for _ in range(2))
    if len(first.turns) > 1 and settings.data_shape == FROM_FILES:
        first.notes.append(
            ("warning", "the files have several shapes; the layers are profiled with the first file alone")
        )
        first.keep_first()
        second.keep_first()
    if len(first.turns) > 1:
        raise UsageError(
            f"--data-shape gives {len(first.turns)} shapes in turn; layers are profiled with one, give one"
        )
    first.own_tensors = second.own_tensors = True
    return first, second


def _serving(core: ov.Core, source: _Source, settings: Settings, device: str, available: dict[str, str]) -> str:
    """The one device that AUTO or MULTI serves on once all are compiled. Raises SetupError where there are several."""
    there = [name for name in candidates(device, available) if not is_missing(name, available)]
    if len(there) == 1:
        return there[0]
    if source.model is None:
        raise UsageError(f"{device}: it imports no compiled model; name the device that it was compiled for, as -d CPU")
    wanted = compile_properties(settings, device)
    wanted.pop("LOG_LEVEL", None)
    if virtual_of(device) == "AUTO":
        wanted["ENABLE_STARTUP_FALLBACK"] = "NO"  # no stand-in: it returns once the chosen device serves
    try:
        found = source.compiled(core, device, wanted).get_property("EXECUTION_DEVICES")
    except RuntimeError as error:
        reason = reason_of(error)
        raise SetupError(f"{device}: {devices.nothing_found(device, available, reason) or reason}") from None
    names = [str(name).strip("()") for name in found]
    if len(names) != 1:
        each = " ".join(f"-d {name}" for name in names)
        raise UsageError(f"{device}: it serves from {' and '.join(names)} at once; profile each by itself: {each}")
    return names[0]


def _properties(settings: Settings, given: str, device: str) -> dict[str, Any]:
    """For the device directly, as `given`, which may be AUTO, would have it compiled."""
    found = compile_properties(settings, device)
    virtual = virtual_of(given)
    if virtual and found.get("PERFORMANCE_HINT", _CUMULATIVE) == _CUMULATIVE:
        chosen = "THROUGHPUT" if "PERFORMANCE_HINT" in found else _NO_HINT_OF[virtual]
        found["PERFORMANCE_HINT"] = chosen
    if virtual:
        for key in ("MODEL_PRIORITY", "MULTI_DEVICE_PRIORITIES", "SCHEDULE_POLICY", "DEVICE_BIND_BUFFER"):
            found.pop(key, None)
        found = {key: value for key, value in found.items() if not key.startswith("ENABLE_") or "FALLBACK" not in key}
    if kind_of(device) == "GPU":
        found["ALLOW_AUTO_BATCHING"] = "NO"
        found.pop("AUTO_BATCH_TIMEOUT", None)
    return found


def _number(compiled: ov.CompiledModel, key: str) -> int:
    try:
        return int(compiled.get_property(key))
    except (RuntimeError, TypeError, ValueError):
        return 0


def _one_stream(compiled: ov.CompiledModel, device: str) -> dict[str, Any]:
    """Properties that give one stream of the size that each has; empty where there is one."""
    streams = _number(compiled, "NUM_STREAMS")
    if streams <= 1:
        return {}
    found: dict[str, Any] = {"NUM_STREAMS": "1"}
    if device.startswith("CPU") and (threads := _number(compiled, "INFERENCE_NUM_THREADS")):
        found["INFERENCE_NUM_THREADS"] = max(1, threads // streams)
    return found


def _streams_note(compiled: ov.CompiledModel, device: str, one_stream: dict[str, Any]) -> str:
    streams, threads = _number(compiled, "NUM_STREAMS"), one_stream.get("INFERENCE_NUM_THREADS")
    of = f" of {threads} {'thread' if threads == 1 else 'threads'}" if threads else ""
    return (
        f"{device} would have {streams} streams{of}; one request in flight uses one of them, so both engines have one"
        f"{of} (--hint latency is the whole device for one request)"
    )


def _require_profiling(untouched: ov.CompiledModel, profiled: ov.CompiledModel, device: str) -> None:
    """Raises SetupError where the engines are not what they are taken for."""
    if is_profiled(profiled) is False:
        raise SetupError(f"{device}: it does not profile this model ({PROFILING} stays NO)")
    if is_profiled(untouched):
        raise SetupError(f"{device}: it profiles always; what an untouched engine takes cannot be told")


def is_profiled(compiled: ov.CompiledModel) -> bool | None:
    """PERF_COUNT of a compiled model; None where it does not tell."""
    try:
        return str(compiled.get_property(PROFILING)).upper() in ("YES", "TRUE", "1")
    except (RuntimeError, TypeError):
        return None
