"""`ovtui benchmark_app -h`: all flags, from the one table of them."""

from __future__ import annotations

import textwrap

from ovtui.cli.benchmark_app.flag_table import FLAGS
from ovtui.terminal.terminal_size import terminal_size

INDENT = 28
MOST_COLUMNS = 100
HEAD = (
    "Usage: ovtui benchmark_app -m FILE [FLAGS]",
    "",
    "Runs a command line of OpenVINO's benchmark_app: each flag means what it means there, spelt as in Python or in "
    "C++. stdout ends with the lines that benchmark_app prints. The session is recorded: ovtui replay shows it.",
)


def help_lines() -> list[str]:
    width = max(min(terminal_size(1).columns, MOST_COLUMNS), 60)
    lines = [each for text in HEAD for each in textwrap.wrap(text, width) or [""]]
    for group in dict.fromkeys(flag.group for flag in FLAGS):
        lines += ["", f"{group}:"]
        for flag in FLAGS:
            if flag.group == group:
                name = f"  {', '.join(flag.spellings)}{f' {flag.metavar}' if flag.metavar else ''}"
                lines += _described(name, flag.help, width)
    return lines


def _described(name: str, text: str, width: int) -> list[str]:
    wrapped = textwrap.wrap(text, width - INDENT, break_on_hyphens=False)
    if len(name) < INDENT - 1:
        return [f"{name:{INDENT}}{wrapped[0]}", *(" " * INDENT + line for line in wrapped[1:])]
    return [name, *(" " * INDENT + line for line in wrapped)]
