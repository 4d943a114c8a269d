"""The config file: defaults of settings, display settings and keys. Every command reads it; it is written only when a
person saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write, locations, toml_file
from ovtui.settings.files.odd_file import why_unreadable
from ovtui.settings.files.toml_file import TomlFile, TomlProblem
from ovtui.settings.keymap.resolve import KeyProblem
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings

TABLES = {"settings": "defaults", "view": "how the dashboard looks", "keys": "action = key"}


@dataclass(frozen=True, slots=True)
class Config:
    path: Path
    settings: dict[str, Any] = field(default_factory=dict)
    """Field name to checked value; only the fields that the file names."""
    view: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    """Action to its value in the file, unchecked; keymap.resolve checks it against the dashboard's actions."""
    text: str = ""
    problems: list[TomlProblem] = field(default_factory=list)
    """The parts of the file that cannot be used. Keys are not checked here, which takes the dashboard's actions."""

    @property
    def layer(self) -> str:
        """Name of the file as an origin of values."""
        return "config file"

    def key_problem(self, problem: KeyProblem) -> TomlProblem:
        """A problem of keymap.resolve, with its line in the file."""
        line = toml_file.line_of(self.text, ["keys", problem.action])
        return TomlProblem(self.path, line, f"keys.{problem.action}", problem.text)

    def raise_problems(self) -> None:
        """Raises SettingsError where a part of the file cannot be used. No measurement is better than one with settings
        that differ from the person's file."""
        if self.problems:
            raise SettingsError("; ".join(map(str, self.problems)))


def load(path: Path | None = None) -> Config:
    """The config file; empty where there is none. Errors are collected in `problems`."""
    path = path or locations.config_file()
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Config(path)
    except OSError:
        pass  # toml_file.read reports it as a problem
    if reason := why_unreadable(path):
        return Config(path, problems=[TomlProblem(path, None, "", f"cannot be read: {reason}")])
    return _config_from(toml_file.read(path))


def parse(path: Path, text: str) -> Config:
    """Like `load`, from a text that is or will be the file's."""
    return _config_from(toml_file.parse(path, text))


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
    parse(path, text).raise_problems()
    atomic_write.write(path, text)
    return path


def _config_from(file: TomlFile) -> Config:
    file.check_known_keys(TABLES)
    return Config(
        file.path,
        settings=toml_file.read_struct(file, "settings", Settings),
        view=toml_file.read_struct(file, "view", DisplaySettings),
        keys=file.table_at("keys"),
        text=file.text,
        problems=file.problems,
    )


def _toml_keys(value: Any) -> Any:
    """A list of one key as the key alone; other values unchanged."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        return value
    return value[0] if len(value) == 1 else list(value)
