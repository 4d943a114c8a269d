"""`ovtui fleet hosts`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.streams import require_stdout
from ovtui.cli.terminal_text import print_line
from ovtui.metrics.number_format import UNKNOWN
from ovtui.settings.shown_text import padded, shown, width_of

if TYPE_CHECKING:
    from ovtui.fleet.box import Box

_HEADS = ("BOX", "ADDRESS", "PORT", "USER", "GROUPS", "OVER")
_FROM_CONFIG = "~/.ssh/config"


@click.command("hosts")
@host_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def hosts_command(as_json: bool, **given: Any) -> int:
    """List the boxes that are named, and how each is reached. None is asked anything.

    What is empty in the inventory comes from ~/.ssh/config."""
    if as_json:
        require_stdout("--json")
    boxes, _, _ = boxes_from(given)
    if as_json:
        import msgspec

        from ovtui.records.json_text import json_text

        told: list[dict[str, Any]] = [msgspec.to_builtins(box) for box in boxes]
        sys.stdout.buffer.write(json_text(told))
        return Exit.FINE
    rows = [_HEADS, *(_row(box) for box in boxes)]
    cells = [tuple(map(shown, row)) for row in rows]
    widths = [max(width_of(row[column]) for row in cells) for column in range(len(_HEADS))]
    for row in cells:
        print_line("  ".join(padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip())
    return Exit.FINE


def _row(box: Box) -> tuple[str, ...]:
    return (
        box.name,
        box.address or UNKNOWN,
        UNKNOWN if box.port is None else str(box.port),
        box.user or UNKNOWN,
        ",".join(box.groups) or UNKNOWN,
        box.transport,
    )
