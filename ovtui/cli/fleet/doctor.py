"""`ovtui fleet doctor`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.streams import require_stdout

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.reach.line import Line
    from ovtui.records.doctor import DoctorReport

SILENCE_S = 30.0
"""Longer than for a run: a box that is ill may be slow, and that is what is asked here."""


@click.command("doctor")
@host_options
@click.option("--all-facts", is_flag=True, help="All facts, not only those in which boxes of a kind differ.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every box's whole report.")
def doctor_command(all_facts: bool, as_json: bool, **given: Any) -> int:
    """Look on every box why a device does not work.

    Runs ovtui doctor there, and says in what boxes of the same hardware differ. Exit status 1 where a box
    gives no answer, or something on it does not work."""
    if as_json:
        require_stdout("--json")
    boxes, options, jobs = boxes_from(given)
    from ovtui.cli.fleet.asked_boxes import ask_boxes, exit_of
    from ovtui.fleet.box import BoxError

    found = ask_boxes(boxes, options, jobs, ask_doctor)
    reports = {name: each for name, each in found.items() if not isinstance(each, BoxError)}
    by_name = {box.name: box for box in boxes}
    if as_json:
        from ovtui.cli.fleet.doctor_text import json_of

        sys.stdout.buffer.write(json_of(by_name, found))
    else:
        from ovtui.cli.fleet.doctor_text import print_reports
        from ovtui.terminal.terminal_size import terminal_size

        print_reports(by_name, reports, terminal_size(1).columns, all_facts=all_facts)
    if not reports and found:
        return Exit.FAILED
    return exit_of(found, well=all(each.healthy for each in reports.values()))


async def ask_doctor(line: Line, box: Box, tell: Callable[[str, int, int], None]) -> DoctorReport:
    from ovtui.fleet.on_box.facts import ask_report

    tell("asked", 0, 0)
    return await ask_report(line, box, silence_s=SILENCE_S)
