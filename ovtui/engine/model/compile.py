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
from ovtui.engine.model import batch_probe
from ovtui.settings.device_names import matches_device
from ovtui.settings.schema.settings import Settings, fields

MAX_UNBATCHED = 2
"""OpenVINO batches implicitly only where a device's optimal batch size is above this."""
_HINT_NUM_REQUESTS = "PERFORMANCE_HINT_NUM_REQUESTS"
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
    batching_possibility: batch_probe.BatchingPossibility
    has_probe: bool
    why_no_probe: str
    expected_batch: int
    """B where automatic batching is known to be on; 0 where it is off, or only the probe will show it."""


def compile_properties(settings: Settings, device: str) -> dict[str, Any]:
    """The properties for compile_model. Those of `--set` override all others; 'GPU.KEY' goes to that device alone."""
    found: dict[str, Any] = {}
    for field in fields().values():
        value = getattr(settings, field.name)
        if field.spec.property and value != field.default and field.name != "hint":
            found[field.spec.property] = str(value).upper() if field.name in ("auto_batching", "nstreams") else value
    if settings.hint != "none":
        found["PERFORMANCE_HINT"] = settings.hint.upper()
        if settings.nireq and devices.virtual_of(device) != "BATCH":
            # As benchmark_app's -nireq does: for 4 requests in flight 16 cores make 4 streams of 4 threads and not 16
            # streams of which 4 are used, which gives 2.5 times the throughput of demo-cnn. Implicit batching needs it
            # too, or a model with an optimal batch of 256 asks for 1024 requests. Not under BATCH(B), which makes one
            # request of B.
            found[_HINT_NUM_REQUESTS] = settings.nireq
    if devices.virtual_of(device) in LOGGING_DEVICES:
        found["LOG_LEVEL"] = "LOG_INFO"
    per_device: dict[str, dict[str, str]] = {}
    for key, value in settings.properties.items():
        head, dot, rest = key.rpartition(".")
        if dot:
            per_device.setdefault(head, {})[rest] = value
        else:
            found[key] = value
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
    core: ov.Core, model: ov.Model, settings: Settings, device: str, available: dict[str, str]
) -> Compilation:
    """Compiles the model, with the batch probe where batching is possible. Raises SetupError with OpenVINO's reason."""
    possible = batch_probe.batching_possibility(settings, device, model, available)
    wanted = compile_properties(settings, device)
    expected, why_small = _expected_batch(core, model, settings, device, possible)
    why_no_probe = ""
    if not settings.probe:
        why_no_probe = "the batch probe is switched off"
    elif why_small:
        why_no_probe = why_small
    probe = possible.any and (not why_no_probe or why_no_probe == why_small)
    if probe:
        batch_probe.add_probe(model)
    began_ns = time.monotonic_ns()
    try:
        compiled = core.compile_model(model, device, wanted)
    except RuntimeError as error:
        reason = reason_of(error)
        meant = property_report.misspelling_hint(core, settings, device, available, reason)
        raise SetupError(f"{device}: {reason.rstrip('.') if meant else reason}{meant}") from None
    compile_ms = (time.monotonic_ns() - began_ns) / 1e6
    return Compilation(compiled, device, began_ns, compile_ms, possible, probe, why_no_probe, expected)


def import_blob(core: ov.Core, settings: Settings, device: str) -> Compilation:
    """Imports a model that was compiled before (`export_model`). It cannot be changed, so there is no batch probe, and
    shape and batch size of the settings do not apply. Raises SetupError with OpenVINO's reason."""
    began_ns = time.monotonic_ns()
    try:
        blob = io.BytesIO(Path(settings.model).read_bytes())
        compiled = core.import_model(blob, device, compile_properties(settings, device))
    except OSError as error:
        raise SetupError(f"{settings.model}: cannot be read: {error.strerror}") from None
    except RuntimeError as error:
        raise SetupError(f"{settings.model}: {device} cannot import this blob: {reason_of(error)}") from None
    compile_ms = (time.monotonic_ns() - began_ns) / 1e6
    possible = batch_probe.BatchingPossibility(None, False, "the model is an imported blob, which takes no batch probe")
    return Compilation(compiled, device, began_ns, compile_ms, possible, False, possible.why_not, 0)


def _expected_batch(
    core: ov.Core, model: ov.Model, settings: Settings, device: str, possible: batch_probe.BatchingPossibility
) -> tuple[int, str]:
    """B where it is known before the first request, else 0; and a phrase for why there will be no batches, empty where
    there may be."""
    if possible.explicit:
        return possible.explicit if possible.any else 0, ""
    if not possible.implicit or devices.virtual_of(device):
        return 0, ""  # under AUTO the query would wait for the GPU plugin, and hold up the stand-in
    try:
        optimal = int(core.get_property(device, "OPTIMAL_BATCH_SIZE", {"MODEL_PTR": model}))
    except (RuntimeError, TypeError):
        return 0, ""
    if optimal <= MAX_UNBATCHED:
        return (
            0,
            f"{device} finds no batch above {MAX_UNBATCHED} worth it for this model (OPTIMAL_BATCH_SIZE {optimal})",
        )
    return min(optimal, settings.nireq or optimal), ""


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
    found = {_HINT_NUM_REQUESTS: str(made[_HINT_NUM_REQUESTS])} if _HINT_NUM_REQUESTS in made else {}
    for key in sorted(wanted - {"DEVICE_PROPERTIES", "LOG_LEVEL"}):
        try:
            value = compiled.get_property(key)
        except (RuntimeError, TypeError):
            continue
        found[key] = property_report.property_text(value)
    return found
