"""`ovtui fleet hosts`."""

from __future__ import annotations

import click


@click.command("hosts")
def hosts_command() -> int:
    """List the boxes of an inventory."""
    raise click.ClickException("not yet")
