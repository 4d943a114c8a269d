"""`ovtui fleet remove`."""

from __future__ import annotations

import click


@click.command("remove")
def remove_command() -> int:
    """Take away what fleet push brought."""
    raise click.ClickException("not yet")
