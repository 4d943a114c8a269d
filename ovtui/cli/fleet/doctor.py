"""`ovtui fleet doctor`."""

from __future__ import annotations

import click


@click.command("doctor")
def doctor_command() -> int:
    """Run ovtui doctor on every box."""
    raise click.ClickException("not yet")
