"""Handing over what was measured: the summary for a person, or the JSON for a program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli import output_check

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest


def hand_over(digest: Digest, json_path: str) -> None:
    """The JSON to `json_path` ('-': stdout), the summary to stdout where that is free. Raises click.ClickException
    where the JSON cannot be written, after the summary: what was measured is told all the same."""
    from ovtui.metrics.result.build import build_result, to_json
    from ovtui.metrics.result.summary_text import summary_lines

    if json_path == "-":
        sys.stdout.buffer.write(to_json(build_result(digest)))
        return
    failure = ""
    if json_path:
        try:
            Path(json_path).write_bytes(to_json(build_result(digest)))
        except OSError as error:
            failure = f"--json {json_path}: {error.strerror}; only the summary was handed over"
    if digest.snapshot().completed:
        print("\n".join(summary_lines(digest)))
    if failure:
        raise click.ClickException(failure)


def check_writable(path: str) -> None:
    """Before anything is measured: a result that cannot be kept is no result."""
    reason = output_check.why_not(Path(path).absolute())
    if reason:
        raise click.UsageError(f"--json {path}: {reason}")
