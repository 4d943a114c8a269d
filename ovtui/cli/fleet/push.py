"""`ovtui fleet push`."""

from __future__ import annotations

import click


@click.command("push")
def push_command() -> int:
    """Bring ovtui to every box."""
    raise click.ClickException("not yet")
