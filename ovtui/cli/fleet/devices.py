"""`ovtui fleet devices`."""

from __future__ import annotations

import click


@click.command("devices")
def devices_command() -> int:
    """List the devices of every box."""
    raise click.ClickException("not yet")
