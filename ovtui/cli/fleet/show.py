"""`ovtui fleet show`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.fleet.outcome_options import check_outcome
from ovtui.cli.output import json_option
from ovtui.cli.path_type import PATH
from ovtui.cli.text_table import print_table

if TYPE_CHECKING:
    from pathlib import Path

_HEADS = ("RUN", "BEGAN", "BOXES", "DONE", "FAILED", "OPEN", "MODEL")


@click.command("show")
@click.argument("run", required=False, default="", metavar="[RUN]", shell_complete=completers.fleet_runs)
@json_option
@click.option("--report", type=PATH, default="", metavar="NAME", help="Write NAME.md and NAME.html.")
def show_command(run: str, json_path: str, report: str) -> int:
    """Show a run that is kept, or list all of them."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.running.run_folder import find_run, kept_runs

    check_outcome(json_path, report)
    try:
        if not run and not report:
            return _list(kept_runs(), json_path)
        return _show(find_run(run), json_path, report)
    except FleetError as error:
        raise click.ClickException(str(error)) from None


def _show(folder: Path, json_path: str, report: str) -> int:
    from ovtui.cli.fleet.outcome import exit_code, write_outcome
    from ovtui.fleet.running.restored import faults_of, shown_states
    from ovtui.fleet.running.run_folder import RunFolder

    kept = RunFolder.look(folder)
    states = shown_states(kept)
    code = exit_code(states, faults_of(states, kept), interrupted=False)
    write_outcome(states, kept, code, json_path, report)
    return code


def _list(folders: list[Path], json_path: str) -> int:
    rows = [_row(folder) for folder in folders]
    if json_path:
        from ovtui.cli.output import write_both
        from ovtui.records.json_text import json_text

        names = [head.lower() for head in _HEADS]
        told = [dict(zip(names, row, strict=True)) for row in rows]
        write_both(json_path, lambda: json_text(told), lambda: None, text_name="list")
        return Exit.FINE
    if not rows:
        notify("no run of a fleet is kept here; ovtui fleet run makes one")
        return Exit.FINE
    print_table(_HEADS, [tuple(map(str, row)) for row in rows])
    sys.stdout.flush()
    return Exit.FINE


def _row(folder: Path) -> tuple[str | int, ...]:
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.running.restored import state_of
    from ovtui.fleet.running.run_folder import RunFolder

    try:
        kept = RunFolder.look(folder)
        standings = [kept.standing(box.name) for box in kept.brief.boxes]
        phases = [
            "failed" if each.failed is not None else state_of(box.name, each).phase
            for box, each in zip(kept.brief.boxes, standings, strict=True)
        ]
    except FleetError as error:
        notify(str(error))
        return (folder.name, "?", 0, 0, 0, 0, "?")
    done, failed = phases.count("done"), phases.count("failed")
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(kept.brief.began_s))
    return (folder.name, began, len(phases), done, failed, len(phases) - done - failed, kept.brief.settings.model)
