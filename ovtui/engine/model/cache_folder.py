"""The folder of compiled models (CACHE_DIR), made and checked before the compile: OpenVINO takes a file in place of it
without a word and caches nothing, and its sentence on a folder that it cannot make names no setting."""

from __future__ import annotations

import os
from pathlib import Path

from ovtui.engine.errors import UsageError
from ovtui.engine.model.file_limits import why_unreachable
from ovtui.settings.openvino_properties.catalogue import split_key
from ovtui.settings.schema.settings import Settings


def make_cache_folders(settings: Settings) -> None:
    """Makes the folders that the settings name, of a single device too, as OpenVINO would. Raises UsageError where one
    cannot hold a cache."""
    named = {"--cache-dir ": settings.cache_dir} if settings.cache_dir else {}
    named |= {
        f"--set {key}=": value
        for key, value in settings.properties.items()
        if split_key(key)[1].upper() == "CACHE_DIR" and value
    }
    for option, folder in named.items():
        why_not = _why_not(Path(folder))
        if why_not:
            raise UsageError(f"{option}{folder}: {why_not}; name a folder for compiled models")


def _why_not(folder: Path) -> str:
    """Why it cannot hold a cache; empty where it can."""
    if reason := why_unreachable(folder):
        return f"it cannot be reached: {reason}"
    if folder.exists() and not folder.is_dir():
        return "that is a file"
    in_the_way = next((above for above in folder.parents if above.exists() and not above.is_dir()), None)
    if in_the_way is not None:
        return f"{in_the_way} is a file"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"it cannot be made: {(error.strerror or str(error)).lower()}"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "it is not writable"
