"""The config file: defaults for settings, the look of the dashboard, keys. Read by every command, written only when a
person saves (config_store)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.files import locations, toml_file
from ovtui.settings.files.toml_file import TomlFile, TomlProblem
from ovtui.settings.keymap.resolve import KeyProblem
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings

TABLES = {"settings": "defaults", "view": "how the dashboard looks", "keys": "action = key"}


@dataclass(frozen=True, slots=True)
class Config:
    path: Path
    settings: dict[str, Any] = field(default_factory=dict)
    """Field name to value, checked; only what the file names."""
    view: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    """Action to what stands there; settings.keys tells what of it holds."""
    text: str = ""
    problems: list[TomlProblem] = field(default_factory=list)
    """What in the file cannot be used. Keys are not judged here: that takes the dashboard's list of actions."""

    @property
    def layer(self) -> str:
        """The file's name among the origins of values."""
        return "config file"

    def key_problem(self, problem: KeyProblem) -> TomlProblem:
        """What settings.keys found wrong, with its place in the file."""
        line = toml_file.line_of(self.text, ["keys", problem.action])
        return TomlProblem(self.path, line, f"keys.{problem.action}", problem.text)

    def raise_problems(self) -> None:
        """Raises SettingsError where a part of the file cannot be used: to measure with other settings than a person
        wrote would be worse than not to measure."""
        if self.problems:
            raise SettingsError("; ".join(map(str, self.problems)))


def load(path: Path | None = None) -> Config:
    """The config file, empty where there is none; whatever is wrong stands in `problems`."""
    path = path or locations.config_file()
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return Config(path)
    except OSError:
        pass  # told as a problem by who reads it
    return _config_from(toml_file.read(path))


def parse(path: Path, text: str) -> Config:
    """As `load`, from a text that stands or will stand at that path."""
    return _config_from(toml_file.parse(path, text))


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
