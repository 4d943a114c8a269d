"""`ovtui inspect`: what a model is, what its inputs get, and the command line that runs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import MODEL_SETTINGS, SettingsCommand, model_options, settings_from
from ovtui.cli.output import without_dash
from ovtui.cli.streams import require_stdout
from ovtui.cli.time_limit import time_limit_option
from ovtui.cli.whole_reason import verbose_option

if TYPE_CHECKING:
    from ovtui.records.inspection import Inspection


class InspectCommand(SettingsCommand):
    """Takes `--json -` as `ovtui run` does. FILE it takes not: `--json MODEL` would write over the model."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, without_dash(args))


@click.command(cls=InspectCommand)
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the answer and stop.")
@time_limit_option(
    None,
    "How long all may take. Without it the model has 120 s and each device 10 s, and models above 512 MB are "
    "compiled on none.",
)
@verbose_option
def inspect(as_json: bool, json_schema: bool, limit_s: float | None, verbose: bool, **given: Any) -> int:
    """Tell what a model has and needs. That is its inputs and outputs, its state, what it is made of, what each device
    makes of it (does it compile, does it form batches), what each request gets, and a command line that runs it.
    `ovtui inspect` takes the settings of the model and of inputs, --batch-size, and --device, which asks that device
    alone."""
    if json_schema:
        from ovtui.records.inspection import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    if as_json:
        require_stdout("--json")
    settings = settings_from(given)
    from ovtui.host.inspector import NotInspected, inspect_model
    from ovtui.settings.device_names import candidates, wrong_letters

    for name in candidates(given.get("device") or "", ()):
        if refusal := wrong_letters(name):
            notify(refusal)
            return Exit.UNUSABLE
    try:
        found = inspect_model(settings, limit_s, device=given.get("device") or "")
    except NotInspected as error:
        notify(str(error), error.detail if verbose else "")
        return Exit.USAGE if error.misused else Exit.UNUSABLE
    found = _with_flags(found, given)
    if as_json:
        from ovtui.records.inspection import to_json

        sys.stdout.buffer.write(to_json(found))
        return Exit.FINE
    from ovtui.cli.inspection_text import inspection_lines, text_width

    print("\n".join(inspection_lines(found, text_width(sys.stdout.isatty()))))
    return Exit.FINE


def _with_flags(found: Inspection, given: dict[str, Any]) -> Inspection:
    """The command to run with the flags that this one was given, where it does not set them itself."""
    import msgspec

    from ovtui.settings.schema.settings import fields

    if found.command is None:
        return found
    flags = []
    for name, field in fields().items():
        option = next((flag for flag in field.spec.flags if flag.startswith("--")), "")
        if name in MODEL_SETTINGS and option and given.get(name) is not None and option not in found.command:
            flags += [option, str(given[name])]
    preset = ["--preset", given["preset"]] if given.get("preset") else []
    return msgspec.structs.replace(found, command=[*found.command[:3], *preset, *flags, *found.command[3:]])
