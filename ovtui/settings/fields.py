"""The schema as a list: each field of Settings with its Knob, and text to value and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from ovtui.settings.errors import SettingsError
from ovtui.settings.knob import Effect, Knob
from ovtui.settings.schema import Settings

_TOO_LARGE = 2**63
"""What a message between the processes cannot carry as an integer."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Any
    """The bare type: str, int, float, bool, a Literal or dict[str, str]; `optional` says whether None is allowed."""
    optional: bool
    default: Any
    knob: Knob

    @property
    def label(self) -> str:
        return self.knob.label or self.name

    @property
    def env(self) -> str:
        return f"OVTUI_{self.name.upper()}"

    def show(self, value: Any) -> str:
        """The value as a person writes it; what `read` takes back."""
        if value is None:
            return ""
        if self.knob.show is not None:
            return self.knob.show(value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, dict):
            return " ".join(f"{key}={text}" for key, text in value.items())
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def read(self, text: str) -> Any:
        """The value written as `text`; raises SettingsError saying what was expected."""
        word = text.strip()
        if word == "" and self.optional:
            return None
        if self.knob.parse is not None:
            return self.knob.parse(word)
        if self.knob.choices:
            return self._choice(word)
        if self.type is bool:
            return _yes_or_no(self, word)
        if self.type in (int, float):
            try:
                return self.type(word)
            except ValueError:
                raise SettingsError(f"{self.label}: {text!r} is not {_kind(self)}") from None
        if self.type is str:
            return word
        return dict(property_of(part) for part in word.split())

    def _choice(self, word: str) -> str:
        if word.lower() in self.knob.choices:
            return word.lower()
        raise SettingsError(f"{self.label}: {word!r} is not one of {', '.join(self.knob.choices)}")


@cache
def fields() -> dict[str, Field]:
    """Every setting in the order of the schema, by name."""
    hints = get_type_hints(Settings, include_extras=True)
    found = {}
    for info in msgspec.structs.fields(Settings):
        bare, knob = get_args(hints[info.name])
        optional = get_origin(bare) in (Union, UnionType)
        if optional:
            bare = next(part for part in get_args(bare) if part is not type(None))
        default = info.default if info.default is not msgspec.NODEFAULT else {}
        found[info.name] = Field(info.name, get_origin(bare) or bare, optional, default, knob)
    return found


def check(settings: Settings) -> None:
    """Holds each value against its Knob's range; raises SettingsError."""
    for field in fields().values():
        value = getattr(settings, field.name)
        knob = field.knob
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            too_low = knob.minimum is not None and value < knob.minimum
            too_high = knob.maximum is not None and value > knob.maximum
            if too_low or too_high or not abs(value) < _TOO_LARGE:  # "not <" and not ">=": for NaN
                shown = field.show(value) if knob.show else f"{field.show(value)} {knob.unit}".rstrip()
                raise SettingsError(f"{field.label}: {shown} is out of range: {_range(knob)}")
    streams = settings.nstreams.upper()
    if streams not in ("", "AUTO", "NUMA") and not (streams.isdecimal() and int(streams) > 0):
        raise SettingsError(f"streams: {settings.nstreams!r} is not a number from 1, AUTO or NUMA")


def convert(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values or their texts (a TOML table, flags); raises SettingsError."""
    ready = {}
    for name, value in values.items():
        field = fields().get(name)
        if field is None:
            raise SettingsError(f"{name}: no such setting; known are {', '.join(fields())}")
        ready[name] = field.read(value) if isinstance(value, str) and field.type is not str else value
    try:
        return msgspec.convert(ready, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(_sentence(str(error))) from None


def differences(old: Settings, new: Settings) -> list[str]:
    """The names of the fields whose values differ, in the schema's order."""
    return [name for name in fields() if getattr(old, name) != getattr(new, name)]


def effect_of(name: str, settings: Settings) -> Effect:
    """What a change of this field takes under these settings.

    The batch timeout is live on an explicit BATCH device: the one property a compiled model takes at run time."""
    if name == "batch_timeout_ms" and settings.device.upper().startswith("BATCH:"):
        return Effect.LIVE
    return fields()[name].knob.effect


def property_of(text: str) -> tuple[str, str]:
    """'KEY=VALUE' as its two parts; raises SettingsError."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise SettingsError(f"--set {text!r}: write KEY=VALUE, such as PERF_COUNT=YES")
    return key.strip(), value.strip()


def _kind(field: Field) -> str:
    return "a whole number" if field.type is int else "a number"


def _yes_or_no(field: Field, word: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}
    if word.lower() not in answers:
        raise SettingsError(f"{field.label}: {word!r} is not yes or no")
    return answers[word.lower()]


def _range(knob: Knob) -> str:
    low = "" if knob.minimum is None else f"at least {knob.minimum:g} and "
    return f"{low}at most {knob.maximum or _TOO_LARGE:g}"


def _sentence(error: str) -> str:
    """msgspec's 'Expected `int`, got `str` - at `$.nireq`' with the setting's name first."""
    what, _, where = error.partition(" - at `$.")
    name = where.rstrip("`").split("[")[0]
    return f"{name}: {what.replace('`', '')}" if name else what.replace("`", "")
