"""`ovtui fleet attach`."""

from __future__ import annotations

import click


@click.command("attach")
def attach_command() -> int:
    """Open a box's own dashboard."""
    raise click.ClickException("not yet")
