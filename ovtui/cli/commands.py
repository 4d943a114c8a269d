"""The subcommands: what each is called with. What they do stands in the module of its name."""

from __future__ import annotations

import sys
from typing import Any

import click

from ovtui.cli.options import settings_from, settings_options


@click.command()
@settings_options
def dashboard(**given: Any) -> int:
    """Open the dashboard over a running model; what plain `ovtui` does."""
    settings = settings_from(given)
    if sys.stdin.isatty() and sys.stdout.isatty():
        from ovtui.cli import dashboard as opener

        return opener.open_dashboard(settings)
    from ovtui.cli import headless

    return headless.run(settings, json_path="")


@click.command()
@settings_options
@click.option(
    "--json", "json_path", default="", metavar="FILE", help="Write the result as JSON to FILE, or - for stdout."
)
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
def run(json_path: str, json_schema: bool, **given: Any) -> int:
    """Run a model without a screen: progress on stderr, the result on stdout or as JSON."""
    if json_schema:
        from ovtui.metrics.result import json_schema as schema

        click.echo(schema())
        return 0
    from ovtui.cli import headless

    return headless.run(settings_from(given), json_path)


@click.command()
@click.argument("name", required=False)
def presets(name: str | None) -> int:
    """List the presets, or show one."""
    from ovtui.cli import presets as lister

    return lister.show(name) if name else lister.list_all()


ALL = (dashboard, run, presets)
