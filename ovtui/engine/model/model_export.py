"""A compiled model as a blob: which device exports one, and the file that it is written to."""

from __future__ import annotations

import io
from pathlib import Path

import openvino as ov

from ovtui.engine import devices
from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.engine.model.compile import compile_properties
from ovtui.engine.model.read_model import is_blob
from ovtui.settings.errors import SettingsError
from ovtui.settings.files.atomic_write import write_bytes
from ovtui.settings.schema.settings import Settings

FLAG = "--export-blob"


def refuse_export(core: ov.Core, settings: Settings, device: str) -> None:
    """Before the compile. Raises SetupError where the device exports no compiled model, or none that it imports, and
    UsageError where the model is one already."""
    if is_blob(settings):
        raise UsageError(f"{FLAG}: {settings.model} is a compiled model already; copy the file")
    virtual = devices.virtual_of(device)
    if virtual:
        named = devices.candidates(device, ())[:1] or ["CPU"]
        raise SetupError(
            f"{FLAG}: {virtual} exports no compiled model that can be imported again; name the device itself, as in "
            f"-d {named[0]}"
        )
    try:
        able = "EXPORT_IMPORT" in core.get_property(device, "OPTIMIZATION_CAPABILITIES")
    except (RuntimeError, TypeError):
        return  # the export itself tells
    if not able:
        raise SetupError(f"{FLAG}: {device} exports no compiled model; leave it out, or name another device")


def exported(compiled: ov.CompiledModel) -> bytes | None:
    """The compiled model; None where the device exports none."""
    try:
        return bytes(compiled.export_model().getvalue())
    except (RuntimeError, TypeError):
        return None


def exported_whole(core: ov.Core, compiled: ov.CompiledModel, settings: Settings, device: str) -> bytes:
    """The compiled model, which has been imported once: what came out of a cache exports a blob that OpenVINO 2026.4
    does not take, and so does CACHE_MODE=OPTIMIZE_SIZE, which leaves the weights out. Raises SetupError."""
    try:
        data = bytes(compiled.export_model().getvalue())
    except (RuntimeError, TypeError) as error:
        raise SetupError(f"{FLAG}: {device} cannot export the compiled model: {reason_of(error)}") from None
    try:
        core.import_model(io.BytesIO(data), device, compile_properties(settings, device))
    except RuntimeError as error:
        why = f"{FLAG}: {device} exports a blob that it does not take itself: {reason_of(error).rstrip('.')}"
        hint = "; leave CACHE_MODE out" if "CACHE_MODE" in settings.properties else ""
        raise SetupError(f"{why}{hint}") from None
    return data


def write_blob(path: Path, data: bytes) -> None:
    """Raises UsageError."""
    try:
        write_bytes(path, data)
    except SettingsError as error:
        raise UsageError(f"{FLAG} {error}") from None
