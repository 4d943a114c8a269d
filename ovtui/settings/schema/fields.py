"""The schema as data: one Field for each setting, with its FieldSpec and the conversion from text to value and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from ovtui.settings.errors import SettingsError
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.field_spec import FieldSpec
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import INT64_MAX, NumberFormat, is_yes_or_no, parse_choice, parse_yes_no, whole_number

MOST_CHARACTERS = 32_000
"""Of all settings together. A message between the processes has 128 KiB (records/wire.py), and one that tells of a
change has the settings, and what they were and are."""
S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Any
    """The bare type: str, int, float, bool, dict or Literal; `optional` is True where None is allowed too."""
    optional: bool
    choices: tuple[str, ...]
    """The values of a Literal, or the usual ones of a text that has `other_texts`; empty for the other types."""
    boolean: bool
    """True when True and False stand for the choices 'yes' and 'no'."""
    default: Any
    spec: FieldSpec

    @property
    def other_texts(self) -> bool:
        """True where the choices are not all that can be given."""
        return bool(self.spec.choices)

    @property
    def label(self) -> str:
        return self.spec.label or self.name

    @property
    def env(self) -> str:
        return f"OVTUI_{self.name.upper()}"

    @property
    def expected(self) -> str:
        """The allowed values as a noun phrase: 'a whole number from 0 to 4096', 'one of none, latency'."""
        if self.spec.expected:
            return self.spec.expected
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.type is bool:
            return "yes or no (true or false in a file)"
        if self.type in (int, float) or self.spec.keywords:
            return str(self.number_format)
        return "a table of KEY = value" if self.type is dict else "a path" if self.spec.path else "a text"

    @property
    def number_format(self) -> NumberFormat:
        """The numbers of an int, a float, or a text with keywords."""
        spec = self.spec
        maximum = INT64_MAX if spec.maximum is None else spec.maximum
        return NumberFormat(self.type is not float, spec.minimum, maximum, spec.unit, spec.keywords)

    def show(self, value: Any) -> str:
        """The value as a person writes it; `read` takes it back."""
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
        """The value that `text` spells. Its range is left to `check`. Raises SettingsError, which says what is
        expected."""
        self.require_length(text)
        word = text.strip()
        if word == "" and self.optional:
            return None
        if self.spec.parse is not None:
            return self.spec.parse(word)
        if self.boolean and word.lower() not in self.choices and is_yes_or_no(word):
            return self.choice_of(parse_yes_no(self.label, word))
        if self.choices:
            return parse_choice(self.label, word, self.choices)
        if self.type is bool:
            return parse_yes_no(self.label, word)
        if self.type in (int, float):
            return self.number_format.parse(self.label, word)
        if self.type is str:
            return expand_home(word) if self.spec.path else word
        return dict(split_assignment(part) for part in word.split())

    def require_length(self, text: str) -> None:
        """Raises SettingsError for a text that no message could carry."""
        if len(text) > MOST_CHARACTERS:
            raise SettingsError(
                f"{self.label}: {len(text):,} characters are too many; write at most {MOST_CHARACTERS:,}"
            )

    def choice_of(self, value: Any) -> Any:
        """'yes' or 'no' for True or False, where they stand for these choices; any other value as it is."""
        return ("no", "yes")[value] if self.boolean and isinstance(value, bool) else value

    def check(self, value: Any) -> None:
        """Checks the range of a value that has the right type. Raises SettingsError."""
        spec = self.spec
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            shown = self.show(value) if spec.show else f"{self.show(value)} {spec.unit}".rstrip()
            self.number_format.require(self.label, value, shown)
        elif spec.keywords and value and spec.parse is None and not self._is_number_or_keyword(value):
            raise SettingsError(f"{self.label}: {in_quotes(value)} is not {self.number_format}")

    def _is_number_or_keyword(self, text: str) -> bool:
        try:
            return self.number_format.includes(whole_number(text))
        except ValueError:
            return text.upper() in self.spec.keywords


@cache
def fields_of(schema: type[msgspec.Struct]) -> dict[str, Field]:
    """The fields of a struct by name, in its order. Each one is annotated with its type and a FieldSpec."""
    hints = get_type_hints(schema, include_extras=True)
    found = {}
    for info in msgspec.structs.fields(schema):
        bare, spec = get_args(hints[info.name])
        parts = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
        optional = type(None) in parts
        bare = next(part for part in parts if part is not type(None))
        choices = get_args(bare) if get_origin(bare) is Literal else spec.choices
        default = info.default if info.default is not msgspec.NODEFAULT else {}
        found[info.name] = Field(
            info.name, get_origin(bare) or bare, optional, choices, bool(choices) and bool in parts, default, spec
        )
    return found


def fields_by_group(schema: type[msgspec.Struct]) -> dict[str, list[Field]]:
    """The fields by group, groups and members in the order of the schema."""
    groups: dict[str, list[Field]] = {}
    for field in fields_of(schema).values():
        groups.setdefault(field.spec.group, []).append(field)
    return groups


def check_values(values: msgspec.Struct) -> None:
    """Checks the range of each field of a struct. Raises SettingsError."""
    for field in fields_of(type(values)).values():
        field.check(getattr(values, field.name))


def read_texts(schema: type[msgspec.Struct], values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values, with every text that stands for another type parsed. Raises SettingsError."""
    ready = {}
    for name, value in values.items():
        field = fields_of(schema).get(name)
        if field is None:
            raise SettingsError(f"{name}: no such setting; known are {', '.join(fields_of(schema))}")
        if isinstance(value, str):
            field.require_length(value)
        is_text = isinstance(value, str) and (field.type is not str or field.spec.parse is not None or field.spec.path)
        ready[name] = field.read(value) if is_text else field.choice_of(value)
    return ready


def convert_to(schema: type[S], values: Mapping[str, Any]) -> S:
    """A checked struct from values or their texts. Raises SettingsError."""
    try:
        return msgspec.convert(read_texts(schema, values), schema)
    except msgspec.ValidationError as error:
        raise SettingsError(_conversion_error_text(str(error))) from None


def split_assignment(text: str) -> tuple[str, str]:
    """Key and value of 'KEY=VALUE'. Raises SettingsError."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise SettingsError(f"--set {in_quotes(text)}: write KEY=VALUE, such as PERF_COUNT=YES")
    return key.strip(), value.strip()


def _conversion_error_text(error: str) -> str:
    """msgspec's 'Expected `int`, got `str` - at `$.nireq`' as 'nireq: Expected int, got str'."""
    what, _, where = error.partition(" - at `$.")
    name = where.rstrip("`").split("[")[0]
    return f"{name}: {what.replace('`', '')}" if name else what.replace("`", "")
