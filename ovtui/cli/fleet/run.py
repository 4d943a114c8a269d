"""`ovtui fleet run`."""

from __future__ import annotations

import click


@click.command("run")
def run_command() -> int:
    """Run a preset or a model on every box."""
    raise click.ClickException("not yet")
