"""Named sets of settings in TOML files: our own, shipped in the package, or a person's by path."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import convert

_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "presets", _PACKAGE.parent / "presets")
"""In the wheel, and in a checkout."""
KEYS = {"title": str, "expect": str, "settings": dict}


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    path: Path
    title: str
    expect: str
    """What must be seen, in sentences."""
    settings: dict[str, Any]
    """Field name to value, checked; only what the preset names."""


def presets() -> list[Preset]:
    """Our own, in the alphabet's order."""
    return [load(path) for path in sorted(_folder().glob("*.toml"))]


def find(name: str) -> Preset:
    """A preset by name, or by the path of a TOML file. Raises SettingsError."""
    own = _folder() / f"{name}.toml"
    if own.is_file() and "/" not in name:
        return load(own)
    if Path(name).is_file():
        return load(Path(name))
    known = ", ".join(path.stem for path in sorted(_folder().glob("*.toml")))
    raise SettingsError(f"no preset {name!r}: it is neither a file nor one of {known}")


def load(path: Path) -> Preset:
    """Raises SettingsError naming the file, the key and what was expected."""
    try:
        table = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not a TOML file: {error}") from None
    for key, value in table.items():
        if key not in KEYS:
            raise SettingsError(f"{path}: unknown key {key!r}; a preset has {', '.join(KEYS)}")
        if not isinstance(value, KEYS[key]):
            raise SettingsError(f"{path}: {key} is not a {'table' if KEYS[key] is dict else 'text'}")
    settings = table.get("settings", {})
    try:
        checked = convert(settings)
    except SettingsError as error:
        raise SettingsError(f"{path}: [settings] {error}") from None
    return Preset(
        name=path.stem,
        path=path,
        title=table.get("title", "").strip(),
        expect=" ".join(table.get("expect", "").split()),
        settings={name: getattr(checked, name) for name in settings},
    )


def _folder() -> Path:
    for folder in FOLDERS:
        if folder.is_dir():
            return folder
    raise SettingsError(f"this installation of ovtui has no presets folder ({FOLDERS[0]})")
