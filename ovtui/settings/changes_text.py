"""Changes of settings in one text, as a person writes them behind `--a` and `--b`: 'hint=throughput,nireq=8'."""

from __future__ import annotations

import re
from functools import cache

from ovtui.settings.changes import convert
from ovtui.settings.did_you_mean import nearest
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue import catalogue, split_key
from ovtui.settings.openvino_properties.folding import settings_by_property
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.shown_text import in_quotes

PRESET = "preset"
_KEY = re.compile(r"\s*([A-Za-z][\w.-]*)\s*=")
_PROPERTY = re.compile(r"([\w.-]+\.)?[A-Z][A-Z0-9_]*[A-Z0-9]")
"""As OpenVINO spells properties: those that are not in the catalogue are left to OpenVINO."""


@cache
def known_keys() -> dict[str, str]:
    """What may stand before '=', in lower case, to the name of the setting; a property is no setting of these."""
    found = {PRESET: PRESET}
    for name, field in fields().items():
        if field.type is dict:
            continue  # properties stand for themselves
        flags = [flag.removeprefix("--") for flag in field.spec.flags if flag.startswith("--")]
        words = (name, *flags, *(flag.replace("-", "_") for flag in flags))
        found |= {word.lower(): name for word in words}
    return found


def parse_changes(text: str) -> dict[str, str]:
    """'hint=latency,nireq=8' as {'hint': 'latency', 'nireq': '8'}; properties under their own names.

    A comma belongs to the value unless something that can be set follows with '=': 'device=AUTO:GPU,CPU,nireq=4' are
    two changes. An empty text changes nothing. Raises SettingsError."""
    found: dict[str, str] = {}
    if not text.strip():
        return found
    for part in _parts(text):
        key, value = _key_of(part)
        if key in found:
            raise SettingsError(f"{in_quotes(text)}: {key} is given twice")
        found[key] = value
    return found


def apply_changes(base: Settings, text: str) -> Settings:
    """`base` with a preset, if the text names one, and then with the other changes. Raises SettingsError."""
    changes = parse_changes(text)
    preset = changes.pop(PRESET, "")
    if preset:
        from ovtui.settings.files import presets

        base = presets.find(preset).applied_to(base)
    settings = {name: value for name, value in changes.items() if name in fields()}
    given = {name: value for name, value in changes.items() if name not in fields()}
    values = {name: getattr(base, name) for name in fields()}
    read = {name: fields()[name].read(value) for name, value in settings.items()}
    return convert({**values, **read, "properties": {**base.properties, **given}})


def _parts(text: str) -> list[str]:
    """The text at the commas that end a value."""
    parts: list[str] = []
    for piece in text.split(","):
        begins = _KEY.match(piece)
        if parts and (begins is None or not _is_known(begins[1])):
            parts[-1] += f",{piece}"
        else:
            parts.append(piece)
    return parts


def _is_known(key: str) -> bool:
    return key.lower() in known_keys() or _is_property(key)


def _is_property(key: str) -> bool:
    return split_key(key)[1].upper() in catalogue() or _PROPERTY.fullmatch(key) is not None


def _key_of(part: str) -> tuple[str, str]:
    begins = _KEY.match(part)
    if begins is None:
        raise SettingsError(f"{in_quotes(part.strip())} is no change of a setting; write NAME=VALUE, such as nireq=8")
    key, value = begins[1], part[begins.end() :].strip()
    name = known_keys().get(key.lower())
    if name is None and _is_property(key):
        name = settings_by_property().get(key.upper(), key)
        if name != key:  # the setting reads the property's words where they are its own; else the property does
            return key, value
    if name is None:
        near = nearest(key, [*known_keys(), *catalogue()])
        raise SettingsError(f"no setting {in_quotes(key)}" + (f", did you mean {near}?" if near else ""))
    if not value and name == PRESET:
        raise SettingsError("preset= names no preset")
    return name, value
