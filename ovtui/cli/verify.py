"""`ovtui verify`: Does a device compute the same as another one?"""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.options import SettingsCommand, settings_options


@click.command(cls=SettingsCommand)
@settings_options
def verify(**given: Any) -> int:
    """Does a device compute the same as another one?"""
    raise NotImplementedError
