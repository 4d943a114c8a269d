"""Where the outcome of a run on many boxes goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ovtui.cli import completers
from ovtui.cli.output import check_json_path, json_option, why_not_writable
from ovtui.cli.path_type import PATH

F = TypeVar("F", bound=Callable[..., Any])


def outcome_options(command: F) -> F:
    """Adds --json, --json-schema, --report and --no-screen."""
    for option in (
        click.option("--no-screen", is_flag=True, help="Lines on stderr instead of a screen."),
        click.option(
            "--report", type=PATH, default="", metavar="NAME", shell_complete=completers.paths,
            help="Write NAME.md and NAME.html.",
        ),
        click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop."),
        json_option,
    ):  # fmt: skip
        command = option(command)
    return command


def check_outcome(json_path: str, report: str) -> None:
    """Before anything is measured. Raises click.UsageError where it could not be written."""
    check_json_path(json_path)
    for suffix in (".md", ".html") if report else ():
        path = Path(report).absolute()
        if reason := why_not_writable(path.with_name(path.name + suffix)):
            raise click.UsageError(f"--report {report}: {reason}")
