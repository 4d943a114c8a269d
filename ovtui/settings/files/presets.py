"""Named sets of settings in TOML files: our own, shipped and read-only; a person's, in the config folder; or any by its
path. What a preset does not name comes from the config file and the defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovtui.settings.changes import convert
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import locations, toml_file
from ovtui.settings.schema.settings import Settings, fields

_PACKAGE = Path(__file__).parents[2]
SHIPPED_FOLDERS = (_PACKAGE / "presets", _PACKAGE.parent / "presets")
"""Of our own: in the wheel, and in a checkout."""
KEYS = {"title": str, "expect": str, "settings": dict}
RESERVED_NAMES = ("list", "show", "diff", "save", "copy", "rename", "delete")
"""Words of `ovtui presets`, which therefore name no preset."""
_NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MAX_NAME_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    path: Path
    title: str
    expect: str
    """What must be seen, in sentences."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Field name to value, checked; only what the preset names."""
    is_shipped: bool = True
    """Shipped with ovtui, and read-only."""

    def applied_to(self, base: Settings) -> Settings:
        """`base` with what the preset names changed."""
        return convert({**_field_values(base), **self.settings})


def shipped_presets() -> list[Preset]:
    """Our own, in the alphabet's order. Raises SettingsError."""
    return [load(path) for path in sorted(_shipped_folder().glob("*.toml"))]


def personal() -> tuple[list[Preset], list[str]]:
    """A person's, in the alphabet's order, and a sentence for each file that cannot be used."""
    found, wrong = [], []
    own = shipped_names()
    for path in sorted(locations.presets_folder().glob("*.toml")):
        try:
            if path.stem in own:
                raise SettingsError(f"{path}: never used, for {path.stem} is a preset of ovtui's own; rename the file")
            found.append(load(path))
        except SettingsError as error:
            wrong.append(str(error))
    return found, wrong


def shipped_names() -> list[str]:
    return sorted(path.stem for path in _shipped_folder().glob("*.toml"))


def names() -> list[str]:
    """All names that `find` knows, our own first."""
    mine = (path.stem for path in locations.presets_folder().glob("*.toml"))
    return [*shipped_names(), *sorted(set(mine) - set(shipped_names()))]


def find(name: str) -> Preset:
    """A preset by name, or by the path of a TOML file. Raises SettingsError."""
    if not _is_path(name):
        for folder in (_shipped_folder(), locations.presets_folder()):
            if _is_file(folder / f"{name}.toml"):
                return load(folder / f"{name}.toml")
    if _is_file(Path(name)):
        return load(Path(name))
    raise SettingsError(
        f"no preset {name!r}: it is neither a file nor one of {', '.join(names())}{did_you_mean(name, names())}"
    )


def load(path: Path) -> Preset:
    """Raises SettingsError with the file, line, key and what was expected, of everything that is wrong."""
    file = toml_file.read(path)
    file.check_known_keys(KEYS)
    for key, kind in KEYS.items():
        value = file.table.get(key)
        if value is not None and kind is str and not isinstance(value, str):
            file.add_problem([key], f"expected a text, not {toml_file.type_text(value)}")
    values = toml_file.read_struct(file, "settings", Settings)
    file.raise_problems()
    return Preset(
        name=path.stem,
        path=path,
        title=file.table.get("title", "").strip(),
        expect=" ".join(file.table.get("expect", "").split()),
        settings={name: values[name] for name in fields() if name in values},
        is_shipped=path.parent in SHIPPED_FOLDERS,
    )


def check_name(name: str) -> None:
    """Whether a preset of a person's may be called so; raises SettingsError saying why not."""
    if not _NAME_PATTERN.fullmatch(name) or len(name) > _MAX_NAME_LENGTH or name.endswith(".toml"):
        raise SettingsError(
            f"preset name {name!r}: write up to {_MAX_NAME_LENGTH} small letters, digits, '-', '_' and '.', "
            "a letter or digit first, without .toml"
        )
    if name in RESERVED_NAMES:
        raise SettingsError(f"preset name {name!r}: that is a word of `ovtui presets`; take another one")
    if name in shipped_names():
        raise SettingsError(f"preset {name!r} is ovtui's own and read-only; copy it or take another name")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(".toml")


def _field_values(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in fields()}


def _shipped_folder() -> Path:
    for folder in SHIPPED_FOLDERS:
        if folder.is_dir():
            return folder
    raise SettingsError(f"this installation of ovtui has no presets folder ({SHIPPED_FOLDERS[0]})")
