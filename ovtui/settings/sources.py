"""Where each value comes from: flags over OVTUI_ variables over the preset over the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import convert, fields
from ovtui.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Resolved:
    settings: Settings
    origin: dict[str, str]
    """Field name to 'flag', 'OVTUI_RATE', 'preset auto-latency' or 'default'."""


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str], preset: str) -> Resolved:
    """`flags` hold only what was given. Raises SettingsError naming the source of a value that cannot be used."""
    values: dict[str, Any] = {}
    origin = dict.fromkeys(fields(), "default")
    if preset:
        from ovtui.settings import presets

        _lay(values, origin, presets.find(preset).settings, f"preset {preset}")
    for field in fields().values():
        if field.env in environment:
            try:
                _lay(values, origin, {field.name: field.read(environment[field.env])}, field.env)
            except SettingsError as error:
                raise SettingsError(f"{field.env}: {error}") from None
    _lay(values, origin, flags, "flag")
    return Resolved(convert(values), origin)


def _lay(values: dict[str, Any], origin: dict[str, str], layer: Mapping[str, Any], name: str) -> None:
    for key, value in layer.items():
        if isinstance(value, dict):
            value = {**values.get(key, {}), **value}
        values[key] = value
        origin[key] = name
