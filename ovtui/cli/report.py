"""`ovtui report`: a recording as Markdown and as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli.exits import Exit
from ovtui.cli.replay import newest
from ovtui.metrics.digest import Digest
from ovtui.metrics.report.html import render_html
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.report.series import ReportSeries
from ovtui.records.session_file.reader import SessionFileError
from ovtui.records.session_file.replay import Replay


def report(path: str, output: str) -> int:
    """Writes OUTPUT.md and OUTPUT.html; with '-' the Markdown to stdout."""
    path = path or newest()
    try:
        recording = Replay(path)
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None
    digest, series = Digest(), ReportSeries(recording.end_ns)
    recording.stop()
    while True:
        update = recording.poll()
        digest.feed(update)
        series.add(update.records)
        if update.finished:
            break
    made = build_report(digest, recording.meta)
    recording.close()
    if output == "-":
        click.echo(render_markdown(made), nl=False)
    else:
        base = Path(output) if output else Path(Path(path).stem)
        for suffix, text in ((".md", render_markdown(made)), (".html", render_html(made, series))):
            target = base.with_name(base.name + suffix)
            target.write_text(text, encoding="utf-8")
            click.echo(str(target))
    if recording.damage:
        raise click.ClickException(f"{recording.damage}; the report is of what could be read")
    return Exit.FINE
