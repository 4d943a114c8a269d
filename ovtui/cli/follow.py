"""`ovtui follow`: one JSON line after another about a running session, for a program at the far end."""

from __future__ import annotations

import click


@click.command()
def follow() -> int:
    """Write how a running session stands, one JSON object a line."""
    raise click.ClickException("not yet")
