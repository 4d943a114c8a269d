"""`ovtui doctor`: which devices work on this machine, why the others do not, and what to type."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli.exits import Exit
from ovtui.cli.streams import require_stdout

if TYPE_CHECKING:
    from ovtui.records.doctor import Finding
    from ovtui.settings.schema.settings import Settings

WHOLE_S = 4.3
"""From the start of the process to the last answer; some tenths of a second come after it."""
_CHILDREN_S, _LEAST_S, _LONGEST_START_S = 4.0, 2.5, 60.0
_WIDEST = 120
"""Longer lines are hard to read."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the answer and stop.")
def doctor(as_json: bool, json_schema: bool) -> int:
    """Look why a device does not work. One line for each link from the bus to an inference: what was found, in which
    file, and one command to type where it is broken. Drivers are asked in processes of their own, for 4 s at most. Exit
    status 1 where something that this machine has does not work."""
    if json_schema:
        from ovtui.records.doctor import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    if as_json:
        require_stdout("--json")
    from ovtui.host.doctor.diagnosis import diagnose
    from ovtui.host.machine.machine_root import MACHINE_ROOT_VARIABLE, machine_root
    from ovtui.settings.shown_text import in_quotes

    if not machine_root().is_dir():
        raise click.UsageError(f"{MACHINE_ROOT_VARIABLE} names {in_quotes(str(machine_root()))}, which is no folder")
    settings, remarks = _settings()
    folders = [] if settings is None else _cache_folders(settings)
    threads = 0 if settings is None else settings.nthreads
    report = diagnose(machine_root(), os.environ, folders, threads, [*remarks, _terminal()], _limit_s())
    if as_json:
        from ovtui.records.doctor import to_json

        sys.stdout.buffer.write(to_json(report))
    else:
        from ovtui.cli.doctor_text import print_report

        print_report(report, _width())
    return Exit.FINE if report.healthy else Exit.FAILED


def _settings() -> tuple[Settings | None, list[Finding]]:
    """Those of the environment and the config file; where they are wrong, a finding that says so: a machine has to be
    looked at all the same."""
    from ovtui.cli.options import settings_from
    from ovtui.host.doctor.findings import warning

    try:
        return settings_from({}), []
    except click.UsageError as error:
        return None, [warning("settings", "settings-wrong", error.format_message(), None, "ovtui config show")]


def _cache_folders(settings: Settings) -> list[str]:
    folders = [settings.cache_dir, settings.properties.get("CACHE_DIR", "")]
    return [str(Path(folder).absolute()) for folder in dict.fromkeys(folders) if folder]


def _terminal() -> Finding:
    """What the dashboard can draw on it."""
    from ovtui.host.doctor.findings import fine, warning
    from ovtui.terminal.terminal_kind import terminal_kind, why_no_screen

    term, kind = os.environ.get("TERM", ""), terminal_kind()
    file = f"TERM={term}"
    if why := why_no_screen(term):
        text = f"no dashboard on it: {why}; ovtui run works everywhere"
        return warning("terminal", "terminal-dumb", text, None, "TERM=xterm-256color ovtui")
    colours = {"none": "no colours", "detected": "colours left to Textual", "truecolor": "16 million colours"}.get(
        kind.colours, f"{kind.colours} colours"
    )
    if kind.why_glyphs:
        text = f"drawn in {kind.glyphs} characters, {colours}: {kind.why_glyphs}"
        command = "export LC_ALL=C.UTF-8" if "locale" in kind.why_glyphs else None
        return warning("terminal", "terminal-plain", text, file, command)
    return fine("terminal", f"{kind.glyphs}, {colours}", file)


def _limit_s() -> float:
    """How long the children may take: 4 s, and less where this process has taken long to start on a busy machine."""
    try:
        began_ticks = int(Path("/proc/self/stat").read_text(errors="replace").rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return _CHILDREN_S
    age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - began_ticks / os.sysconf("SC_CLK_TCK")
    if not 0 <= age_s < _LONGEST_START_S:  # a sandbox's /proc with a clock of its own
        return _CHILDREN_S
    return round(min(max(WHOLE_S - age_s, _LEAST_S), _CHILDREN_S), 1)


def _width() -> int:
    from ovtui.terminal.terminal_size import terminal_size

    return min(terminal_size(1).columns, _WIDEST)
