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
    """Copies any preset with its comments to a personal one; a title that is its name follows. Raises SettingsError,
    also where the name is taken."""
    path, preset = _unused_path(name), presets.find(source)
    atomic_write.write(path, _text_retitled(preset.path, preset.name, name) or read_text(preset.path))
    return path


def rename(old: str, new: str) -> Path:
    """Renames a personal preset; a title that is its name follows. Raises SettingsError, also where `new` is taken."""
    source, path = _personal_path(old), _unused_path(new)
    try:
        text = _text_retitled(source, old, new)
    except SettingsError:  # not TOML, and renamed as it is
        text = ""
    try:
        source.rename(path)
    except OSError as error:
        raise SettingsError(f"{source}: cannot be renamed: {error.strerror}") from None
    if text:
        atomic_write.write(path, text)
    return path


def _text_retitled(path: Path, old: str, new: str) -> str:
    """The text of a preset's file with the new name as its title; empty where the title is not the old name. Raises
    SettingsError where the file is not TOML."""
    import tomlkit

    document = atomic_write.read_document(path)
    if document.get("title") != old:
        return ""
    document["title"] = new
    return tomlkit.dumps(document)


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
