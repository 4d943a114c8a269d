"""The settings as click options, made from the schemas."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from ovtui.cli import completers
from ovtui.settings.errors import SettingsError
from ovtui.settings.model_names import check_model
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import Field, fields_of, split_assignment
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import encodable

if TYPE_CHECKING:
    from ovtui.settings.files.config import Config
    from ovtui.settings.layers import ResolvedDisplay, ResolvedSettings

F = TypeVar("F", bound=Callable[..., Any])
MODEL_SETTINGS = {
    name
    for name, field in fields_of(Settings).items()
    if field.spec.group in ("Model", "Inputs") or name in ("device", "batch_size")
} - {"cache_dir"}
"""What says how a model is read and what its inputs get; the device counts for one that is compiled already."""

ENGINE_SETTINGS = (
    MODEL_SETTINGS
    | {name for name, field in fields_of(Settings).items() if field.spec.group == "Device"}
    | {"nireq", "state", "seed"}
) - {"load_from_file"}
"""What says how a model is read and compiled, and what one request is: no load and no cache."""


def settings_options(command: F) -> F:
    """Adds MODEL, a flag for each setting and --preset."""
    return _model_and_flags(command, fields_of(Settings))


ENDS = {"duration_s": "--duration", "requests": "--requests"}
"""The settings that end a load, with their flags."""


def study_settings_options(command: F) -> F:
    """As `settings_options`, for a command that says itself how long its loads last: their help leaves out the settings
    that would, and `refuse_ends` refuses them."""
    command = settings_options(command)
    for parameter in getattr(command, "__click_params__", []):
        if isinstance(parameter, click.Option) and parameter.name in ENDS:
            parameter.hidden = True
    return command


def refuse_ends(given: Mapping[str, Any], instead: str) -> None:
    """Raises click.UsageError for a flag that would end the load. `instead`: what says how long it lasts."""
    for name, flag in ENDS.items():
        if given.get(name) is not None:
            raise click.UsageError(f"{flag}: {instead}")


def repeated_options(*names: str) -> Callable[[F], F]:
    """For a command with the flags of `settings_options`, written above it: the flags of these settings may be given
    several times, each time with one value. `repeated_values` reads them."""

    def decorate(command: F) -> F:
        known, parameters = fields_of(Settings), getattr(command, "__click_params__", [])
        for at, parameter in enumerate(parameters):
            if parameter.name in names:
                parameters[at] = _repeated_option(known[parameter.name])
        return command

    return decorate


def repeated_values(given: dict[str, Any], name: str) -> list[str]:
    """The values of a repeated option, each read and checked, in their order and none twice. Leaves the first of them
    in `given`, for `settings_from`. Raises click.UsageError."""
    texts: tuple[str, ...] = given[name] or ()
    try:
        values = list(dict.fromkeys(str(fields_of(Settings)[name].read(text)) for text in texts))
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    given[name] = values[0] if values else None
    return values


def model_options(command: F) -> F:
    """Adds MODEL, a flag for each setting that says how the model is read, and --preset."""
    return _model_and_flags(command, MODEL_SETTINGS)


def engine_options(command: F) -> F:
    """Adds MODEL, a flag for each of ENGINE_SETTINGS, and --preset."""
    return _model_and_flags(command, ENGINE_SETTINGS)


def chosen_options(names: Collection[str]) -> Callable[[F], F]:
    """Adds MODEL, a flag for each of these settings, and --preset."""
    return lambda command: _model_and_flags(command, names)


def _model_and_flags(command: F, names: Collection[str]) -> F:
    command = _options(Settings, command, names)
    preset = click.option(
        "--preset", default="", metavar="NAME", shell_complete=completers.presets,
        help="Start from a preset: its name, or a TOML file.",
    )  # fmt: skip
    return click.argument("model", required=False, shell_complete=completers.models)(preset(command))


def display_options(command: F) -> F:
    """Adds a flag for each setting of the dashboard's look."""
    return _options(DisplaySettings, command, fields_of(DisplaySettings))


def _options(schema: type[msgspec.Struct], command: F, names: Collection[str]) -> F:
    for field in reversed(fields_of(schema).values()):
        if field.spec.flags and field.name in names:
            command = _option(field)(command)
    return command


def _option(field: Field) -> Callable[[F], F]:
    spec = field.spec
    help_text = f"{spec.help}  [{field.env}]"
    if field.type is bool:
        return click.option(*spec.flags, field.name, default=None, help=help_text)
    completer = completers.of_setting(field.name, field.choices or spec.keywords)
    if field.type is dict:
        return click.option(
            *spec.flags, field.name, multiple=True, metavar=spec.metavar, help=help_text, shell_complete=completer
        )
    metavar = spec.metavar or f"[{'|'.join(field.choices)}]"
    return click.option(
        *spec.flags, field.name, default=None, metavar=metavar, help=help_text, shell_complete=completer
    )


def _repeated_option(field: Field) -> click.Option:
    spec = field.spec
    return click.Option(
        [*spec.flags, field.name], multiple=True, metavar=spec.metavar or f"[{'|'.join(field.choices)}]",
        help=f"{spec.help} May be given several times.",
        shell_complete=completers.of_setting(field.name, field.choices or spec.keywords),
    )  # fmt: skip


def settings_from(given: dict[str, Any]) -> Settings:
    """The settings in force from a command's parameters. Raises click.UsageError with one sentence."""
    return resolved_from(given).settings


