"""`ovtui fleet show`."""

from __future__ import annotations

import click


@click.command("show")
def show_command() -> int:
    """Show a run that is kept."""
    raise click.ClickException("not yet")
