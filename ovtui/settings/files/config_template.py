"""TOML for a person: the config template, and the values in force."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import tomlkit

from ovtui.settings.keymap.resolve import KeyAction
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import Field, fields_by_group, fields_of
from ovtui.settings.schema.settings import Settings

_WIDTH = 100
_HEAD = """\
ovtui's config file. A line that begins with '#' and a name takes effect when its '#' is removed; the values are the
defaults, or examples where a default is empty. Flags win over OVTUI_ variables, these over a preset, and a preset
over this file. `ovtui config check` lists errors, `ovtui config show --origin` the values in force and their origin.
"""


def template(actions: Sequence[KeyAction] = ()) -> str:
    """A config file with every setting and the keys of `actions`, all of them commented out."""
    lines: list[str] = [*_comment(_HEAD), "", "[settings]", *_table(Settings)]
    lines += ["", "[view]", *_table(DisplaySettings)]
    lines += ["", "[keys]", *_comment('Keys of the dashboard: action = "key", or a list of keys; [] removes the keys.')]
    scope = ""
    for action in actions:
        if action.fixed:
            continue
        if action.scope != scope:
            scope = action.scope
            lines += ["", f"# {scope} ".ljust(_WIDTH, "-")]
        lines.append(f"#{action.id} = {toml_value(list(action.keys))}")
    return "\n".join(lines) + "\n"


def values_in_force(
    settings: Settings, view: DisplaySettings, keys: Mapping[str, Any], origin_of: Callable[[str, str], str] | None
) -> str:
    """The values in force as TOML. With `origin_of(table, key)`, a comment after each value gives its origin."""
    lines: list[str] = []
    tables: list[tuple[str, Mapping[str, Any]]] = [
        ("settings", _written_values(Settings, settings)),
        ("settings.properties", settings.properties),
        ("view", _written_values(DisplaySettings, view)),
        ("keys", keys),
    ]
    for table, values in tables:
        if not values:
            continue
        lines += ["", f"[{table}]"] if lines else [f"[{table}]"]
        written = [_statement(key, value) for key, value in values.items()]
        width = max(map(len, written))
        for text, key in zip(written, values, strict=True):
            lines.append(f"{text:{width}}  # {origin_of(table, key)}" if origin_of else text)
    return "\n".join(lines) + "\n"


def toml_value(value: Any) -> str:
    """The value in TOML's notation; None becomes an empty text, which is read as None again."""
    return tomlkit.item("" if value is None else value).as_string()


def _statement(key: str, value: Any) -> str:
    name = tomlkit.key(key).as_string() if "." not in key else toml_value(key)
    return f"{name} = {toml_value(value)}"


def _table(schema: type[msgspec.Struct]) -> list[str]:
    lines: list[str] = []
    groups = fields_by_group(schema)
    for group, members in groups.items():
        if len(groups) > 1:
            lines += ["", f"# {group} ".ljust(_WIDTH, "-")]
        for field in members:
            lines += ["", *_comment(field.spec.help), *_comment(f"{_sentence(field.expected)} {field.env}.")]
            lines.append(f"#{field.name} = {field.spec.example or toml_value(_written_value(field, field.default))}")
    return lines


def _written_values(schema: type[msgspec.Struct], values: msgspec.Struct) -> dict[str, Any]:
    return {
        name: _written_value(field, getattr(values, name))
        for name, field in fields_of(schema).items()
        if field.type is not dict
    }


def _written_value(field: Field, value: Any) -> Any:
    """The value as a person would write it (a rate of 0 as 'closed'), unless that would lose digits."""
    if field.spec.show is not None and field.read(field.show(value)) == value:
        return field.show(value)
    return value


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2)]
