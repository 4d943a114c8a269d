"""Presets: named sets of settings in TOML files. Shipped ones are read-only, personal ones are in the config folder,
and any file can be used by its path. The other settings come from the config file and the defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovtui.settings.changes import convert
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.experiments import CHECKS
from ovtui.settings.files import locations, toml_file
from ovtui.settings.files.odd_file import why_unreadable
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.shown_text import in_quotes

_PACKAGE = Path(__file__).parents[2]
SHIPPED_FOLDERS = (_PACKAGE / "presets", _PACKAGE.parent / "presets")
"""Folders of the shipped presets: in the wheel, and in a checkout."""
KEYS = {"title": str, "expect": str, "check": str, "settings": dict}
RESERVED_NAMES = ("list", "show", "diff", "save", "copy", "rename", "delete")
"""Subcommands of `ovtui presets`; no preset may have one of these names."""
_NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MAX_NAME_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Preset:
    name: str
    path: Path
    title: str
    expect: str
    """What a run with this preset should show, in sentences."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Field name to checked value; only the fields that the preset names."""
    check: str = ""
    """What a run is checked for, by its name in settings.experiments; empty for nothing."""
    is_shipped: bool = True
    """True when it comes with ovtui, and is read-only."""

    def applied_to(self, base: Settings) -> Settings:
        """`base` with the settings of the preset."""
        return convert({**_field_values(base), **self.settings})


def shipped_presets() -> list[Preset]:
    """The shipped presets, in alphabetical order. Raises SettingsError."""
    return [load(path) for path in _files_in(_shipped_folder())]


def personal() -> tuple[list[Preset], list[str]]:
    """The personal presets, in alphabetical order, and an error text for each file that cannot be used."""
    found, wrong = [], []
    own = shipped_names()
    for path in _files_in(locations.presets_folder()):
        try:
            if path.stem in own:
                raise SettingsError(f"{path}: not used, because {path.stem} is a preset of ovtui; rename the file")
            found.append(load(path))
        except SettingsError as error:
            wrong.append(str(error))
    return found, wrong


def shipped_names() -> list[str]:
    return sorted(path.stem for path in _files_in(_shipped_folder()))


def names() -> list[str]:
    """All names that `find` knows, shipped ones first."""
    mine = (path.stem for path in _files_in(locations.presets_folder()))
    return [*shipped_names(), *sorted(set(mine) - set(shipped_names()))]


def find(name: str) -> Preset:
    """The preset of that name, or of the TOML file at that path. Raises SettingsError."""
    if not _is_path(name):
        for folder in (_shipped_folder(), locations.presets_folder()):
            if _is_file(folder / f"{name}.toml"):
                return load(folder / f"{name}.toml")
    path = Path(expand_home(name))
    if _is_file(path):
        return load(path)
    raise SettingsError(
        f"no preset {in_quotes(name)}: it is neither a file nor one of {', '.join(names())}"
        f"{did_you_mean(name, names(), start='; ')}"
    )


def load(path: Path) -> Preset:
    """The preset in a file. Raises SettingsError with file, line, key and expectation of every error."""
    if reason := why_unreadable(path):
        raise SettingsError(f"{path}: cannot be read: {reason}")
    file = toml_file.read(path)
    file.check_known_keys(KEYS)
    for key, kind in KEYS.items():
        value = file.table.get(key)
        if value is not None and kind is str and not isinstance(value, str):
            file.add_problem([key], f"expected a text, not {toml_file.type_text(value)}")
    check = file.table.get("check", "")
    if isinstance(check, str) and check and check not in CHECKS:
        file.add_problem(["check"], f"expected one of {', '.join(CHECKS)}, not {in_quotes(check)}")
    values = toml_file.read_struct(file, "settings", Settings)
    file.raise_problems()
    return Preset(
        name=path.stem,
        path=path,
        title=file.table.get("title", "").strip(),
        expect=" ".join(file.table.get("expect", "").split()),
        settings={name: values[name] for name in fields() if name in values},
        check=check,
        is_shipped=path.parent in SHIPPED_FOLDERS,
    )


def check_name(name: str) -> None:
    """Raises SettingsError where a personal preset cannot have this name."""
    if not _NAME_PATTERN.fullmatch(name) or len(name) > _MAX_NAME_LENGTH or name.endswith(".toml"):
        raise SettingsError(
            f"preset name {in_quotes(name)}: write up to {_MAX_NAME_LENGTH} small letters, digits, '-', '_' and '.', "
            "starting with a letter or digit, without .toml"
        )
    if name in RESERVED_NAMES:
        raise SettingsError(
            f"preset name {in_quotes(name)}: it is a subcommand of `ovtui presets`; choose another name"
        )
    if name in shipped_names():
        raise SettingsError(
            f"preset {in_quotes(name)} comes with ovtui and is read-only; copy it or choose another name"
        )


def _files_in(folder: Path) -> list[Path]:
    """The TOML files in a folder, in alphabetical order; a folder or a link to nothing is none, whatever its name."""
    return sorted(path for path in folder.glob("*.toml") if _is_file(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or contains a zero byte
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
