"""Reading of a person's TOML files, with errors by file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any

import msgspec

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.files.text_file import NotUtf8, read_text
from ovtui.settings.openvino_properties import folding
from ovtui.settings.schema.fields import Field, fields_of
from ovtui.settings.shown_text import shown

_POSITION_PATTERN = re.compile(r"\s*\(at line (\d+), column (\d+)\)|\s*\(at end of document\)")


_LONG_NUMBER = re.compile(r"[0-9_]{4000,}")
_LINES_SEARCHED = 300
"""Of a longer file only the lines that name a key are looked at: each look parses the file up to there."""


@dataclass(frozen=True, slots=True)
class TomlProblem:
    path: Path
    line: int | None
    key: str
    """Dotted key with its table: 'settings.rate'; empty for a problem of the whole file."""
    text: str
    """What is wrong, and what is expected."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return shown(f"{place}: {self.key}: {self.text}" if self.key else f"{place}: {self.text}")


@dataclass(slots=True)
class TomlFile:
    """A parsed file, and the problems found so far."""

    path: Path
    text: str = ""
    table: dict[str, Any] = dataclass_field(default_factory=dict)
    problems: list[TomlProblem] = dataclass_field(default_factory=list)

    def add_problem(self, keys: Sequence[str], text: str) -> None:
        """Adds a problem of the key with this path through the tables."""
        self.problems.append(TomlProblem(self.path, line_of(self.text, keys), ".".join(keys), text))

    def table_at(self, name: str) -> dict[str, Any]:
        """A top-level table; empty where it is absent, or not a table, which is added to the problems."""
        found = self.table.get(name, {})
        if isinstance(found, dict):
            return found
        self.add_problem([name], f"a table was expected, [{name}], not {type_text(found)}")
        return {}

    def check_known_keys(self, known: Mapping[str, object]) -> None:
        """Adds a problem for each unknown top-level key."""
        for key in self.table:
            if key not in known:
                nearest = did_you_mean(key, known, start="; ")
                self.add_problem([key], f"unknown; expected {' or '.join(known)}{nearest}")

    def raise_problems(self) -> None:
        """Raises SettingsError with all problems, if there are any."""
        if self.problems:
            raise SettingsError("; ".join(map(str, self.problems)))


def read(path: Path) -> TomlFile:
    """The parsed file. One that cannot be read or is not TOML has no table, and a problem."""
    try:
        return parse(path, read_text(path))
    except OSError as error:
        problem = TomlProblem(path, None, "", f"cannot be read: {error.strerror or error}")
    except NotUtf8 as error:
        problem = TomlProblem(path, None, "", f"not a TOML file: {error}")
    return TomlFile(path, problems=[problem])


def parse(path: Path, text: str) -> TomlFile:
    """Like `read`, from a text that is or will be the file's."""
    found = TomlFile(path, text)
    try:
        found.table = tomllib.loads(text)
        _drop_large_numbers(found, found.table, [])
    except tomllib.TOMLDecodeError as error:
        found.problems.append(_syntax_problem(path, str(error), found.text))
    except ValueError:  # int() of more digits than sys.get_int_max_str_digits()
        long = _LONG_NUMBER.search(text)
        line = text.count("\n", 0, long.start()) + 1 if long else None
        found.problems.append(TomlProblem(path, line, "", "not TOML: a number has thousands of digits"))
    except RecursionError:
        found.problems.append(TomlProblem(path, None, "", "not a TOML file: nested too deeply"))
    return found


def read_struct(file: TomlFile, name: str, schema: type[msgspec.Struct]) -> dict[str, Any]:
    """The values of a table, checked by the fields of `schema`; the others are added to the problems."""
    values: dict[str, Any] = {}
    known = fields_of(schema)
    for key, value in file.table_at(name).items():
        field = known.get(key)
        if field is None:
            file.add_problem(
                [name, key], f"no such setting{did_you_mean(key, known)}; `ovtui config template` shows all"
            )
        elif not _accepts_type(field, value):
            such = f", such as {field.spec.example}," if field.type is str and field.spec.example else ","
            file.add_problem([name, key], f"expected {field.expected}{such} not {type_text(value)}")
        elif field.type is dict:
            _read_properties(file, [name, key], value, values)
        else:
            try:
                values[key] = _read_value(field, value)
            except SettingsError as error:
                file.add_problem([name, key], _without_name(str(error), field))
    return values


