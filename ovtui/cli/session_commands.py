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


ALL = (replay,)
