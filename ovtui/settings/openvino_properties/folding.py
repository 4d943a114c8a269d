"""OpenVINO properties as a person sets them (`--set`): checked against the catalogue, spelled as OpenVINO spells them,
and those that have a setting of their own turned into it, so that a fact has one place and the screen tells it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue import canonical_property
from ovtui.settings.openvino_properties.property import NO, YES
from ovtui.settings.schema.settings import fields

_UNSET_VALUES = {"INFERENCE_PRECISION_HINT": ("", "dynamic", "undefined"), "PERFORMANCE_HINT": ("",)}
"""Values by which OpenVINO leaves it to the device."""
_PRECISIONS = {"fp32": "f32", "fp16": "f16"}


@cache
def settings_by_property() -> dict[str, str]:
    """Property to the name of the setting that fills it."""
    return {field.spec.property: field.name for field in fields().values() if field.spec.property}


def fold_properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of settings with `properties` checked, and taken apart where a setting says the same: PERFORMANCE_HINT
    becomes `hint`. Properties win over settings, as on the command line. Raises SettingsError."""
    properties = values.get("properties")
    folded = dict(values)
    if not isinstance(properties, Mapping):
        return folded
    rest = {}
    for key, value in properties.items():
        if not isinstance(key, str) or not isinstance(value, str):
            rest[key] = value  # the type check that follows says it
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
    """The setting's value for a property's text."""
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
    """Properties out of a TOML table, where they may be numbers, booleans and tables by device."""
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
