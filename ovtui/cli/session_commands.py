"""The subcommands about sessions that run elsewhere or have been recorded."""

from __future__ import annotations

import click

_JSON = click.option(
    "--json", "json_path", default="", metavar="FILE", help="Write the result as JSON to FILE, or - for stdout."
)


@click.command()
@click.argument("file", required=False, default="")
@click.option("--speed", default=1.0, type=click.FloatRange(0.01, 100), show_default=True, help="To begin with.")
@_JSON
def replay(file: str, speed: float, json_path: str) -> int:
    """Replay a recorded session on the dashboard; without FILE the last one. Without a terminal: its result."""
    from ovtui.cli import replay as player

    return player.replay(file, speed=speed, json_path=json_path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def sessions(as_json: bool) -> int:
    """List the sessions that run on this machine."""
    from ovtui.cli import sessions as lister

    return lister.list_sessions(as_json=as_json)


@click.command()
@click.argument("session", required=False, default="", metavar="[ID]")
@click.option("--read-only", is_flag=True, help="Look, and change nothing.")
def attach(session: str, read_only: bool) -> int:
    """Open the dashboard over a running session, with its whole history; ID, or its beginning, where several run."""
    from ovtui.cli import sessions as lister

    return lister.attach(session, read_only=read_only)


@click.command()
@click.argument("session", required=False, default="", metavar="[ID]")
def stop(session: str) -> int:
    """End a running session; ID, or its beginning, where several run."""
    from ovtui.cli import sessions as lister

    return lister.stop(session)


@click.command()
@click.argument("file", required=False, default="")
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(["csv", "jsonl", "trace", "hgrm"]),
    help="trace: Chrome trace JSON for ui.perfetto.dev; hgrm: for HdrHistogram's plotters.",
)
@click.option("-o", "--output", default="-", metavar="FILE", help="Where to write; stdout unless given.")
@click.option(
    "--latency", default="response", type=click.Choice(["inference", "service", "response"]), show_default=True,
    help="Which latency hgrm holds.",
)  # fmt: skip
def export(file: str, form: str, output: str, latency: str) -> int:
    """Write a recording as text for other programs; without FILE the last one."""
    from ovtui.cli import export as exporter

    return exporter.export(file, form, latency, output)


@click.command()
@click.argument("file", required=False, default="")
@click.option(
    "-o",
    "--output",
    default="",
    metavar="NAME",
    help="Write NAME.md and NAME.html; the recording's name unless given; '-': the Markdown to stdout.",
)
def report(file: str, output: str) -> int:
    """Write a recording as a report, Markdown and one HTML file with plots; without FILE the last one."""
    from ovtui.cli import report as writer

    return writer.report(file, output)


@click.command()
@click.argument("name", required=False, default="")
@click.option("--list", "listing", is_flag=True, help="List them, with the hardware and the command of each.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.01, 100), show_default=True, help="To begin with.")
@_JSON
def demo(name: str, listing: bool, speed: float, json_path: str) -> int:
    """Replay a recording that comes with ovtui: a handover, batches, without owning a GPU."""
    from ovtui.cli import demo as shower

    return shower.list_all() if listing else shower.play(name, speed=speed, json_path=json_path)


ALL = (replay, sessions, attach, stop, export, report, demo)
