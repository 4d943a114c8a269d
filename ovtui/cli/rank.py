"""`ovtui rank`: The leaderboard of this machine for a model."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.options import SettingsCommand, settings_options


@click.command(cls=SettingsCommand)
@settings_options
def rank(**given: Any) -> int:
    """The leaderboard of this machine for a model."""
    raise NotImplementedError
