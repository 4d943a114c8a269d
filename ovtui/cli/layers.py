"""`ovtui layers`: The times of a model's layers on a device."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.options import SettingsCommand, settings_options


@click.command(cls=SettingsCommand)
@settings_options
def layers(**given: Any) -> int:
    """The times of a model's layers on a device."""
    raise NotImplementedError
