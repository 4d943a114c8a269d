"""The settings as click options, made from the schemas."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from ovtui.settings.errors import SettingsError
from ovtui.settings.layers import ResolvedDisplay, ResolvedSettings, resolve, resolve_display
from ovtui.settings.schema.fields import Field, fields_of, split_assignment
from ovtui.settings.schema.settings import Settings
from ovtui.settings.schema.view_settings import DisplaySettings

if TYPE_CHECKING:
    from ovtui.settings.files.config import Config

F = TypeVar("F", bound=Callable[..., Any])


def settings_options(command: F) -> F:
    """Adds MODEL, a flag for each setting and --preset."""
    command = _options(Settings, command)
    preset = click.option("--preset", default="", metavar="NAME", help="Start from a preset: its name, or a TOML file.")
    return click.argument("model", required=False)(preset(command))


def view_options(command: F) -> F:
    """Adds a flag for each setting of the dashboard's look."""
    return _options(DisplaySettings, command)


def _options(schema: type[msgspec.Struct], command: F) -> F:
    for field in reversed(fields_of(schema).values()):
        if field.spec.flags:
            command = _option(field)(command)
    return command


def _option(field: Field) -> Callable[[F], F]:
    knob = field.spec
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


def resolved_from(given: dict[str, Any], config: Config | None = None) -> ResolvedSettings:
    """The settings in force and where each comes from; `config` is the config file where it has been read already."""
    try:
        return resolve(_flags(Settings, given), os.environ, given.get("preset") or "", config or read_config())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def view_from(given: dict[str, Any], config: Config | None = None) -> ResolvedDisplay:
    """How the dashboard is to look. Raises click.UsageError with one sentence."""
    try:
        return resolve_display(_flags(DisplaySettings, given), os.environ, config or read_config())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def read_config() -> Config:
    """A person's config file, with what is wrong in it."""
    from ovtui.settings.files.config import load

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
        return dict(split_assignment(part) for part in value)
    return field.read(value) if isinstance(value, str) else value


_ONE_DASH = re.compile(r"-([a-z]\w+)(=.*)?", re.ASCII)
_OTHERWISE = {
    "api": "requests are always asynchronous",
    "cdir": "it is --cache-dir here",
    "iop": "it is --input-precision and --output-precision here",
    "ip": "it is --input-precision here",
    "load_config": "it is --preset here",
    "max_irate": "it is --rate here",
    "niter": "it is --requests here",
    "no_warmup": "it is --warm-up none here",
    "op": "it is --output-precision here",
    "pc": "it is --set PERF_COUNT=YES here",
    "pin": "it is --set ENABLE_CPU_PINNING=YES here",
    "report_folder": "it is --json FILE here",
    "report_type": "it is --json FILE here",
}
"""benchmark_app's names for what goes by another name here, or by none."""


class SettingsCommand(click.Command):
    """A command with an option for each setting; refuses long options with one dash and says what is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        refuse_one_dash(ctx, args, {name for option in self.params for name in option.opts})
        return super().parse_args(ctx, args)


def refuse_one_dash(ctx: click.Context, args: Sequence[str], known: set[str]) -> None:
    """Raises click.UsageError. Values put directly behind a short option (-t10, -dCPU) are none of these."""
    for arg in args:
        if arg == "--":
            return
        if arg == "-m":
            raise click.UsageError("-m: the model stands by itself here, without an option", ctx)
        found = _ONE_DASH.fullmatch(arg)
        if found is None:
            continue
        long = f"--{found[1].replace('_', '-')}"
        if long in known:
            raise click.UsageError(f"-{found[1]}: long options have two dashes here: {long}", ctx)
        if found[1] in _OTHERWISE:
            raise click.UsageError(f"-{found[1]}: {_OTHERWISE[found[1]]}", ctx)
