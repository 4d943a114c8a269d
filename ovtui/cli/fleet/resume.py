"""`ovtui fleet resume`."""

from __future__ import annotations

import click

from ovtui.cli import completers
from ovtui.cli.fleet.outcome_options import check_outcome, outcome_options


@click.command("resume")
@click.argument("run", required=False, default="", metavar="[RUN]", shell_complete=completers.fleet_runs)
@outcome_options
def resume_command(run: str, json_path: str, json_schema: bool, report: str, no_screen: bool) -> int:
    """Go on with a run that was broken off.

    What its boxes have measured meanwhile is fetched, those that still run are followed, those that had not begun
    begin. Without RUN, or its beginning, it is the newest."""
    if json_schema:
        from ovtui.cli.fleet.outcome import print_schema

        return print_schema()
    check_outcome(json_path, report)
    from ovtui.cli.fleet.whole_run import follow_run, taken_folder

    return follow_run(taken_folder(run), json_path, report, screen=not no_screen)
