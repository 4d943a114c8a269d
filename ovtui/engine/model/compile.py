"""Compiles or imports a model as the settings ask, and reads back the properties in force."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino as ov

from ovtui.engine import device_attribution, devices, property_report
from ovtui.engine.errors import ChangeRejected, SetupError, reason_of
from ovtui.engine.free_memory import peak_address_bytes
from ovtui.engine.model import batch_evidence, batch_probe, hidden_batch
from ovtui.engine.model.batch_evidence import WitnessPort
from ovtui.engine.model.blob_head import why_not_imported
from ovtui.engine.model.cache_folder import make_cache_folders
from ovtui.engine.model.device_properties import BY_DEVICE, values_for_all, values_for_named
from ovtui.engine.model.extensions import load_extensions
from ovtui.engine.model.hidden_batch import HINT_NUM_REQUESTS
from ovtui.engine.model.model_files import find_model
from ovtui.engine.model.odd_paths import folder_way
from ovtui.engine.model.preprocessing import refuse_for_blob
from ovtui.records.events import BatchEvidence, BatchingPlan
from ovtui.settings.device_names import explicit_batch_size, hides_batch_workers, kind_of, matches_device
from ovtui.settings.schema.settings import Settings, fields

LOGGING_DEVICES = ("AUTO", "MULTI")
"""Devices whose log is the only source of the compile times, the chosen device and the reason of a failed compile."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """A compiled model and how it came about."""

    compiled: ov.CompiledModel
    device: str
    """The device string that it was compiled for."""
    began_ns: int
    """When compile_model was called, on CLOCK_MONOTONIC."""
    compile_ms: float
    may_batch: bool
    """False when no two requests of this compiled model can share a batch."""
    expected_batch: int
    """B, the number of requests in a full batch, where the compiled model tells one above 1; else 0."""
    evidence: BatchEvidence
    """How the batch size of each request is found, where requests may share a batch."""
    witness: WitnessPort | None
    """The port of the witness, where that is the evidence."""
    why_not: str
    """Why requests cannot be batched, or why batches cannot be observed, as a phrase; empty where neither is so."""
    optimal_batch: int | None = None
    """OPTIMAL_BATCH_SIZE, where the device was asked why it batches nothing."""
    model: ov.Model | None = None
    """What was compiled; None for a blob."""
    shared_inputs: tuple[str, ...] = ()
    """The inputs of which all members of a batch get one request's value, where `expected_batch` is known."""
    peaks_bytes: tuple[int, int] | None = None
    """The most address space that this process has had (VmPeak), before and after the compile; None where the system
    does not tell. OpenVINO's libraries alone are some 500 MB of it, and memory that is kept in reserve counts."""


def compile_properties(settings: Settings, device: str) -> dict[str, Any]:
    """The properties for compile_model. Those of `--set` override all others; 'GPU.KEY' goes to that device alone."""
    found: dict[str, Any] = {}
    for field in fields().values():
        value = getattr(settings, field.name)
        if field.spec.property and value != field.default and field.name not in ("hint", *BY_DEVICE):
            found[field.spec.property] = str(value).upper() if field.name == "auto_batching" else value
    found |= values_for_all(settings)
    if settings.hint != "none":
        found["PERFORMANCE_HINT"] = settings.hint.upper()
        if settings.nireq and devices.virtual_of(device) != "BATCH":
            # As benchmark_app's -nireq does: for 4 requests in flight 16 cores make 4 streams of 4 threads and not 16
            # streams of which 4 are used, which gives 2.5 times the throughput of demo-cnn. Implicit batching needs it
            # too, or a model with an optimal batch of 256 asks for 1024 requests. Not under BATCH(B), which makes one
            # request of B.
            found[HINT_NUM_REQUESTS] = settings.nireq
    if devices.virtual_of(device) in LOGGING_DEVICES:
        found["LOG_LEVEL"] = "LOG_INFO"
    per_device = values_for_named(settings)
    for key, value in settings.properties.items():
        head, dot, rest = key.rpartition(".")
        if dot:
            per_device.setdefault(head, {})[rest] = value
        else:
            found[key] = value
    for values in (found, *per_device.values()):
        for name in values.keys() & {"CACHE_DIR"}:
            values[name] = folder_way(values[name])
    if device_attribution.wants_kernel_profiling(settings, device):
        for name in devices.candidates(device, ("GPU",)):
            if name.startswith("GPU"):
                per_device.setdefault(name, {}).setdefault("PERF_COUNT", device_attribution.GPU_PROFILING)
    if per_device and devices.virtual_of(device) in ("", "BATCH"):
        runs_on = devices.candidates(device, ())[0]
        for head, values in per_device.items():
            if matches_device(head, runs_on):
                found.update(values)
    elif per_device:
        found["DEVICE_PROPERTIES"] = per_device
    return found