def _read_value(field: Field, value: Any) -> Any:
    """A checked value. Whether it fits the other values is checked once all layers are merged."""
    if field.spec.keywords:
        value = str(value)
    read = field.read(value) if isinstance(value, str) else field.choice_of(value)
    if read is not None:
        field.check(read)
    return read


def _read_properties(file: TomlFile, where: list[str], table: dict[str, Any], values: dict[str, Any]) -> None:
    for key, value in folding.flatten_properties(table).items():
        if not isinstance(value, str):
            file.add_problem(
                [*where, *key.split(".")], f"expected a text, a number, true or false, not {type_text(value)}"
            )
            continue
        try:
            folded = folding.fold_properties({"properties": {key: value}})
        except SettingsError as error:
            inner = [key] if key in table else key.split(".")
            file.add_problem([*where, *inner], str(error).removeprefix(f"{key}: ").removeprefix(f"{key} "))
            continue
        values.update({name: own for name, own in folded.items() if name != "properties"})
        if "properties" in folded:
            values.setdefault("properties", {}).update(folded["properties"])


def _accepts_type(field: Field, value: Any) -> bool:
    """True when the field takes a TOML value of this type. A text may stand for any type, as on the command line."""
    if field.type is dict:
        return isinstance(value, dict)
    if isinstance(value, bool):
        return field.type is bool or field.boolean
    if isinstance(value, int):
        return field.type in (int, float) or bool(field.spec.keywords)
    if isinstance(value, float):
        return field.type is float
    return isinstance(value, str)


def _without_name(text: str, field: Field) -> str:
    """An error text without the setting's name in front, which the key repeats."""
    return text.removeprefix(f"{field.label}: ").removeprefix(f"{field.name}: ")


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """The line, from 1, where the statement that defines the key begins; None where there is none.

    It is found by parsing prefixes of the file: the shortest prefix that is TOML and has the key ends with that
    statement, and the longest shorter prefix that is TOML ends before it."""
    lines = text.splitlines(keepends=True)
    whole = 0
    for count in range(1, len(lines) + 1):
        if len(lines) > _LINES_SEARCHED and not any(keys[-1] in line for line in lines[max(0, count - 2) : count + 1]):
            whole = count
            continue
        try:
            table = tomllib.loads("".join(lines[:count]))
        except (ValueError, RecursionError):
            continue
        if _has_key(table, keys):
            return whole + 1
        whole = count
    return line_of(text, keys[:-1]) if len(keys) > 1 else None


def type_text(value: object) -> str:
    """The type of a TOML value, with its article."""
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a text", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")


def _drop_large_numbers(file: TomlFile, table: dict[str, Any], keys: list[str]) -> None:
    """Removes whole numbers beyond 64 bits, which TOML does not have, and adds them to the problems."""
    for key, value in list(table.items()):
        if isinstance(value, dict):
            _drop_large_numbers(file, value, [*keys, key])
        elif isinstance(value, int) and not -(2**63) <= value < 2**63:
            file.add_problem([*keys, key], "a whole number beyond 64 bits")
            del table[key]


def _has_key(table: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True


def _syntax_problem(path: Path, error: str, text: str) -> TomlProblem:
    found = _POSITION_PATTERN.search(error)
    line = int(found[1]) if found and found[1] else len(text.splitlines()) or None
    column = f" at column {found[2]}" if found and found[2] else " at the end" if found else ""
    return TomlProblem(path, line, "", f"not TOML: {_POSITION_PATTERN.sub('', error)}{column}")
