"""`ovtui fleet prometheus-targets`."""

from __future__ import annotations

import click


@click.command("prometheus-targets")
def prometheus_targets_command() -> int:
    """Write the boxes as Prometheus reads them (file_sd)."""
    raise click.ClickException("not yet")
