"""The config file, written: only when a person saves, atomically, and with its comments kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ovtui.settings.files import atomic_write, config, locations


def save(
    *,
    settings: Mapping[str, Any] | None = None,
    view: Mapping[str, Any] | None = None,
    keys: Mapping[str, Sequence[str]] | None = None,
    path: Path | None = None,
) -> Path:
    """Sets the given values in the file and leaves the rest as it is; None removes a key. Raises SettingsError, also
    where the file could not be read again with these values."""
    import tomlkit

    path = path or locations.config_file()
    document = atomic_write.read_document(path)
    for name, values in (("settings", settings), ("view", view), ("keys", keys)):
        if not values:
            continue
        if not isinstance(document.get(name), Mapping):
            document[name] = tomlkit.table()
        for key, value in values.items():
            if value is None:
                document[name].pop(key, None)
            else:
                atomic_write.set_value(document[name], key, _toml_keys(value))
    text = tomlkit.dumps(document)
    config.parse(path, text).raise_problems()
    atomic_write.write(path, text)
    return path


def _toml_keys(value: Any) -> Any:
    """A list of one key as the key alone; other values unchanged."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        return value
    return value[0] if len(value) == 1 else list(value)
