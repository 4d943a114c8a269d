"""What a person has set of the dashboard, from flags, variables and the config file."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.options import read_config, view_from
from ovtui.dashboard.preferences import Preferences
from ovtui.settings.errors import SettingsError
from ovtui.settings.layers import resolve


def preferences_from(given: dict[str, Any] | None = None) -> Preferences:
    """`given`: a command's parameters. Raises click.UsageError with one sentence."""
    config = read_config()
    look = view_from(given or {}, config).view
    try:
        defaults = resolve({}, {}, "", config).settings
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    return Preferences(look, config.keys, defaults, tuple(config.settings))
