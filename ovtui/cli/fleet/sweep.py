"""`ovtui fleet sweep`."""

from __future__ import annotations

import click


@click.command("sweep")
def sweep_command() -> int:
    """Spread the points of a sweep over boxes of one kind."""
    raise click.ClickException("not yet")
