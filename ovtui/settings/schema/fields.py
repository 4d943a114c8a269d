"""The schema as a list: each field of Settings with its FieldSpec, and text to value and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import FieldSpec

S = TypeVar("S", bound=msgspec.Struct)
_INT64_LIMIT = 2**63
"""What a message between the processes cannot carry as an integer."""


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Any
    """The bare type: str, int, float, bool, a Literal or dict[str, str]; `optional` says whether None is allowed."""
    optional: bool
    default: Any
    spec: FieldSpec

    @property
    def label(self) -> str:
        return self.spec.label or self.name

    @property
    def env(self) -> str:
        return f"OVTUI_{self.name.upper()}"

    @property
    def expected(self) -> str:
        """What a value may be, in words: 'a whole number from 0 to 4096', 'one of none, latency'."""
        spec = self.spec
        if spec.expected:
            return spec.expected
        if spec.choices:
            return f"one of {', '.join(spec.choices)}"
        if self.type is bool:
            return "yes or no (true or false in a file)"
        if self.type in (int, float) or spec.keywords:
            low = "" if spec.minimum is None else f" from {spec.minimum:g}"
            high = "" if spec.maximum is None else f" to {spec.maximum:,.15g}"
            words = f", {' or '.join(spec.keywords)}" if spec.keywords else ""
            kind = "a number" if self.type is float else "a whole number"
            return f"{kind}{low}{high}{f' {spec.unit}' if spec.unit else ''}{words}"
        return "a table of KEY = value" if self.type is dict else "a text"

    def show(self, value: Any) -> str:
        """The value as a person writes it; what `read` takes back."""
        if value is None:
            return ""
        if self.spec.show is not None:
            return self.spec.show(value)
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
        if self.spec.parse is not None:
            return self.spec.parse(word)
        if self.spec.choices:
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
        return dict(split_assignment(part) for part in word.split())

    def _choice(self, word: str) -> str:
        if word.lower() in self.spec.choices:
            return word.lower()
        raise SettingsError(f"{self.label}: {word!r} is not one of {', '.join(self.spec.choices)}")

    def check(self, value: Any) -> None:
        """Holds a value of the right type against the FieldSpec; raises SettingsError."""
        spec = self.spec
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            too_low = spec.minimum is not None and value < spec.minimum
            too_high = spec.maximum is not None and value > spec.maximum
            if too_low or too_high or not abs(value) < _INT64_LIMIT:  # "not <" and not ">=": for NaN
                shown = self.show(value) if spec.show else f"{self.show(value)} {spec.unit}".rstrip()
                raise SettingsError(f"{self.label}: {shown} is out of range: {_range_text(spec)}")
        elif spec.keywords and value and not self._is_number_or_word(value):
            words = f", {' or '.join(spec.keywords)}"
            raise SettingsError(f"{self.label}: {value!r} is not a number from {spec.minimum or 0:g}{words}")

    def _is_number_or_word(self, text: str) -> bool:
        number = text.isdecimal() and int(text) >= (self.spec.minimum or 0)
        return number or text.upper() in self.spec.keywords


@cache
def fields_of(schema: type[msgspec.Struct]) -> dict[str, Field]:
    """Every field of a struct whose fields are annotated with a FieldSpec, in its order, by name."""
    hints = get_type_hints(schema, include_extras=True)
    found = {}
    for info in msgspec.structs.fields(schema):
        bare, spec = get_args(hints[info.name])
        optional = get_origin(bare) in (Union, UnionType)
        if optional:
            bare = next(part for part in get_args(bare) if part is not type(None))
        default = info.default if info.default is not msgspec.NODEFAULT else {}
        found[info.name] = Field(info.name, get_origin(bare) or bare, optional, default, spec)
    return found


def fields_by_group(schema: type[msgspec.Struct]) -> dict[str, list[Field]]:
    """The fields by group, groups and members in the order of the schema."""
    groups: dict[str, list[Field]] = {}
    for field in fields_of(schema).values():
        groups.setdefault(field.spec.group, []).append(field)
    return groups


def check_values(values: msgspec.Struct) -> None:
    """Holds each value against its FieldSpec's range; raises SettingsError."""
    for field in fields_of(type(values)).values():
        field.check(getattr(values, field.name))


def read_texts(schema: type[msgspec.Struct], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those that are written as text read; raises SettingsError."""
    ready = {}
    for name, value in values.items():
        field = fields_of(schema).get(name)
        if field is None:
            raise SettingsError(f"{name}: no such setting; known are {', '.join(fields_of(schema))}")
        is_text = isinstance(value, str) and (field.type is not str or field.spec.parse is not None)
        ready[name] = field.read(value) if is_text else value
    return ready


def convert_to(schema: type[S], values: Mapping[str, Any]) -> S:
    """A checked struct from values or their texts; raises SettingsError."""
    try:
        return msgspec.convert(read_texts(schema, values), schema)
    except msgspec.ValidationError as error:
        raise SettingsError(_conversion_error_text(str(error))) from None


def split_assignment(text: str) -> tuple[str, str]:
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


def _range_text(spec: FieldSpec) -> str:
    low = "" if spec.minimum is None else f"at least {spec.minimum:g} and "
    return f"{low}at most {spec.maximum or _INT64_LIMIT:g}"


def _conversion_error_text(error: str) -> str:
    """msgspec's 'Expected `int`, got `str` - at `$.nireq`' with the setting's name first."""
    what, _, where = error.partition(" - at `$.")
    name = where.rstrip("`").split("[")[0]
    return f"{name}: {what.replace('`', '')}" if name else what.replace("`", "")
