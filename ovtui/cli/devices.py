"""`ovtui devices`: every property of every device of this machine."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.output import without_dash
from ovtui.cli.streams import require_stdout
from ovtui.cli.time_limit import time_limit_option
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.records.device_listing import DeviceListing

_NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?")


class DevicesCommand(click.Command):
    """Takes `--json -` as `ovtui run` does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, without_dash(args))


@click.command(cls=DevicesCommand)
@click.argument("devices", metavar="[DEVICE]...", nargs=-1, shell_complete=completers.single_devices)
@click.option("--brief", is_flag=True, help="One line for each device, without the virtual ones.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the answer and stop.")
@time_limit_option(4.0, "How long a device may take to answer.")
def devices(devices: tuple[str, ...], brief: bool, as_json: bool, json_schema: bool, limit_s: float) -> int:
    """List every property of every device. Each has its value, its type, and whether it can be set. DEVICE is CPU, GPU,
    GPU.1, NPU, or one of the virtual AUTO, MULTI, HETERO and BATCH; without one all are listed. Each is asked in a
    process of its own: a driver that crashes or hangs is a line, and the others stand."""
    if json_schema:
        from ovtui.records.device_listing import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    if as_json:
        require_stdout("--json")
    for name in devices:
        if refusal := _misspelt(name):
            notify(refusal)
            return Exit.UNUSABLE
    from ovtui.host.device_lister import list_devices

    found = list_devices(devices, brief=brief, limit_s=limit_s)
    lacking = [each for each in found.devices if each.present is False] if devices else []
    if as_json:
        from ovtui.records.device_listing import to_json

        sys.stdout.buffer.write(to_json(found))
    else:
        import msgspec

        from ovtui.cli.devices_text import brief_lines, listing_lines
        from ovtui.terminal.terminal_size import terminal_size

        is_terminal = sys.stdout.isatty()
        width = terminal_size(1).columns
        there = msgspec.structs.replace(found, devices=[each for each in found.devices if each not in lacking])
        lines = brief_lines(there, width if is_terminal else None) if brief else listing_lines(there, width)
        if there.devices:
            print("\n".join(lines))
    silent = [each for each in found.devices if each.present is None or (each.present and each.why)]
    for each in lacking:
        notify(_lacks(each))
    return Exit.UNUSABLE if lacking else Exit.FAILED if silent else Exit.FINE


def _misspelt(name: str) -> str:
    """Why this can be no device's name, as a sentence; empty where it can. Raises click.UsageError."""
    from ovtui.settings.device_names import VIRTUAL, candidates, kind_of, wrong_letters

    if not _NAME.fullmatch(name):
        if ":" in name and kind_of(name) in VIRTUAL:
            one_by_one = " ".join((kind_of(name), *candidates(name, ())))
            raise click.UsageError(f"{in_quotes(name)}: name the devices one by one: {one_by_one}")
        raise click.UsageError(f"{in_quotes(name)} names no device; write CPU, GPU, GPU.1, NPU or AUTO")
    return wrong_letters(name)


def _lacks(listing: DeviceListing) -> str:
    from ovtui.settings.device_names import PHYSICAL, VIRTUAL, kind_of
    from ovtui.settings.did_you_mean import did_you_mean

    text = f"no device {listing.device} here"
    if kind_of(listing.device) not in (*PHYSICAL, *VIRTUAL):
        near = did_you_mean(listing.device, [*PHYSICAL, *VIRTUAL], start="; ")
        return f"{text}{near or ': OpenVINO has no such device'}"
    return f"{text}: {listing.why}"
