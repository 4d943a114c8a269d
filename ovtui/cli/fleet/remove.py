"""`ovtui fleet remove`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.terminal_text import print_line
from ovtui.cli.text_table import print_table
from ovtui.metrics.number_format import quantity

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.push.removing import Removed
    from ovtui.fleet.reach.line import Line

_HEADS = ("BOX", "FREED", "")
_MB = 1e6


@click.command("remove")
@host_options
@click.option("--force", is_flag=True, help="End first what runs there out of it: sessions finish their recordings.")
@click.option("--recordings", is_flag=True, help="Delete recordings, too, that were never fetched.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and leave it.")
def remove_command(force: bool, recordings: bool, dry_run: bool, **given: Any) -> int:
    """Take away what ovtui fleet left there.

    That is what push brought, models, and the folders of runs. Nothing else is touched. A box on which
    a session runs out of it is refused, and a recording that was never fetched stays."""
    boxes, options, jobs = boxes_from(given)
    from ovtui.cli.fleet.asked_boxes import ask_boxes, exit_of
    from ovtui.fleet.box import BoxError
    from ovtui.fleet.push.removing import fetched_here, remove_from
    from ovtui.host.session_socket import SessionSocketError
    from ovtui.host.state_paths import state_folder

    try:
        is_fetched = fetched_here(state_folder() / "fleet")
    except SessionSocketError as error:
        raise click.ClickException(str(error)) from None

    async def work(line: Line, box: Box, tell: Callable[[str, int, int], None]) -> Removed:
        return await remove_from(
            line, box, dry=dry_run, force=force, recordings=recordings, is_fetched=is_fetched, tell=tell
        )

    found = ask_boxes(boxes, options, jobs, work, _kept)
    rows = []
    for name, each in found.items():
        if not isinstance(each, BoxError):
            rows.append((name, f"{each.freed_bytes / _MB:.1f} MB", _what(each, dry_run)))
    print_table(_HEADS, rows)
    if dry_run:
        for name, each in found.items():
            for path in each.paths if not isinstance(each, BoxError) else ():
                print_line(f"{name}: {path}")
        from ovtui.cli.fleet.dry_run import print_there

        print_there({name: each.scripts for name, each in found.items() if not isinstance(each, BoxError)})
    return exit_of(found)


def _kept(removed: Removed) -> str:
    if not removed.kept:
        return ""
    return f"never fetched, so kept: {', '.join(removed.kept)}; --recordings deletes them"


def _what(removed: Removed, dry_run: bool) -> str:
    if not removed.paths:
        return "nothing of it was there"
    count = quantity(len(removed.paths), "path")
    told = f"{count} would go" if dry_run else f"{count} removed"
    if not removed.stopped:
        return told
    return f"{told}; {removed.stopped} processes {'run out of it' if dry_run else 'were ended first'}"
