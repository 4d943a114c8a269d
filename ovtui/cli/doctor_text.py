"""A report of the doctor on stdout: marks as the terminal has them, in colour where it has colours."""

from __future__ import annotations

import os
import sys

from ovtui.cli.terminal_text import write_controls
from ovtui.host.doctor.report_lines import Line, report_lines
from ovtui.records.doctor import DoctorReport, Mark
from ovtui.settings.charset import ASCII, terminal_charset
from ovtui.terminal.terminal_kind import terminal_kind, why_no_screen

_COLOURS: dict[Mark, str] = {"fine": "\x1b[32m", "warning": "\x1b[33m", "broken": "\x1b[31m", "unknown": "\x1b[2m"}
_BOLD, _END = "\x1b[1m", "\x1b[0m"


def print_report(report: DoctorReport, width: int) -> None:
    to_terminal = sys.stdout.isatty()
    kind = terminal_kind()
    plain = terminal_charset() == ASCII or (to_terminal and kind.glyphs in ("ascii", "console"))
    coloured = to_terminal and kind.colours != "none" and not why_no_screen(os.environ.get("TERM", ""))
    for line in report_lines(report, width, plain=plain):
        _print(line, coloured=coloured)


def _print(line: Line, *, coloured: bool) -> None:
    if not coloured:
        print(line.text.rstrip())
        return
    if line.kind == "head":
        _styled(_BOLD, line.text)
    elif line.mark is not None and line.lead:
        _styled(_COLOURS[line.mark], line.text[: line.lead])
        sys.stdout.write(line.text[line.lead :])
    elif line.kind == "command":
        _styled(_BOLD, line.text)
    else:
        sys.stdout.write(line.text)
    sys.stdout.write("\n")


def _styled(begin: str, text: str) -> None:
    write_controls(sys.stdout, begin)
    sys.stdout.write(text)
    write_controls(sys.stdout, _END)