def resolved_from(given: dict[str, Any], config: Config | None = None) -> ResolvedSettings:
    """The settings in force and the origin of each; `config` is the config file where it has been read already."""
    from ovtui.settings.layers import resolve

    try:
        if given.get("model"):
            check_model(given["model"])
        found = resolve(_flags(Settings, given), os.environ, given.get("preset") or "", config or read_config())
        check_properties(found.settings.properties)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    return found


def require_as_begun(given: dict[str, Any], begun: Settings, where: str, besides: Collection[str] = ()) -> None:
    """What goes on does so with the settings that it began with: raises click.UsageError where the command line says
    something else. `besides`: names of settings that the caller compares itself."""
    from ovtui.settings.changes import describe_changes
    from ovtui.settings.layers import resolve
    from ovtui.settings.listing import first_few

    asked = {name: value for name, value in given.items() if name not in besides}
    try:
        found = resolve(_flags(Settings, asked), {}, given.get("preset") or "")
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    told = {name: getattr(found.settings, name) for name in found.set_explicitly() if name not in besides}
    if "properties" in told:
        told["properties"] = {**begun.properties, **told["properties"]}
    if differs := describe_changes(begun, msgspec.structs.replace(begun, **told)):
        raise click.UsageError(
            f"{where}: it began with other settings ({first_few(differs, 3)}); give the same or none, or begin anew"
        )


def check_properties(properties: Mapping[str, str]) -> None:
    """Raises SettingsError for a property of bytes that are no text, which OpenVINO cannot be given; a path can."""
    for key, value in properties.items():
        if encodable(key) != key or (encodable(value) != value and not key.endswith(("CACHE_DIR", "WEIGHTS_PATH"))):
            raise SettingsError(f"--set {key}={value}: a property is text in UTF-8")


def display_from(given: dict[str, Any], config: Config | None = None) -> ResolvedDisplay:
    """The dashboard's look. Raises click.UsageError with one sentence."""
    from ovtui.settings.layers import resolve_display

    try:
        return resolve_display(_flags(DisplaySettings, given), os.environ, config or read_config())
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def read_config() -> Config:
    """The person's config file, mistakes included."""
    from ovtui.settings.files.config import load

    return load()


def _flags(schema: type[msgspec.Struct], given: dict[str, Any]) -> dict[str, Any]:
    """The values of one schema's settings that the command line holds. Raises SettingsError."""
    known = fields_of(schema)
    return {
        name: _read(known[name], value)
        for name, value in given.items()
        if name in known and value is not None and value != ()
    }


def _read(field: Field, value: Any) -> Any:
    if isinstance(value, tuple):
        if field.type is not dict:
            return field.read(value[0])  # of a repeated option the first one is the setting
        return dict(split_assignment(part) for part in value)
    return field.read(value) if isinstance(value, str) else value


_ONE_DASH = re.compile(r"-([a-z]\w+)(=.*)?", re.ASCII)
_OTHERWISE = {
    "api_type": "it is --api here",
    "cdir": "it is --cache-dir here",
    "dump_config": "",
    "exec_graph_path": "it is ovtui layers --exec-graph here",
    "inference_only": "it is --fill-inputs here",
    "iop": "it is --input-precision and --output-precision here",
    "ip": "it is --input-precision here",
    "json_stats": "it is --json FILE here",
    "latency_percentile": "",
    "lfile": "it is --load-from-file yes here",
    "load_config": "it is --preset here",
    "max_irate": "it is --rate here",
    "niter": "it is --requests here",
    "no_warmup": "it is --warm-up none here",
    "op": "it is --output-precision here",
    "pc": "it is ovtui layers here",
    "pcseq": "",
    "pcsort": "it is ovtui layers --sort here",
    "pin": "it is --set ENABLE_CPU_PINNING=YES here",
    "report_folder": "it is --json FILE here",
    "report_type": "it is --json FILE here",
    "use_device_mem": "",
}
"""Options of benchmark_app that have another name here, or none."""
_AS_IT_IS = "ovtui benchmark_app takes it as it is"


class SettingsCommand(click.Command):
    """A command with an option for each setting. It refuses benchmark_app's long options with one dash, with the name
    that they have here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            # The probe was yes or no before it was a choice.
            args = ["--probe=no" if arg == "--no-probe" else arg for arg in args]
            refuse_one_dash(ctx, args, {name for option in self.params for name in option.opts})
        return super().parse_args(ctx, args)


def refuse_one_dash(ctx: click.Context, args: Sequence[str], known: set[str]) -> None:
    """Raises click.UsageError. A value written directly behind a short option (-t10, -dCPU) passes."""
    for arg in args:
        if arg == "--":
            return
        if arg == "-m":
            raise click.UsageError(f"-m: the model stands by itself here, without an option; {_AS_IT_IS}", ctx)
        found = _ONE_DASH.fullmatch(arg)
        if found is None:
            continue
        long = f"--{found[1].replace('_', '-')}"
        if long in known:
            raise click.UsageError(f"-{found[1]}: long options have two dashes here: {long}", ctx)
        if found[1] in _OTHERWISE:
            here = _OTHERWISE[found[1]]
            raise click.UsageError(f"-{found[1]}: {f'{here}; ' if here else ''}{_AS_IT_IS}", ctx)