def compile_model(
    core: ov.Core,
    model: ov.Model,
    settings: Settings,
    device: str,
    available: dict[str, str],
    *,
    input_changes: bool = False,
) -> Compilation:
    """Compiles the model, with the batch probe where that is the evidence of batches. `input_changes`: the content of
    the inputs changes from request to request. Raises SetupError with OpenVINO's reason."""
    make_cache_folders(settings)
    possible = batch_probe.batching_possibility(settings, device, model, available)
    wanted = compile_properties(settings, device)
    probe = _wants_probe(core, model, settings, device, possible, input_changes)
    if probe:
        batch_probe.add_probe(model)
    compiled, took = _compile(core, model, device, wanted, settings, available)
    found = _observe(compiled, device, possible, probe, input_changes, settings.batch_timeout_in_force_ms)
    if found.batch == 1 and not found.why_not:
        found = _why_unbatched(core, model, device)
    return _compilation(compiled, device, took, found, model)


def compile_path(core: ov.Core, path: str, settings: Settings, device: str, available: dict[str, str]) -> Compilation:
    """Has OpenVINO read the file and compile it in one go: there is no model to see, so no batch probe, and OpenVINO
    batches nothing by itself. Raises SetupError with OpenVINO's reason."""
    load_extensions(core, settings)
    make_cache_folders(settings)
    wanted = compile_properties(settings, device)
    compiled, took = _compile(core, path, device, wanted, settings, available)
    explicit = explicit_batch_size(device)
    why_not = "" if explicit is not None else "a model compiled from its file is not batched by OpenVINO"
    possible = batch_probe.BatchingPossibility(explicit, False, why_not)
    found = _observe(compiled, device, possible, False, True, settings.batch_timeout_in_force_ms)
    return _compilation(compiled, device, took, found)


@dataclass(frozen=True, slots=True)
class _Took:
    """What a compile, or an import, took."""

    began_ns: int
    ms: float
    peaks_bytes: tuple[int, int] | None
    """As Compilation has them."""


class _Meter:
    """Begins to count as it is made. Reading the peak takes some 50 us, outside of the time."""

    def __init__(self) -> None:
        self._peak_bytes = peak_address_bytes()
        self._began_ns = time.monotonic_ns()

    def read(self) -> _Took:
        ms, peak = (time.monotonic_ns() - self._began_ns) / 1e6, peak_address_bytes()
        peaks = None if self._peak_bytes is None or peak is None else (self._peak_bytes, peak)
        return _Took(self._began_ns, ms, peaks)


def _compile(
    core: ov.Core,
    model: ov.Model | str,
    device: str,
    wanted: dict[str, Any],
    settings: Settings,
    available: dict[str, str],
) -> tuple[ov.CompiledModel, _Took]:
    """Raises SetupError."""
    meter = _Meter()
    try:
        compiled = core.compile_model(model, device, wanted)
    except RuntimeError as error:
        reason = reason_of(error)
        reason = devices.nothing_found(device, available, reason) or reason
        meant = property_report.misspelling_hint(core, settings, device, available, reason)
        raise SetupError(f"{device}: {reason.rstrip('.') if meant else reason}{meant}") from None
    return compiled, meter.read()


def import_blob(core: ov.Core, settings: Settings, device: str) -> Compilation:
    """Imports a model that was compiled before (`export_model`). It cannot be changed, so there is no batch probe, and
    shape and batch size of the settings do not apply. Raises SetupError with OpenVINO's reason, UsageError where the
    settings ask for preprocessing."""
    refuse_for_blob(settings)
    load_extensions(core, settings)
    make_cache_folders(settings)
    meter = _Meter()
    path = find_model(settings.model).path
    try:
        blob = io.BytesIO(Path(path).read_bytes())
        compiled = core.import_model(blob, device, compile_properties(settings, device))
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from None
    except RuntimeError as error:
        reason = reason_of(error)
        if devices.virtual_of(device) and "Not Implemented" in reason:
            reason = "it imports none; name the device that it was compiled for, as in -d CPU"
        else:
            reason = why_not_imported(Path(path), device, ov.__version__, reason)
        raise SetupError(f"{path}: {device} cannot import this blob: {reason}") from None
    took = meter.read()
    why_not = "the model is an imported blob, which OpenVINO does not batch"
    found = _Observed(1, "none", why_not=why_not)
    return _compilation(compiled, device, took, found)


@dataclass(frozen=True, slots=True)
class _Observed:
    batch: int
    """B; 1 where nothing batches, 0 where it is unknown."""
    evidence: BatchEvidence
    witness: WitnessPort | None = None
    why_not: str = ""
    optimal: int | None = None


def _compilation(
    compiled: ov.CompiledModel,
    device: str,
    took: _Took,
    found: _Observed,
    model: ov.Model | None = None,
) -> Compilation:
    batch = found.batch if found.batch > 1 else 0
    shared = tuple(batch_evidence.shared_inputs(compiled, batch)) if batch else ()
    return Compilation(
        compiled, device, took.began_ns, took.ms, found.batch != 1, batch, found.evidence, found.witness, found.why_not,
        found.optimal, model, shared, took.peaks_bytes,
    )  # fmt: skip


