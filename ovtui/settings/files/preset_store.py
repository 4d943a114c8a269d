"""A person's presets, changed: saved, copied, renamed, deleted. Our own are never written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write, locations, presets
from ovtui.settings.schema.settings import Settings, fields


def path_of(name: str) -> Path:
    """Where a personal preset of that name lies or would lie. Raises SettingsError for a name it may not have."""
    presets.check_name(name)
    return locations.presets_folder() / f"{name}.toml"


def exists(name: str) -> bool:
    return path_of(name).is_file()


def save(name: str, settings: Settings, *, keep: Collection[str] = (), title: str = "") -> Path:
    """Writes what differs from the defaults, and what `keep` names: give it the names that the config file sets, or the
    preset would be bent by them. One that is there keeps its comments and order. Raises SettingsError."""
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
    """Copies any preset, comments and all, to a personal one. Raises SettingsError, also where the name is taken."""
    path = _unused_path(name)
    atomic_write.write(path, presets.find(source).path.read_text(encoding="utf-8"))
    return path


def rename(old: str, new: str) -> Path:
    """Raises SettingsError where `old` is not a personal preset, or `new` is taken."""
    source, path = _personal_path(old), _unused_path(new)
    try:
        source.rename(path)
    except OSError as error:
        raise SettingsError(f"{source}: cannot be renamed: {error.strerror}") from None
    return path


def delete(name: str) -> Path:
    """Raises SettingsError where it is not a personal preset."""
    path = _personal_path(name)
    try:
        path.unlink()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be deleted: {error.strerror}") from None
    return path


def _toml_value(value: Any) -> Any:
    """For TOML, which has no None: an empty text, which reads as None."""
    return "" if value is None else value


def _unused_path(name: str) -> Path:
    path = path_of(name)
    if path.exists():
        raise SettingsError(f"preset {name!r} is there already ({path}); delete it first or take another name")
    return path


def _personal_path(name: str) -> Path:
    path = path_of(name)
    if not path.is_file():
        mine = [each.name for each in presets.personal()[0]]
        raise SettingsError(f"no preset {name!r} of yours; you have {', '.join(mine) or 'none'}")
    return path
