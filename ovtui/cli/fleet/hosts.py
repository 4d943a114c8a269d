"""`ovtui fleet hosts`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.fleet.problems import tell_problems
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.streams import require_stdout
from ovtui.cli.text_table import print_table
from ovtui.metrics.number_format import UNKNOWN

if TYPE_CHECKING:
    from ovtui.fleet.box import Box, BoxError
    from ovtui.fleet.reach.resolving import Resolved

_HEADS = ("BOX", "ADDRESS", "PORT", "USER", "GROUPS", "OVER", "FOR")


@click.command("hosts")
@host_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def hosts_command(as_json: bool, **given: Any) -> int:
    """List the boxes that are named.

    For each, where it is, by which transport it is reached, and why by this one. Nothing
    is connected to. What an inventory leaves open is shown as ~/.ssh/config has it."""
    from ovtui.fleet.each_box import ask_each
    from ovtui.fleet.reach.resolving import resolved

    if as_json:
        require_stdout("--json")
    boxes, options, jobs = boxes_from(given)
    with INTERRUPTS.unwinding():
        places = asyncio.run(ask_each(boxes, lambda box: resolved(box, options), jobs))
    if as_json:
        from ovtui.records.json_text import json_text

        told = [_as_json(box, place) for box, place in zip(boxes, places, strict=True)]
        sys.stdout.buffer.write(json_text(told))
    else:
        print_table(_HEADS, [_row(box, place) for box, place in zip(boxes, places, strict=True)])
    told_of = [(box.name, place.text) for box, place in zip(boxes, places, strict=True) if isinstance(place, Exception)]
    return Exit.FAILED if tell_problems(told_of) else Exit.FINE


def _row(box: Box, place: Resolved | BoxError) -> tuple[str, ...]:
    groups = ",".join(box.groups) or UNKNOWN
    if isinstance(place, Exception):
        port = UNKNOWN if box.port is None else str(box.port)
        return (box.name, box.address or box.name, port, box.user or UNKNOWN, groups, UNKNOWN, UNKNOWN)
    return (box.name, place.host, str(place.port), place.user, groups, place.transport, place.why)


def _as_json(box: Box, place: Resolved | BoxError) -> dict[str, Any]:
    """What is not known is null."""
    known = None if isinstance(place, Exception) else place
    return {
        "name": box.name,
        "address": known and known.host,
        "port": known and known.port,
        "user": known and known.user,
        "groups": box.groups,
        "kind": box.kind or None,
        "transport": known and known.transport,
        "why": known and known.why,
        "key_files": box.key_files,
        "ssh_options": box.ssh_options,
        "ovtui": box.ovtui or None,
        "python": box.python or None,
        "problem": place.text if isinstance(place, Exception) else None,
    }
