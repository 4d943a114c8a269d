"""`ovtui presets [NAME]`."""

from __future__ import annotations

import click

from ovtui.settings import presets
from ovtui.settings.errors import SettingsError


def list_all() -> int:
    try:
        found = presets.presets()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    width = max(len(preset.name) for preset in found)
    for preset in found:
        click.echo(f"{preset.name:{width}}  {preset.title}")
    return 0


def show(name: str) -> int:
    try:
        preset = presets.find(name)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    click.echo(preset.path.read_text().rstrip())
    return 0
