"""`ovtui export`: a recording as text for other programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.path_type import PATH
from ovtui.cli.replay import digest_of, find_recording, open_recording, recording_argument, tell_of_file
from ovtui.cli.streams import require_stdout
from ovtui.cli.terminal_text import print_data
from ovtui.settings.shown_text import encodable

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest
    from ovtui.metrics.latency.latency import LatencyKind


def _csv(path: str, _: LatencyKind) -> Iterator[str]:
    from ovtui.records.export.csv_jsonl import csv_lines
    from ovtui.records.session_file.reader import SessionReader

    return csv_lines(SessionReader(path), _digest_of(path).mark_left_out)


def _jsonl(path: str, _: LatencyKind) -> Iterator[str]:
    from ovtui.records.export.csv_jsonl import json_lines
    from ovtui.records.session_file.reader import SessionReader

    return json_lines(SessionReader(path), _digest_of(path).mark_left_out)


def _trace(path: str, _: LatencyKind) -> Iterator[str]:
    from ovtui.records.export.perfetto import trace_json
    from ovtui.records.session_file.reader import SessionReader

    return trace_json(SessionReader(path))


def _hgrm(path: str, latency: LatencyKind) -> Iterator[str]:
    """The distribution that the summary's percentiles are of."""
    from ovtui.metrics.latency.hgrm import hgrm_lines

    return hgrm_lines(_digest_of(path).run.histogram(latency))


def _machine(path: str, _: LatencyKind) -> Iterator[str]:
    """The readings of the machine."""
    from ovtui.records.export.machine_csv import machine_csv_lines
    from ovtui.records.session_file.reader import SessionReader

    return machine_csv_lines(SessionReader(path))


def _digest_of(path: str) -> Digest:
    """Of what can be read."""
    recording = open_recording(path)
    digest = digest_of(recording)
    recording.close()
    return digest


FORMS: dict[str, Callable[[str, LatencyKind], Iterator[str]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "trace": _trace,
    "hgrm": _hgrm,
    "machine": _machine,
}
"""The forms of `--to`: a recording's path and the latency that --latency names, to text in pieces, so that a large
recording is never in memory as a whole. To add a form, add it here."""


@click.command()
@recording_argument
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(list(FORMS)),
    help="trace: Chrome trace JSON for ui.perfetto.dev; hgrm: for HdrHistogram's plotters; machine: CSV of the"
    " machine's readings, one a second.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="-",
    metavar="FILE",
    shell_complete=completers.paths,
    help="Where to write; stdout unless given.",
)
@click.option(
    "--latency", default="response", type=click.Choice(["inference", "service", "response"]), show_default=True,
    help="Which latency hgrm holds.",
)  # fmt: skip
def export(file: str, form: str, output: str, latency: LatencyKind) -> int:
    """Write a recording as text for other programs. Without FILE it is the last one."""
    from ovtui.records.session_file.reader import SessionFileError

    if output == "-":
        require_stdout("the export")
    path = find_recording(file)
    recording = open_recording(path)
    try:
        whole = output == "-" or not recording.damage_sentence()
        if not whole:  # half an export is never taken for a whole one
            tell_of_file(recording, f"could be read; nothing was written to {output}, without -o they go to stdout")
            return Exit.FAILED
        pieces = FORMS[form](path, latency)
        if output == "-":
            for piece in pieces:
                print_data(piece)
        else:
            _write(Path(output), pieces)
            if sys.stderr.isatty():
                notify(f"written: {output}")
        done = "are in what was written" if form == "hgrm" else "were written"
        return Exit.FAILED if tell_of_file(recording, done, breaks_off=True) else Exit.FINE
    except SessionFileError as error:  # it was replaced or taken away meanwhile
        raise click.ClickException(str(error)) from None
    finally:
        recording.close()


def _write(target: Path, pieces: Iterator[str]) -> None:
    """Raises click.ClickException, and SessionFileError where the recording is damaged."""
    from ovtui.records.session_file.reader import SessionFileError

    if target.exists() and not target.is_file():  # a pipe, /dev/stdout: a file cannot be renamed over it
        with target.open("w", encoding="utf-8") as out:
            out.writelines(map(encodable, pieces))
        return
    partial = target.with_name(f"{target.name}.partial")  # so that half an export is never taken for a whole one
    try:
        with partial.open("w", encoding="utf-8") as out:
            out.writelines(map(encodable, pieces))
        partial.replace(target)
    except SessionFileError:
        raise
    except OSError as error:
        raise click.ClickException(f"--output {target}: cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
