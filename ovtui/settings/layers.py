"""The layers of settings: flags win over OVTUI_ variables, these over the preset, the preset over the config file, and
the config file over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.folding import fold_properties
from ovtui.settings.schema.fields import convert_to, fields_of, read_texts
from ovtui.settings.schema.settings import Settings, fields

if TYPE_CHECKING:
    from ovtui.settings.files.config import Config
    from ovtui.settings.schema.display_settings import DisplaySettings

DEFAULT_ORIGIN = "default"


@dataclass(frozen=True, slots=True)
class ResolvedSettings:
    settings: Settings
    origin: dict[str, str]
    """Field name to 'flag', 'OVTUI_RATE', 'preset auto-latency', 'config file' or 'default'. A single property has the
    name 'properties.KEY'."""

    def set_explicitly(self) -> list[str]:
        """The names of the settings whose value is not a default."""
        return [name for name in fields() if self.origin[name] != DEFAULT_ORIGIN]


@dataclass(frozen=True, slots=True)
class ResolvedDisplay:
    view: DisplaySettings
    origin: dict[str, str]


def resolve(
    flags: Mapping[str, Any], environment: Mapping[str, str], preset: str, config: Config | None = None
) -> ResolvedSettings:
    """The settings in force. `flags` holds the given flags only. Raises SettingsError, which names the source of the
    bad value."""
    values: dict[str, Any] = {}
    origin = dict.fromkeys(fields(), DEFAULT_ORIGIN)
    if config is not None:
        config.raise_problems()
        _merge_layer(values, origin, config.settings, config.layer)
    if preset:
        from ovtui.settings.files import presets

        _merge_layer(values, origin, presets.find(preset).settings, f"preset {preset}")
    for name, layer in from_environment(Settings, environment).items():
        try:
            _merge_layer(values, origin, fold_properties(layer), name)
        except SettingsError as error:
            raise SettingsError(f"{name}: {error}") from None
    _merge_layer(values, origin, fold_properties(read_texts(Settings, flags)), "flag")
    return ResolvedSettings(convert(values), origin)


def resolve_display(
    flags: Mapping[str, Any], environment: Mapping[str, str], config: Config | None = None
) -> ResolvedDisplay:
    """The display settings in force. Raises SettingsError."""
    from ovtui.settings.schema.display_settings import DisplaySettings

    values: dict[str, Any] = {}
    origin = dict.fromkeys(fields_of(DisplaySettings), DEFAULT_ORIGIN)
    if config is not None:
        config.raise_problems()
        _merge_layer(values, origin, config.view, config.layer)
    for name, layer in from_environment(DisplaySettings, environment).items():
        _merge_layer(values, origin, layer, name)
    _merge_layer(values, origin, flags, "flag")
    return ResolvedDisplay(convert_to(DisplaySettings, values), origin)


def from_environment(schema: type[msgspec.Struct], environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Variable name to {field name: value}, of the variables that are set and not empty. Raises SettingsError, which
    begins with the variable's name."""
    found = {}
    for field in fields_of(schema).values():
        text = environment.get(field.env, "")
        if not text:
            continue
        try:
            value = field.read(text)
            if value is not None:
                field.check(value)
        except SettingsError as error:
            raise SettingsError(f"{field.env}: {error}") from None
        found[field.env] = {field.name: value}
    return found


def _merge_layer(values: dict[str, Any], origin: dict[str, str], layer: Mapping[str, Any], name: str) -> None:
    for key, value in layer.items():
        if isinstance(value, dict):
            origin.update({f"{key}.{inner}": name for inner in value})
            value = {**values.get(key, {}), **value}
        values[key] = value
        origin[key] = name
