"""`ovtui report`: a recording as Markdown and as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit
from ovtui.cli.path_type import PATH
from ovtui.cli.replay import digest_of, find_recording, open_recording, recording_argument, tell_of_file
from ovtui.cli.streams import require_stdout
from ovtui.cli.terminal_text import print_data
from ovtui.settings.shown_text import encodable


@click.command()
@recording_argument
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="",
    metavar="NAME",
    shell_complete=completers.paths,
    help="Write NAME.md and NAME.html; the recording's name unless given; '-': the Markdown to stdout.",
)
def report(file: str, output: str) -> int:
    """Write a recording as Markdown and HTML. The HTML is one file with plots; without FILE it is the last one."""
    from ovtui.metrics.rank.sections import rank_sections
    from ovtui.metrics.report.html import render_html
    from ovtui.metrics.report.markdown import render_markdown
    from ovtui.metrics.report.report import build_report
    from ovtui.metrics.report.series import ReportSeries
    from ovtui.metrics.result.build import build_result

    if output == "-":
        require_stdout("the report")
    path = find_recording(file)
    recording = open_recording(path)
    series = ReportSeries(recording.end_ns)
    digest = digest_of(recording, lambda update: series.add(update.records))
    ranks = rank_sections(digest.session_state)
    made, response = build_report(build_result(digest), recording.meta, ranks), digest.run.histogram("response")
    if output == "-":
        print_data(render_markdown(made))
    else:
        base = Path(output) if output else Path(Path(path).stem)
        for suffix, text in ((".md", render_markdown(made)), (".html", render_html(made, series, response))):
            target = base.with_name(base.name + suffix)
            target.write_text(encodable(text), encoding="utf-8")
            print_data(f"{target}\n")
    damaged = tell_of_file(recording, "are in the report", breaks_off=True)
    recording.close()
    return Exit.FAILED if damaged else Exit.FINE
