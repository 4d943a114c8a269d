"""`ovtui export`: a recording as text for other programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit
from ovtui.cli.replay import find_recording, recording_argument

if TYPE_CHECKING:
    from ovtui.records.session_file.reader import SessionReader


@click.command()
@recording_argument
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(["csv", "jsonl", "trace", "hgrm"]),
    help="trace: Chrome trace JSON for ui.perfetto.dev; hgrm: for HdrHistogram's plotters.",
)
@click.option(
    "-o",
    "--output",
    default="-",
    metavar="FILE",
    shell_complete=completers.paths,
    help="Where to write; stdout unless given.",
)
@click.option(
    "--latency", default="response", type=click.Choice(["inference", "service", "response"]), show_default=True,
    help="Which latency hgrm holds.",
)  # fmt: skip
def export(file: str, form: str, output: str, latency: str) -> int:
    """Write a recording as text for other programs. Without FILE it is the last one."""
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    try:
        reader = SessionReader(find_recording(file))
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None
    pieces = _pieces(reader, form, latency)
    if output == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())  # UTF-8 whatever the terminal's locale
    else:
        _write(Path(output), pieces)
    return Exit.FINE


def _write(target: Path, pieces: Iterator[str]) -> None:
    """Raises click.ClickException."""
    if target.exists() and not target.is_file():  # a pipe, /dev/stdout: a file cannot be renamed over it
        with target.open("w", encoding="utf-8") as out:
            out.writelines(pieces)
        return
    partial = target.with_name(f"{target.name}.partial")  # so that half an export is never taken for a whole one
    try:
        with partial.open("w", encoding="utf-8") as out:
            out.writelines(pieces)
        partial.replace(target)
    except OSError as error:
        raise click.ClickException(f"--output {target}: cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()


def _pieces(reader: SessionReader, form: str, latency: str) -> Iterator[str]:
    """The export's text in pieces, so that a large recording is never in memory as a whole."""
    if form == "hgrm":
        return _hgrm(reader, latency)
    if form == "trace":
        from ovtui.records.export.perfetto import trace_json

        return trace_json(reader)
    from ovtui.records.export import csv_jsonl

    return csv_jsonl.csv_lines(reader) if form == "csv" else csv_jsonl.json_lines(reader)


def _hgrm(reader: SessionReader, latency: str) -> Iterator[str]:
    from ovtui.metrics.latency.hgrm import hgrm_lines
    from ovtui.metrics.latency.histogram import Histogram
    from ovtui.metrics.latency.samples import measured_records
    from ovtui.records.record import LATENCY_MS

    histogram = Histogram()
    for records in reader.all_records():
        histogram.add(LATENCY_MS[latency](measured_records(records)))
    return hgrm_lines(histogram)
