"""The settings as click options, made from the schemas."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import Field, fields_of, property_of
from ovtui.settings.schema import Settings
from ovtui.settings.sources import Resolved, ResolvedView, resolve, resolve_view
from ovtui.settings.view import ViewSettings

if TYPE_CHECKING:
    from ovtui.settings.config import Config

F = TypeVar("F", bound=Callable[..., Any])


def settings_options(command: F) -> F:
    """Adds MODEL, a flag for each setting and --preset."""
    command = _options(Settings, command)
    preset = click.option("--preset", default="", metavar="NAME", help="Start from a preset: its name, or a TOML file.")
    return click.argument("model", required=False)(preset(command))


def view_options(command: F) -> F:
    """Adds a flag for each setting of the dashboard's look."""
    return _options(ViewSettings, command)


def _options(schema: type[msgspec.Struct], command: F) -> F:
    for field in reversed(fields_of(schema).values()):
        if field.knob.flags:
            command = _option(field)(command)
    return command


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
    return resolved_from(given).settings


def resolved_from(given: dict[str, Any], config: Config | None = None) -> Resolved:
    """The settings in force and where each comes from; `config` is the config file where it has been read already."""
    try:
        return resolve(_flags(Settings, given), os.environ, given.get("preset") or "", config or read_config())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def view_from(given: dict[str, Any], config: Config | None = None) -> ResolvedView:
    """How the dashboard is to look. Raises click.UsageError with one sentence."""
    try:
        return resolve_view(_flags(ViewSettings, given), os.environ, config or read_config())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def read_config() -> Config:
    """A person's config file, with what is wrong in it."""
    from ovtui.settings.config import load

    return load()


def _flags(schema: type[msgspec.Struct], given: dict[str, Any]) -> dict[str, Any]:
    """What was given on the command line of one schema's settings. Raises SettingsError."""
    known = fields_of(schema)
    return {
        name: _read(known[name], value)
        for name, value in given.items()
        if name in known and value is not None and value != ()
    }


def _read(field: Field, value: Any) -> Any:
    if isinstance(value, tuple):
        return dict(property_of(part) for part in value)
    return field.read(value) if isinstance(value, str) else value
