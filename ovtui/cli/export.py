"""`ovtui export`: a recording as text for other programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ovtui.cli.exits import Exit
from ovtui.cli.replay import newest
from ovtui.records.session_file.reader import SessionFileError, SessionReader


def export(path: str, form: str, latency: str, output: str) -> int:
    try:
        file = SessionReader(path or newest())
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None
    pieces = _pieces(file, form, latency)
    if output == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece.encode())  # UTF-8 whatever the terminal's locale
        return Exit.FINE
    target = Path(output)
    if target.exists() and not target.is_file():  # a pipe, /dev/stdout: nothing to be put in its place
        with target.open("w", encoding="utf-8") as out:
            out.writelines(pieces)
        return Exit.FINE
    partial = target.with_name(f"{target.name}.partial")  # so that half an export is never taken for a whole one
    try:
        with partial.open("w", encoding="utf-8") as out:
            out.writelines(pieces)
        partial.replace(target)
    except OSError as error:
        raise click.ClickException(f"--output {output}: cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    return Exit.FINE


def _pieces(file: SessionReader, form: str, latency: str) -> Iterator[str]:
    if form == "hgrm":
        return _hgrm(file, latency)
    if form == "trace":
        from ovtui.records.export.perfetto import trace_json

        return trace_json(file)
    from ovtui.records.export import csv_jsonl

    return csv_jsonl.csv_lines(file) if form == "csv" else csv_jsonl.json_lines(file)


def _hgrm(file: SessionReader, latency: str) -> Iterator[str]:
    from ovtui.metrics.latency.hgrm import hgrm_lines
    from ovtui.metrics.latency.histogram import Histogram
    from ovtui.metrics.latency.samples import measured_records
    from ovtui.records.record import LATENCY_MS

    histogram = Histogram()
    for records in file.all_records():
        histogram.add(LATENCY_MS[latency](measured_records(records)))
    return hgrm_lines(histogram)
