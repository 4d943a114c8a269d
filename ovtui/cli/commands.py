"""The subcommands: what each is called with. What they do stands in the module of its name."""

from __future__ import annotations

import sys
from typing import Any

import click

from ovtui.cli import sessions
from ovtui.cli.config import config
from ovtui.cli.options import SettingsCommand, settings_from, settings_options, view_options
from ovtui.cli.presets import presets
from ovtui.cli.session_options import session_options, session_options_from


@click.command(cls=SettingsCommand)
@settings_options
@view_options
@session_options
def dashboard(**given: Any) -> int:
    """Open the dashboard over a running model; what plain `ovtui` does."""
    options = session_options_from(given)
    settings = settings_from(given)
    if sys.stdin.isatty() and sys.stdout.isatty():
        from ovtui.cli import dashboard as opener
        from ovtui.cli.dashboard_preferences import preferences_from

        return opener.open_dashboard(settings, options, preferences_from(given))
    from ovtui.cli import run

    return run.run(settings, options, json_path="")


@click.command(cls=SettingsCommand)
@settings_options
@session_options
@click.option("--detach", is_flag=True, help="Start the session, print its name and leave it running.")
@click.option(
    "--json", "json_path", default="", metavar="FILE", help="Write the result as JSON to FILE, or - for stdout."
)
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
def run(json_path: str, json_schema: bool, detach: bool, **given: Any) -> int:
    """Run a model without a screen: progress on stderr, the result on stdout or as JSON."""
    if json_schema:
        from ovtui.metrics.result.build import json_schema as schema

        click.echo(schema())
        return 0
    from ovtui.cli import run

    options = session_options_from(given)
    if detach:
        return run.start_detached(settings_from(given), options)
    return run.run(settings_from(given), options, json_path)


ALL = (dashboard, run, presets, config, *sessions.ALL)
