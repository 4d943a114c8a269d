"""`ovtui recordings`: the recordings that nobody named. `replay`, `report`, `export` and `bundle` take their names."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.streams import require_stdout
from ovtui.cli.text_table import print_table
from ovtui.metrics.number_format import UNKNOWN, count, elapsed, size

if TYPE_CHECKING:
    from ovtui.records.session_file.contents import Contents

_HEADINGS = ("NAME", "BEGAN", "LENGTH", "REQUESTS", "SIZE", "DEVICE", "MODEL", "STATE")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def recordings(as_json: bool) -> int:
    """List the recordings of the last sessions. Each command that takes a recording takes these NAMEs."""
    from ovtui.host import state_paths
    from ovtui.records.session_file.contents import contents_of
    from ovtui.records.session_file.opening import SessionFileError

    if as_json:
        require_stdout("--json")
    try:
        kept = state_paths.unnamed_recordings()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    found: list[tuple[Path, Contents | None, str]] = []
    for path in kept:
        try:
            found.append((path, contents_of(str(path)), ""))
        except SessionFileError as error:
            found.append((path, None, str(error)))
    if as_json:
        from ovtui.records.json_text import json_text

        sys.stdout.buffer.write(json_text([_as_json(*row) for row in found]))
    elif found:
        print_table(_HEADINGS, [_row(path, contents) for path, contents, _ in found])
    else:
        notify("no session has been recorded yet; --record FILE keeps one under a name")
    problems = [problem for _, _, problem in found if problem]
    for problem in problems:
        notify(problem)
    return Exit.FAILED if problems else Exit.FINE


def _row(path: Path, contents: Contents | None) -> tuple[str, ...]:
    if contents is None:
        return (path.stem, *[UNKNOWN] * 3, size(_bytes_of(path)), UNKNOWN, UNKNOWN, "not readable")
    began = UNKNOWN
    if contents.started_at_s is not None:
        began = time.strftime("%Y-%m-%d %H:%M", time.localtime(contents.started_at_s))
    return (
        path.stem,
        began,
        elapsed(contents.length_s),
        count(contents.requests),
        size(_bytes_of(path)),
        contents.device or UNKNOWN,
        contents.model or UNKNOWN,
        _state(contents),
    )


def _state(contents: Contents) -> str:
    without = "" if contents.requests or contents.ending.live else "ran no request"
    return ", ".join(filter(None, (without, contents.ending.text))) or "whole"


def _bytes_of(path: Path) -> int:
    """With the WAL, which holds the newest part of a recording that goes on."""
    total = 0
    for part in (path, path.with_name(path.name + "-wal")):
        try:
            total += part.stat().st_size
        except OSError:
            continue
    return total


def _as_json(path: Path, contents: Contents | None, problem: str) -> dict[str, Any]:
    told: dict[str, Any] = {"name": path.stem, "path": str(path), "bytes": _bytes_of(path), "problem": problem}
    if contents is None:
        return {**told, **dict.fromkeys(("started_at_s", "length_s", "requests", "model", "device", "state"))}
    return {
        **told,
        "started_at_s": contents.started_at_s,
        "length_s": contents.length_s,
        "requests": contents.requests,
        "model": contents.model,
        "device": contents.device,
        "state": _state(contents),
    }
