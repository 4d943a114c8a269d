"""OpenVINO properties given by `--set`: checked against the catalogue, in OpenVINO's spelling, and moved to the setting
that sets the same property, if there is one. Each value thus has one place, which the screen shows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue import canonical_property
from ovtui.settings.openvino_properties.property import NO, YES
from ovtui.settings.schema.settings import fields

_UNSET_VALUES = {"INFERENCE_PRECISION_HINT": ("", "dynamic", "undefined"), "PERFORMANCE_HINT": ("",)}
"""Texts that leave the property to the device."""
_PRECISIONS = {"fp32": "f32", "fp16": "f16"}


@cache
def settings_by_property() -> dict[str, str]:
    """Property name to the name of the setting that sets it."""
    return {field.spec.property: field.name for field in fields().values() if field.spec.property}


def fold_properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with `properties` checked, and with each property that a setting covers moved to that setting:
    PERFORMANCE_HINT becomes `hint`. Properties win over settings, as on the command line. Raises SettingsError."""
    properties = values.get("properties")
    folded = dict(values)
    if not isinstance(properties, Mapping):
        return folded
    rest = {}
    for key, value in properties.items():
        if not isinstance(key, str) or not isinstance(value, str):
            rest[key] = value  # the type check that follows reports it
            continue
        name = settings_by_property().get(key.strip().upper())
        if name is None:
            spelled, text = canonical_property(key, value)
            rest[spelled] = text
        else:
            folded[name] = _setting_value(name, key, value)
    if rest or not properties:
        folded["properties"] = rest
    else:
        del folded["properties"]
    return folded


def _setting_value(name: str, key: str, text: str) -> Any:
    """The value of the setting `name` that stands for the property's text."""
    field = fields()[name]
    word = text.strip()
    if word.lower() in _UNSET_VALUES.get(key.upper(), ()):
        return "none" if name == "hint" else field.default
    if name == "precision":
        word = _PRECISIONS.get(word.lower(), word)
    elif name == "auto_batching":
        word = {YES: "yes", NO: "no"}[canonical_property(key, word)[1]]
    try:
        value = field.read(word)
        field.check(value)
    except SettingsError as error:
        raise SettingsError(f"{key} is the setting {error}") from None
    return value


def flatten_properties(table: Mapping[str, Any]) -> dict[str, Any]:
    """Properties from a TOML table, which may hold numbers, booleans, and a table for each device. Values become texts;
    those of other types are left as they are."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{rest}": text for rest, text in flatten_properties(value).items()}
        elif isinstance(value, bool):
            found[key] = YES if value else NO
        elif isinstance(value, (int, float)):
            found[key] = str(value)
        else:
            found[key] = value
    return found
