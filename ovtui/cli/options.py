"""The settings as click options, made from the schema."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import Field, fields, property_of
from ovtui.settings.schema import Settings
from ovtui.settings.sources import resolve

F = TypeVar("F", bound=Callable[..., Any])


def settings_options(command: F) -> F:
    """Adds MODEL, a flag for each setting and --preset."""
    for field in reversed(fields().values()):
        if field.knob.flags:
            command = _option(field)(command)
    preset = click.option("--preset", default="", metavar="NAME", help="Start from a preset: its name, or a TOML file.")
    return click.argument("model", required=False)(preset(command))


def _option(field: Field) -> Callable[[F], F]:
    knob = field.knob
    help_text = f"{knob.help}  [{field.env}]"
    if field.type is bool:
        return click.option(*knob.flags, field.name, default=None, help=help_text)
    if field.type is dict:
        return click.option(*knob.flags, field.name, multiple=True, metavar=knob.metavar, help=help_text)
    metavar = knob.metavar or f"[{'|'.join(knob.choices)}]"
    return click.option(*knob.flags, field.name, default=None, metavar=metavar, help=help_text)


def settings_from(given: dict[str, Any]) -> Settings:
    """The settings in force from a command's parameters. Raises click.UsageError with one sentence."""
    try:
        flags = {name: _read(name, value) for name, value in given.items() if value is not None and value != ()}
        return resolve(
            {name: value for name, value in flags.items() if name in fields()}, os.environ, given.get("preset") or ""
        ).settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def _read(name: str, value: Any) -> Any:
    field = fields().get(name)
    if field is None or not isinstance(value, (str, tuple)):
        return value
    if isinstance(value, tuple):
        return dict(property_of(part) for part in value)
    return field.read(value)
