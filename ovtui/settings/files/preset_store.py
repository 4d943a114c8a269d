"""Changes to personal presets: save, copy, rename, delete. Shipped presets are never written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write, locations, presets
from ovtui.settings.files.text_file import read_text
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.shown_text import in_quotes


def path_of(name: str) -> Path:
    """Path of the personal preset of that name, whether it exists or not. Raises SettingsError for a bad name."""
    presets.check_name(name)
    return locations.presets_folder() / f"{name}.toml"


def exists(name: str) -> bool:
    return path_of(name).is_file()


def save(name: str, settings: Settings, *, keep: Collection[str] = (), title: str = "") -> Path:
    """Writes the settings that differ from the defaults and those that `keep` names. `keep` should name the settings of
    the config file, which would otherwise override defaults when the preset is used. An existing file keeps its
    comments and order. Raises SettingsError."""
    import tomlkit

    path = path_of(name)
    document = atomic_write.read_document(path)
    if title:
        document["title"] = title
    elif "title" not in document:
        document["title"] = name
    if not isinstance(document.get("settings"), Mapping):
        document["settings"] = tomlkit.table()
    values = {
        field.name: _toml_value(getattr(settings, field.name))
        for field in fields().values()
        if getattr(settings, field.name) != field.default or field.name in keep
    }
    atomic_write.update_table(document["settings"], values)
    atomic_write.write(path, tomlkit.dumps(document))
    return path


def copy(source: str, name: str) -> Path:
    """Copies any preset with its comments to a personal one. Raises SettingsError, also where the name is taken."""
    path = _unused_path(name)
    atomic_write.write(path, read_text(presets.find(source).path))
    return path


def rename(old: str, new: str) -> Path:
    """Renames a personal preset. Raises SettingsError, also where `new` is taken."""
    source, path = _personal_path(old), _unused_path(new)
    try:
        source.rename(path)
    except OSError as error:
        raise SettingsError(f"{source}: cannot be renamed: {error.strerror}") from None
    return path


def delete(name: str) -> Path:
    """Deletes a personal preset and returns its path. Raises SettingsError."""
    path = _personal_path(name)
    try:
        path.unlink()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be deleted: {error.strerror}") from None
    return path


def _toml_value(value: Any) -> Any:
    """TOML has no None; an empty text is read as None."""
    return "" if value is None else value


def _unused_path(name: str) -> Path:
    path = path_of(name)
    if path.exists():
        raise SettingsError(f"preset {in_quotes(name)} exists already ({path}); delete it first or choose another name")
    return path


def _personal_path(name: str) -> Path:
    path = path_of(name)
    if not path.is_file():
        mine = [each.name for each in presets.personal()[0]]
        raise SettingsError(f"no preset {in_quotes(name)} of yours; you have {', '.join(mine) or 'none'}")
    return path
