"""What a run on many boxes ends in: its table, its JSON, its report, and the exit code."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit
from ovtui.cli.output import write_both
from ovtui.cli.terminal_text import print_line
from ovtui.records.fleet import BoxState
from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import encodable
from ovtui.terminal.terminal_size import terminal_size

if TYPE_CHECKING:
    from ovtui.fleet.box import FaultKind
    from ovtui.fleet.running.run_folder import RunFolder
    from ovtui.metrics.fleet.schema import FleetReport

FILE_WIDTH = 200
"""Of the table where it goes into a file or a pipe."""


def exit_code(states: Sequence[BoxState], faults: Mapping[str, FaultKind], *, interrupted: bool) -> int:
    """130 where the run was interrupted; else what went worst. 4 where the model or the device suits no box."""
    failed = [state for state in states if state.phase != "done"]
    if interrupted:
        return Exit.INTERRUPTED
    if failed and len(failed) == len(states) and all(faults.get(state.name) == "refused" for state in failed):
        return Exit.UNUSABLE
    if failed or any(state.code == Exit.INTERRUPTED for state in states):  # there, and by nobody here
        return Exit.FAILED
    return Exit.LIMIT_MISSED if any(state.code == Exit.LIMIT_MISSED for state in states) else Exit.FINE


def print_schema() -> int:
    from ovtui.metrics.fleet.schema import json_schema

    click.echo(json_schema())
    return Exit.FINE


def report_of(states: Sequence[BoxState], folder: RunFolder, code: int, *, ended_s: float | None = None) -> FleetReport:
    """`ended_s`: time.time(), where it is known."""
    from ovtui.metrics.fleet.report import fleet_report

    brief = folder.brief
    return fleet_report(
        states, code=code, run=brief.name, began_s=brief.began_s, ended_s=ended_s, settings=brief.settings,
        addresses={box.name: box.address for box in brief.boxes if box.address},
    )  # fmt: skip


def write_outcome(
    states: Sequence[BoxState], folder: RunFolder, code: int, json_path: str, report: str, *, over: bool = False
) -> None:
    """The table to stdout, unless the JSON goes there. `over`: the run has just ended, and its JSON is kept in its
    folder. Raises click.ClickException where a file cannot be written, after all that can be."""
    from ovtui.metrics.fleet.result_lines import result_lines
    from ovtui.metrics.fleet.schema import to_json
    from ovtui.settings.files import atomic_write

    made = report_of(states, folder, code, ended_s=time.time() if over else None)
    if over:
        with contextlib.suppress(SettingsError):
            atomic_write.write_bytes(folder.report, to_json(made), 0o600)
    on_screen = sys.stdout.isatty()
    width = terminal_size(1).columns if on_screen else FILE_WIDTH

    def print_table() -> None:
        for line in result_lines(states, width, wrapped=on_screen):
            print_line(line)

    write_both(json_path, lambda: to_json(made), print_table, text_name="table")
    if report:
        _write_report(made, report)


def _write_report(made: FleetReport, report: str) -> None:
    from ovtui.metrics.fleet.document import fleet_html, fleet_markdown

    base = Path(report)
    for suffix, text in ((".md", fleet_markdown(made)), (".html", fleet_html(made))):
        target = base.with_name(base.name + suffix)
        try:
            target.write_text(encodable(text), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"--report {target}: {error.strerror}") from None