def _wants_probe(
    core: ov.Core,
    model: ov.Model,
    settings: Settings,
    device: str,
    possible: batch_probe.BatchingPossibility,
    input_changes: bool,
) -> bool:
    """Whether the probe is to show the batches of this model. On a device named directly or by BATCH only where the
    settings ask for it, or where the witness would copy too much."""
    if not possible.any or settings.probe == "no":
        return False
    if hides_batch_workers(device):
        return True
    if settings.probe == "auto":
        port = batch_evidence.witness_port(model, input_changes=input_changes)
        if port is not None and port.bytes <= batch_evidence.WITNESS_LIMIT_BYTES:
            return False
    optimal = None if possible.explicit is not None else hidden_batch.optimal_batch(core, model, device)
    return optimal is None or optimal > hidden_batch.MAX_UNBATCHED


def _observe(
    compiled: ov.CompiledModel,
    device: str,
    possible: batch_probe.BatchingPossibility,
    probe: bool,
    input_changes: bool,
    timeout_ms: int,
) -> _Observed:
    """B of the compiled model, and how its batches are observed. OpenVINO decides whether it batches: on a device named
    directly or by BATCH nothing is foretold, but that the CPU never does by itself."""
    if hides_batch_workers(device):
        if not possible.any:
            return _Observed(1, "none", why_not=possible.why_not)
        # 1 says nothing: it may be the stand-in's.
        batch = max(batch_evidence.full_batch(compiled), 1)
        batch = batch if batch > 1 else 0
        if probe:
            return _Observed(batch, "probe")
        if timeout_ms < batch_evidence.MIN_DEDUCED_TIMEOUT_MS:
            why_not = f"no batch probe, and a timeout below {batch_evidence.MIN_DEDUCED_TIMEOUT_MS} ms shows no batches"
            return _Observed(batch, "none", why_not=why_not)
        return _Observed(batch, "deduced")
    if possible.explicit is None and kind_of(device) != "GPU":
        return _Observed(1, "none", why_not=possible.why_not)
    batch = batch_evidence.full_batch(compiled)
    if batch == 1:
        return _Observed(1, "none", why_not=possible.why_not)
    if probe:
        return _Observed(batch, "probe")
    port = batch_evidence.witness_port(compiled, batch, input_changes=input_changes) if batch else None
    if port is None:
        return _Observed(batch, "none", why_not="the model has no port that shows batches")
    return _Observed(batch, "witness", port)


def _why_unbatched(core: ov.Core, model: ov.Model, device: str) -> _Observed:
    """Of a model that might have been batched and was compiled without batching."""
    optimal = hidden_batch.optimal_batch(core, model, device) if not devices.virtual_of(device) else None
    why_not = f"{device} compiled the model without batching"
    if optimal is not None and optimal <= hidden_batch.MAX_UNBATCHED:
        most, asked = hidden_batch.MAX_UNBATCHED, f"OPTIMAL_BATCH_SIZE {optimal}"
        why_not = f"{device} finds no batch above {most} worth it for this model ({asked})"
    return _Observed(1, "none", why_not=why_not, optimal=optimal)


def apply_live(compiled: ov.CompiledModel, old: Settings, new: Settings) -> None:
    """Sets the batch timeout, the only property that a compiled model accepts at run time. Raises ChangeRejected with
    OpenVINO's reason."""
    if old.batch_timeout_ms == new.batch_timeout_ms:
        return
    try:
        compiled.set_property({"AUTO_BATCH_TIMEOUT": new.batch_timeout_in_force_ms})
    except RuntimeError as error:
        raise ChangeRejected(reason_of(error)) from None


def reported_properties(compiled: ov.CompiledModel, settings: Settings, device: str) -> dict[str, str]:
    """The compiled model's values of the properties that were set, and of those that matter for the reading of results,
    as text."""
    made = compile_properties(settings, device)
    wanted = {
        *made,
        "AUTO_BATCH_TIMEOUT",
        "NUM_STREAMS",
        "INFERENCE_NUM_THREADS",
        "INFERENCE_PRECISION_HINT",
    }
    # AUTO accepts this property and does not report it.
    found = {HINT_NUM_REQUESTS: str(made[HINT_NUM_REQUESTS])} if HINT_NUM_REQUESTS in made else {}
    for key in sorted(wanted - {"DEVICE_PROPERTIES", "LOG_LEVEL"}):
        try:
            value = compiled.get_property(key)
        except (RuntimeError, TypeError):
            continue
        found[key] = property_report.property_text(value)
    return found


def batching_plan(made: Compilation) -> BatchingPlan:
    """What is told of batching."""
    if not made.may_batch:
        return BatchingPlan(size=1, why_not=made.why_not, optimal=made.optimal_batch)
    return BatchingPlan(
        size=made.expected_batch or None,
        exact=None if made.evidence == "none" else not hides_batch_workers(made.device),
        evidence=made.evidence,
        probe=made.evidence == "probe",
        why_not=made.why_not,
        shared_inputs=list(made.shared_inputs),
    )
