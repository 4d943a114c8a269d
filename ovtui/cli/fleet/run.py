"""`ovtui fleet run`."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.exits import Exit
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.fleet.outcome_options import check_outcome, outcome_options
from ovtui.cli.follow import Seconds
from ovtui.cli.options import SettingsCommand, settings_options
from ovtui.cli.session_options import duration_option_value, size_option_value


@click.command("run", cls=SettingsCommand)
@settings_options
@host_options
@click.option("--model-there", is_flag=True, help="MODEL is a path of each box; nothing is sent.")
@click.option("--name", default="", metavar="NAME", help="Of the run, for `ovtui fleet resume` and `show`.")
@click.option("--dry-run", is_flag=True, help="Print what would run on each box, and connect to none.")
@click.option(
    "--no-recordings", is_flag=True, help="Leave the recordings on the boxes, in ~/.local/state/ovtui/fleet there."
)
@click.option(
    "--most-fetch", "most_fetch_bytes", default="2G", metavar="SIZE", callback=size_option_value, show_default=True,
    help="A recording that is larger stays on its box.",
)  # fmt: skip
@click.option(
    "--record-limit", "record_limit", default="1G", metavar="SIZE", callback=size_option_value, show_default=True,
    help="Size of a recording; beyond it the oldest requests go.",
)  # fmt: skip
@click.option(
    "--patience", "patience_s", type=Seconds(0.0), default="60s", metavar="TIME", show_default=True,
    help="How long a box that cannot be reached is waited for, beyond the expected end of its run.",
)  # fmt: skip
@click.option(
    "--keep-for", "keep_s", default="1h", metavar="TIME", callback=duration_option_value, show_default=True,
    help="How long a session that has ended stays on its box where nobody comes for it.",
)  # fmt: skip
@click.option(
    "--every", "every_s", type=Seconds(0.1), default="1s", metavar="TIME", show_default=True,
    help="A box tells how it stands so often.",
)  # fmt: skip
@outcome_options
def run_command(
    model_there: bool,
    name: str,
    dry_run: bool,
    no_recordings: bool,
    most_fetch_bytes: int,
    record_limit: int,
    patience_s: float,
    keep_s: float,
    every_s: float,
    json_path: str,
    json_schema: bool,
    report: str,
    no_screen: bool,
    **given: Any,
) -> int:
    """Run a preset or a model on every box.

    The boxes are compared. Each measures by itself: a line that breaks costs nothing. Without --duration and --requests
    a run lasts 30 s."""
    if json_schema:
        from ovtui.cli.fleet.outcome import print_schema

        return print_schema()
    check_outcome(json_path, report)
    if not 0.1 <= every_s <= 5.0:
        raise click.UsageError("--every: write a time from 0.1s to 5s; a box that is silent for 8 s counts as hung")
    boxes, reach, jobs = boxes_from(given)
    from ovtui.cli.fleet.run_request import brief_of

    brief = brief_of(
        given, boxes, reach, jobs, name=name, model_there=model_there, recordings=not no_recordings, every_s=every_s,
        patience_s=patience_s, keep_s=keep_s, most_fetch_bytes=most_fetch_bytes, record_limit=record_limit,
    )  # fmt: skip
    if dry_run:
        from ovtui.cli.fleet.dry_run import print_dry_run

        print_dry_run(brief, reach)
        return Exit.FINE
    from ovtui.cli.fleet.whole_run import follow_run, made_folder

    return follow_run(made_folder(brief), json_path, report, screen=not no_screen)
