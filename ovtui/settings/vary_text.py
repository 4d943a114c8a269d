"""The grammar of `--vary`: a setting and the values that it is to have.

    vary   = name "=" values
    name   = a setting, its flag without dashes, or an OpenVINO property: nireq, batch-timeout, GPU.QUEUE_PRIORITY
    values = value {"," value}, or value {";" value} where a value has a comma: device=CPU;AUTO:GPU,CPU
    value  = a text that the setting takes | number ".." number [":" step]

1..16 doubles (1, 2, 4, 8, 16); 1..16:4 takes every fourth (1, 5, 9, 13). A range that doubles always has its end: 1..12
is 1, 2, 4, 8, 12. From 0, which in most settings leaves the choice to OpenVINO, it goes on with 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import prod

from ovtui.settings.changes import with_changes
from ovtui.settings.changes_text import PRESET, known_keys
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.model_names import check_model
from ovtui.settings.openvino_properties.catalogue import canonical_property, catalogue, split_key
from ovtui.settings.openvino_properties.folding import settings_by_property
from ovtui.settings.schema.fields import Field
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.shown_text import in_quotes

MOST_VALUES = 256
"""Of one setting."""
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?", re.ASCII)
_PROPERTY = re.compile(r"(?:[A-Za-z]+(?:\.\d+)?\.)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", re.ASCII)
_FIXED = {
    "duration_s": "each point is measured for as long as --point says",
    "requests": "each point is measured for as long as --point says",
    "slo": "all points have the same limits",
    "warm_up": "the figures of all points are made by the same rule",
    "properties": "name the property itself, as in ENABLE_CPU_PINNING=YES,NO",
}
_OF_SESSION = ("record", "no-record", "record-limit", "on-hangup", "keep-for", "prometheus", "json")
_CHANGING_ARRIVALS = ("ramp", "steps", "trace")


def parse_vary(text: str) -> tuple[str, list[str]]:
    """The name of the setting, or of the property in OpenVINO's spelling, and its values as texts, without repetitions.

    Raises SettingsError with one sentence."""
    key, sign, rest = (part.strip() for part in text.partition("="))
    if not sign or not key:
        raise SettingsError(
            f"vary: {in_quotes(text)}: write a setting and its values, as in nireq=1,2,4 or nireq=1..16"
        )
    name = _name(key)
    parts = [part.strip() for part in rest.split(";" if ";" in rest else ",")]
    if ";" in rest:
        parts = [part for part in parts if part]
    if not parts or "" in parts:
        raise SettingsError(f"vary: {in_quotes(text)}: a value is empty; separate values by one comma")
    values: dict[str, None] = {}
    for part in parts:
        for value in _range(part, text) or [part]:
            values[_canonical(name, value)] = None
    if len(values) > MOST_VALUES:
        raise SettingsError(f"vary: {name} has {len(values):,} values; give at most {MOST_VALUES}")
    return name, list(values)


def parse_varies(texts: Iterable[str]) -> dict[str, list[str]]:
    """All of them by name, in their order. Raises SettingsError, also where there is none, or one setting is there
    twice."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, values = parse_vary(text)
        if name in found:
            raise SettingsError(f"vary: {name} is there twice; write its values in one --vary, as in {name}=1,2")
        found[name] = values
    if not found:
        raise SettingsError("vary: nothing to vary; name a setting and its values, as in --vary nireq=1,2,4")
    return found


def points_in(vary: Mapping[str, Sequence[str]]) -> int:
    """How many points the whole grid has."""
    return prod(len(values) for values in vary.values())


def point_settings(base: Settings, values: Mapping[str, str]) -> Settings:
    """`base` with the values of one point. Raises SettingsError where they do not go together.

    Where the device is varied there is no fallback: the point would be measured on a device that it does not name."""
    known = fields()
    changes: dict[str, object] = {name: text for name, text in values.items() if name in known}
    properties = {name: text for name, text in values.items() if name not in known}
    if properties:
        changes["properties"] = {**base.properties, **properties}
    if "device" in values:
        changes["fallback_device"] = ""
    return with_changes(base, changes)


def _name(key: str) -> str:
    word = key.lstrip("-")
    name = "properties" if word in ("set", "properties") else known_keys().get(word.lower())
    if name is None or name == PRESET:
        if word.replace("_", "-") in _OF_SESSION:
            raise SettingsError(f"vary: {word} cannot be varied: it belongs to the session, not to a point")
        head, bare = split_key(word)
        if not head and bare.upper() in settings_by_property():
            name = settings_by_property()[bare.upper()]
        elif bare.upper() in catalogue() or _PROPERTY.fullmatch(word):
            return word
        else:
            names = [*(known_keys().keys() - {PRESET}), *catalogue()]
            raise SettingsError(f"vary: {in_quotes(key)} is no setting{did_you_mean(word, names)}")
    if name in _FIXED:
        raise SettingsError(f"vary: {name} cannot be varied: {_FIXED[name]}")
    return name


def _range(part: str, text: str) -> list[str]:
    """The values of a range; empty where the text is none."""
    found = _RANGE.fullmatch(part)
    if found is None:
        return []
    first, last = float(found[1]), float(found[2])
    step = float(found[3]) if found[3] else None
    if last < first or step == 0:
        what = "ends below its start" if last < first else "has no step"
        raise SettingsError(f"vary: {in_quotes(text)}: the range {part} {what}; write it as in 1..16 or 1..16:2")
    if step is not None:
        count = int((last - first) / step + 1e-9) + 1
        if count > MOST_VALUES:
            raise SettingsError(f"vary: {in_quotes(text)}: the range {part} has {count:,} values; give at most 256")
        return [f"{first + number * step:.15g}" for number in range(count)]
    values = [first]
    while values[-1] < last:
        values.append(min(values[-1] * 2 or 1.0, last))
    return [f"{value:.15g}" for value in values]


def _canonical(name: str, text: str) -> str:
    """The value as the schema writes it. Raises SettingsError where it takes no such value."""
    field = fields().get(name)
    if field is None:
        return canonical_property(name, text)[1]
    value = field.read(text)
    field.check(value)
    if name == "model":
        check_model(str(value))
    elif name == "arrival" and str(value).split(":")[0] in _CHANGING_ARRIVALS:
        raise SettingsError(f"vary: arrival {in_quotes(text)} changes with time, so that a point would not be one load")
    with_changes(_plain(field), {name: value})  # what is checked of the settings as a whole
    return field.show(value)


def _plain(field: Field) -> Settings:
    """Settings with which the field has an effect, so that only its own value can be wrong."""
    return Settings(rate=100.0) if field.name == "arrival" else Settings()
