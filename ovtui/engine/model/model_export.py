"""A compiled model as a blob: which device exports one, and the file that it is written to."""

from __future__ import annotations

from pathlib import Path

import openvino as ov

from ovtui.engine import devices
from ovtui.engine.errors import SetupError, UsageError, reason_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.files.atomic_write import write_bytes

FLAG = "--export-blob"


def refuse_export(core: ov.Core, device: str) -> None:
    """Before the compile. Raises SetupError where the device exports no compiled model, or none that it imports."""
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


def exported(compiled: ov.CompiledModel, device: str, *, needed: bool) -> bytes | None:
    """The compiled model; None where the device exports none. `needed`: raises SetupError instead."""
    try:
        return bytes(compiled.export_model().getvalue())
    except (RuntimeError, TypeError) as error:
        if needed:
            raise SetupError(f"{FLAG}: {device} cannot export the compiled model: {reason_of(error)}") from None
        return None


def write_blob(path: Path, data: bytes) -> None:
    """Raises UsageError."""
    try:
        write_bytes(path, data)
    except SettingsError as error:
        raise UsageError(f"{FLAG} {error}") from None
