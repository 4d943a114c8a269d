"""Handing over what was measured: the summary for a person, or the JSON for a program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest


def hand_over(digest: Digest, json_path: str) -> None:
    """The JSON to `json_path` ('-': stdout), the summary to stdout where that is free."""
    from ovtui.metrics.result import result_of, to_json
    from ovtui.metrics.summary import summary_lines

    if json_path == "-":
        sys.stdout.buffer.write(to_json(result_of(digest)))
        return
    if json_path:
        Path(json_path).write_bytes(to_json(result_of(digest)))
    if digest.snapshot().completed:
        print("\n".join(summary_lines(digest)))


def check_writable(path: str) -> None:
    """Before anything is measured: a result that cannot be kept is no result."""
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise click.UsageError(f"--json {path}: there is no folder {folder}")
    if Path(path).is_dir():
        raise click.UsageError(f"--json {path}: that is a folder; name a file")
